"""`python -m tests.wire.crash`: kill the real program again and again under load, and count what was lost."""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Coroutine, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.polls.board import POSTED_ANEW
from tests.postgres import new_database, postgres_cluster
from tests.wire.ballots import StoredPoll, let_fall_due, stored_polls, wait_until_alone
from tests.wire.load import RESULT, Box, Load
from tests.wire.process import BotProcess
from tests.wire.server import wire_discord

CHANNELS = [4_000_000_000_000 + number for number in range(4)]
LONGEST_RUN = 2.5
"""Seconds between the first vote of a run and its kill, at most."""
LAST_CLOSES = 30.0


@dataclass
class Report:
    """What the kills did. A vote counts as acknowledged when its private answer has arrived at Discord."""

    engine: str
    kills: int = 0
    kills_while_starting: int = 0
    votes_acknowledged: int = 0
    votes_lost: int = 0
    ballots_doubled: int = 0
    tallies_wrong: int = 0
    polls_closed: int = 0
    closes_missed: int = 0
    closes_doubled: int = 0
    odd_answers: int = 0
    seconds_under_load: float = 0.0

    @property
    def votes_per_second(self) -> float:
        """Acknowledged votes for each second in which there was a bot to vote with."""
        return self.votes_acknowledged / self.seconds_under_load if self.seconds_under_load else 0.0

    @property
    def harm(self) -> int:
        """Everything that must be zero."""
        wrong = self.votes_lost + self.ballots_doubled + self.tallies_wrong
        return wrong + self.closes_missed + self.closes_doubled + self.odd_answers

    def table(self) -> str:
        """The report for people."""
        rows = {**asdict(self), "votes_per_second": self.votes_per_second}
        shown = {name: f"{value:,.1f}" if isinstance(value, float) else str(value) for name, value in rows.items()}
        return "\n".join(f"{name.replace('_', ' '):22} {value:>10}" for name, value in shown.items())


