"""Benchmark: how long a bot takes until it is ready, and the memory that it holds, by how many servers it is in.

Run it with `python -m tests.bench.servers`. Each server has 20 channels and 10 roles; the plain discord.py bot has the
library's default intents and caches. Ours is started as `ending-bot run` does it, on a database that is there already,
with understanding and without. Memory is what the process holds when it is ready and has answered some questions.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.bots import Name, running
from tests.bench.busy import ask

SERVERS = (1, 1_000, 5_000)
ASKED = 50
SETTLED = 5.0
"""Seconds after which what a bot loads after its start is there too."""
KINDS: dict[str, tuple[Name, bool]] = {
    "plain": ("plain", False),
    "ours, UNDERSTANDING=off": ("ours", False),
    "ours": ("ours", True),
}


async def start(kind: str, servers: int, settled: float) -> tuple[float, float]:
    """Start a bot; the seconds until it was ready, and the MiB that it then holds."""
    name, understanding = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder:
        async with running(name, Path(folder), servers=servers, understanding=understanding) as bot:
            await asyncio.sleep(settled)
            await bot.discord.drive(ask, 0, ASKED, 8)
            return bot.start, bot.mebibytes


async def measure(rounds: int, counts: Sequence[int] = SERVERS, settled: float = SETTLED) -> Table:
    """Start each bot in turn, several times, and set their medians side by side."""
    seconds: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    memory: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    jobs = [(kind, servers) for _ in range(rounds) for servers in counts for kind in KINDS]
    for kind, servers in track(jobs, "Starting bots", transient=True):
        took, held = await start(kind, servers, settled)
        seconds[kind, servers].append(took)
        memory[kind, servers].append(held)
    table = Table("", *KINDS, "ratios", "goal", title=f"{rounds} rounds; medians")
    for what, figures, goals in (("s from start to ready", seconds, {1: "≤ 1.5"}), ("MiB", memory, {5_000: "≤ 0.7"})):
        for servers in counts:
            plain, *ours = (statistics.median(figures[kind, servers]) for kind in KINDS)
            ratios = ", ".join(f"{each / plain:.2f}" for each in ours)
            shown = [f"{each:.2f}" if figures is seconds else f"{each:.0f}" for each in (plain, *ours)]
            table.add_row(f"{what}, {servers:,} servers", *shown, ratios, goals.get(servers, ""))
    return table


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    Console(width=120).print(asyncio.run(measure(options.rounds)))


if __name__ == "__main__":
    main()
