"""The real program, as a process of its own that talks to the loopback Discord."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.settings import Settings
from bot.shards import shard_plan
from tests.wire.server import TOKEN, WireDiscord

ROOT = Path(__file__).parent.parent.parent


class BotProcess:
    """`python -m bot run` with one database. It can be started again after it has ended.

    Further settings are keywords, such as SHARDS="0-1".
    """

    def __init__(
        self,
        discord: WireDiscord,
        folder: Path,
        database: str,
        *,
        covered: bool = True,
        understanding: str = "off",
        **settings: str,
    ) -> None:
        self._discord = discord
        self._folder = folder
        self._database = database
        self._covered = covered
        self._understanding = understanding
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self.log = folder / "bot.log"

    def _environment(self) -> dict[str, str]:
        settings = {name.upper() for name in Settings.model_fields}
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.removesuffix("_FILE") not in settings and (self._covered or not name.startswith("COVERAGE"))
        }
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_BASE": self._discord.base,
            "DATABASE_URL": self._database,
            "LOG_FORMAT": "json",
            "UNDERSTANDING": self._understanding,
            **self._settings,
        }

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that it runs."""
        plan = shard_plan(self._settings.get("SHARDS"), int(self._settings.get("SHARD_COUNT", 0)) or None)
        return plan.ids if plan else tuple(range(self._discord.world.shards))

    async def spawn(self) -> None:
        """Start the process, and return at once."""
        # What an earlier process left behind is not a connection of this one.
        for shard in self.shards:
            self._discord.gateway.sessions.pop(shard, None)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self._folder, env=self._environment(), stdout=log, stderr=log
            )

    async def start(self) -> None:
        """Start the process, and return when each of its shards is connected.

        Raises:
            RuntimeError: it ended instead; with its log.
        """
        await self.spawn()
        assert self._process is not None
        connected = asyncio.ensure_future(
            self._discord.watch.until(lambda: self._discord.gateway.reaches(self.shards) or None, seconds=60)
        )
        ended = asyncio.ensure_future(self._process.wait())
        await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not connected.done():
            connected.cancel()
            raise RuntimeError(f"the bot ended with {self._process.returncode}:\n{self.text()}")
        await connected

    def text(self) -> str:
        """What the process has logged."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    async def logged(self, text: str, times: int = 1) -> None:
        """Wait until the process has logged a text so many times."""
        while self.text().count(text) < times:  # noqa: ASYNC110 - another process writes the file, and no event comes
            await asyncio.sleep(0.1)

    async def port(self) -> int:
        """The port of its metrics, where METRICS_PORT is 0."""
        async with asyncio.timeout(30):
            await self.logged('"event": "metrics and health are served"')
        lines = (line for line in self.text().splitlines() if "metrics and health are served" in line)
        return int(json.loads(list(lines)[-1])["port"])

    @property
    def pid(self) -> int:
        """Its number in the operating system."""
        assert self._process is not None
        return self._process.pid

    @property
    def mebibytes(self) -> float:
        """The memory that the process holds, as Linux counts it."""
        return next(int(line.split()[1]) for line in self._status().splitlines() if line.startswith("VmRSS")) / 1_024

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def hang_up(self) -> None:
        """Ask the process to read its content anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    async def takes_hangups(self) -> None:
        """Wait until the signal would not end the process any more, as Linux tells it."""
        while not _is_handled(self._status(), signal.SIGHUP):  # noqa: ASYNC110 - no event comes
            await asyncio.sleep(0.001)

    def _status(self) -> str:
        """What Linux says of the process."""
        return Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")

    async def stop(self) -> int:
        """Ask the process to end, and return its exit code."""
        return await self._end(signal.SIGTERM)

    def ask_to_end(self) -> None:
        """Ask the process to end, and return at once."""
        assert self._process is not None
        self._process.terminate()

    async def ended(self) -> int:
        """Wait for the end, and return the exit code."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), 30)

    async def kill(self) -> int:
        """End the process without a word of warning."""
        return await self._end(signal.SIGKILL)

    async def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await asyncio.wait_for(self._process.wait(), 30)


@asynccontextmanager
async def bot_process(discord: WireDiscord, folder: Path, database: str, **settings: str) -> AsyncIterator[BotProcess]:
    """A running bot; whatever happens, no process is left behind."""
    process = BotProcess(discord, folder, database, covered=True, understanding="off", **settings)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()


def _is_handled(status: str, number: signal.Signals) -> bool:
    """Whether a process catches or ignores a signal: its bit in the masks of Linux's status file."""
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigCgt", "SigIgn"))]
    return any(mask >> (number - 1) & 1 for mask in masks)