class Crash:
    """One bot, one database, one loopback Discord, and many kills."""

    def __init__(self, process: BotProcess, load: Load, url: str, dice: random.Random, report: Report) -> None:
        self._process = process
        self._load = load
        self._url = url
        self._dice = dice
        self._voting: asyncio.Future[None] | None = None
        self.report = report

    async def kill_once(self) -> None:
        """Start, vote, kill at a random moment, and compare."""
        if self._dice.random() < 0.15:
            await self._process.spawn()
            await asyncio.sleep(self._dice.uniform(0.0, 1.2))
            await self._process.kill()
            self.report.kills_while_starting += 1
        else:
            await self._process.start()
            await self._load_until(asyncio.sleep(self._dice.uniform(0.2, LONGEST_RUN)))
            await self._process.kill()
        await self._end_of_load()
        self.report.kills += 1
        await wait_until_alone(self._url)
        await self.audit()
        await self._let_one_fall_due()

    async def _load_until(self, end: Coroutine[Any, Any, None]) -> None:
        begun = time.monotonic()
        voting = asyncio.ensure_future(self._load.run())
        ending = asyncio.ensure_future(end)
        await asyncio.wait({voting, ending}, return_when=asyncio.FIRST_COMPLETED)
        self.report.seconds_under_load += time.monotonic() - begun
        if voting.done():
            ending.cancel()
            await voting
        self._voting = voting

    async def _end_of_load(self) -> None:
        """Hear the last answers of the bot that is gone, and give up on the others."""
        if self._voting is not None:
            self._voting.cancel()
            await asyncio.gather(self._voting, return_exceptions=True)
            self._voting = None
        await self._load.abandon()

    async def _let_one_fall_due(self) -> None:
        boxes = [box for box in self._load.open.values() if box is not None and not box.due]
        if not boxes or self._dice.random() < 0.4:
            return
        box = self._dice.choice(boxes)
        box.due = True
        # Before the next start, or in the middle of its votes.
        await let_fall_due(self._url, box.poll_id, int(time.time()) + self._dice.choice((-60, 2, 3)))
        box.message.deleted = self._dice.random() < 0.3

    async def finish(self) -> None:
        """Let every poll that is due close, end the bot in peace, and compare for the last time."""
        await self._process.start()
        due = [channel for channel, box in self._load.open.items() if box is not None and box.due]
        await self._load_until(self._all_over(due))
        code = await self._process.stop()
        assert code == 0, self._process.text()
        await self._end_of_load()
        await self.audit()
        self._audit_closes(await stored_polls(self._url))
        self.report.votes_acknowledged = self._load.acknowledged
        self.report.odd_answers = len(self._load.odd)

    async def _all_over(self, channels: list[int]) -> None:
        before = {channel: len(self._load.past[channel]) for channel in channels}
        with contextlib.suppress(TimeoutError):
            await self._load.watch.until(
                lambda: all(len(self._load.past[channel]) > before[channel] for channel in channels), LAST_CLOSES
            )

    async def audit(self) -> None:
        """Compare the database with what the voters were told."""
        boxes = self._load.boxes()
        # Killed in its first start the program may not even have made the tables.
        polls = await stored_polls(self._url) if boxes else {}
        for box in boxes:
            poll = polls[box.poll_id]
            if poll.closed_at is None:
                self._audit_open(box, poll)
            else:
                self._audit_closed(box, poll)

    def _audit_open(self, box: Box, poll: StoredPoll) -> None:
        actual = poll.choices(box.possible)
        self.report.votes_lost += sum(1 for member, choice in actual.items() if choice not in box.possible[member])
        held = sum(1 for choice in actual.values() if choice is not None)
        self.report.ballots_doubled += len(poll.ballots) - held
        self.report.tallies_wrong += poll.tally != poll.recount
        # Whether a vote that got no answer was counted is known from here on.
        box.possible.update({member: frozenset({choice}) for member, choice in actual.items()})

    def _audit_closed(self, box: Box, poll: StoredPoll) -> None:
        """The ballots are gone, as promised; the counts must lie within what the voters know."""
        sure = [0] * len(poll.tally)
        maybe = [0] * len(poll.tally)
        for choices in box.possible.values():
            for choice in choices:
                if choice is not None:
                    maybe[choice] += 1
                    sure[choice] += len(choices) == 1
        self.report.votes_lost += sum(max(0, low - votes) for low, votes in zip(sure, poll.tally, strict=True))
        self.report.ballots_doubled += sum(max(0, votes - high) for high, votes in zip(maybe, poll.tally, strict=True))
        self.report.ballots_doubled += len(poll.ballots)

    def _audit_closes(self, polls: dict[int, StoredPoll]) -> None:
        closed = {poll.id for poll in polls.values() if poll.closed_at is not None}
        due = {box.poll_id for box in self._load.boxes() if box.due}
        self.report.polls_closed = len(closed)
        self.report.closes_missed += len(due - closed)
        self.report.closes_doubled += len(closed - due)
        for channel in CHANNELS:
            here = [poll for poll in polls.values() if poll.channel_id == channel and poll.closed_at is not None]
            results = self._load.results(channel)
            self.report.closes_missed += max(0, len(here) - len(results))
            self.report.closes_doubled += max(0, len(results) - len(here))
            # A result may be shown again after a kill, but it never says something else.
            for message in results:
                said = {version.replace(POSTED_ANEW, "").strip() for version in message.texts if RESULT in version}
                self.report.closes_doubled += len(said) - 1


async def crash(url: str, engine: str, kills: int, folder: Path, *, rate: float = 500, seed: int = 1) -> Report:
    """Kill the program so many times on a database, and report."""
    dice = random.Random(seed)  # noqa: S311 - moments and votes, no secrets
    report = Report(engine)
    async with wire_discord() as discord:
        process = BotProcess(discord, folder, url, covered=False)
        load = Load(discord, CHANNELS, dice, rate)
        run = Crash(process, load, url, dice, report)
        try:
            for _ in range(kills):
                await run.kill_once()
            await run.finish()
        finally:
            await process.kill()
    return report


@contextlib.contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'polls.db'}"
    else:
        with postgres_cluster() as socket:
            yield asyncio.run(new_database(socket, "crash"))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.wire.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rate", type=float, default=500, help="votes sent in a second")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as name, _database(given.engine, Path(name)) as url:
        report = asyncio.run(crash(url, given.engine, given.kills, Path(name), rate=given.rate, seed=given.seed))
    print(report.table())
    sys.exit(1 if report.harm else 0)


if __name__ == "__main__":
    main()
