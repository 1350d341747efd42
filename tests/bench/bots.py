"""The two bots that are measured, each as a process that talks to a loopback Discord of its own."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.clock import system_clock
from bot.polls.records import Records
from bot.settings import Settings
from bot.store.engine import open_store
from tests.bench.busy import POLLS, READY, BusyDiscord
from tests.polls.drafts import draft

ROOT = Path(__file__).parent.parent.parent
START = 120.0
"""Seconds that a bot in many servers may take until it is ready."""
Name = Literal["plain", "ours"]


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A bot that is ready. `start` is how many seconds it took to get there."""

    discord: BusyDiscord
    start: float
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the process has had, all its threads together, as the kernel counts them."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def mebibytes(self) -> float:
        """Memory that it holds."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1_024


@asynccontextmanager
async def running(
    name: Name, folder: Path, *, servers: int = 1, understanding: bool = True
) -> AsyncIterator[RunningBot]:
    """Start a bot in a folder, and wait until it is ready; ours has POLLS open polls in a database there."""
    database = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    if name == "ours":
        await _open_polls(database)
    async with BusyDiscord(servers).serve() as discord:
        start = time.perf_counter()
        log = folder / f"{name}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *({"plain": ["tests.bench.plain"], "ours": ["bot", "run"]}[name])),
                cwd=folder,
                env=_environment(discord.base, database, "on" if understanding else "off"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            yield RunningBot(discord, await _until_ready(process, log) - start, process.pid)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, log: Path) -> float:
    """The moment at which the bot said that it is ready.

    Raises:
        RuntimeError: it ended, or did not say so in time; with what it said.
    """
    give_up = time.perf_counter() + START
    while READY not in (said := await asyncio.to_thread(log.read_text, encoding="utf-8")):
        if process.returncode is not None or time.perf_counter() > give_up:
            raise RuntimeError(f"the bot is not ready:\n{said}")
        await asyncio.sleep(0.005)
    return time.perf_counter()


async def _open_polls(database: str) -> None:
    store = await open_store(database)
    records = Records(store)
    for channel_id in range(1, POLLS + 1):
        standing, _ = await records.open(draft(channel_id), system_clock())
        await records.posted(standing.poll.id, 9)
    await store.close()


def _environment(base: str, database: str, understanding: str) -> dict[str, str]:
    settings = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in settings}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "DISCORD_TOKEN": "bench.token",
        "DISCORD_API_BASE": base,
        "DATABASE_URL": database,
        "LOG_FORMAT": "json",
        "UNDERSTANDING": understanding,
    }
