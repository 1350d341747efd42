"""What processes have used, as Linux counts it."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int], *, with_ended_children: bool = False) -> float:
    """The CPU time of processes so far; of their ended children too where wanted. One that is gone counts nothing."""
    total = 0
    for pid in pids:
        try:
            # The name before the bracket may hold anything, so what comes after it is counted.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(each) for each in fields[11 : 15 if with_ended_children else 13])
    return total / TICKS


def children(pid: int) -> list[int]:
    """The processes that a process has started and that run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def postgres_seconds(socket: str) -> float:
    """The CPU time of a PostgreSQL by its socket folder: of its main process, its helpers and its connections."""
    main = int((Path(socket) / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    return cpu_seconds([main], with_ended_children=True) + cpu_seconds(children(main))
