"""Benchmark: durable votes through the ledger, beside one commit for each vote with nothing but sqlite3.

Run it with `python -m tests.bench.votes`. Both write the same rows with the same durability (write-ahead log,
synchronous=FULL) to files in one folder, in turn and several rounds; what is printed are medians, and the goals beside
them. Disks differ widely in how long a durable commit takes, so only the ratio of one run says anything.
"""

import argparse
import asyncio
import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import discord
from rich.console import Console
from rich.table import Table
from sqlalchemy import update

from bot.clock import system_clock
from bot.film.library import default_content, load_library
from bot.polls.board import PACE, Board
from bot.polls.ledger import Ledger
from bot.polls.records import Records, tally_of
from bot.polls.rules import voter
from bot.polls.together import Everywhere
from bot.store.engine import Store, open_store
from bot.store.tables import ballots, polls, tallies
from tests.house import HandHouse
from tests.polls.drafts import draft, no_letters

OPTIONS = 5
RATE = 200
"""Votes each second of the steady load."""
READS = 200
"""How often the tally is read."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int = 5
    alone: int = 300
    """Votes of a round where one follows the other; several at once make `crowd` votes a round."""
    crowd: int = 4_000
    at_once: tuple[int, ...] = (1, 16, 256, 1_000)
    held: int = 100_000
    """Votes of the poll whose tally is read."""
    steady: int = 2_000
    """Votes of the steady load."""


@asynccontextmanager
async def voting(folder: Path) -> AsyncIterator[tuple[Store, Ledger, int]]:
    """A store of its own with an open poll, and a ledger that runs."""
    store = await open_store(f"sqlite+aiosqlite:///{folder / 'ledger.db'}")
    standing, _ = await Records(store).open(draft(), system_clock())
    ledger = Ledger(store, system_clock)
    writer = asyncio.create_task(ledger.run())
    try:
        yield store, ledger, standing.poll.id
    finally:
        await ledger.close()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await store.close()


def commit_each(file: Path, poll_id: int, first: int, count: int) -> float:
    """Votes per second where each vote has a commit of its own, in a copy of the ledger's own database."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        start = time.perf_counter()
        for user in range(first, first + count):
            connection.execute("BEGIN IMMEDIATE")
            query = "SELECT voter_key FROM polls WHERE id = ? AND closes_at > ?"
            (key,) = connection.execute(query, (poll_id, time.time())).fetchone()
            who = voter(key, user)
            mine = "SELECT choices FROM ballots WHERE poll_id = ? AND voter = ?"
            assert connection.execute(mine, (poll_id, who)).fetchone() is None
            connection.execute("INSERT INTO ballots VALUES (?, ?, ?)", (poll_id, who, 1 << user % OPTIONS))
            counter = "UPDATE tallies SET votes = votes + 1 WHERE poll_id = ? AND choice = ?"
            connection.execute(counter, (poll_id, user % OPTIONS))
            connection.execute("UPDATE polls SET voters = voters + 1 WHERE id = ?", (poll_id,))
            connection.execute("COMMIT")
        return count / (time.perf_counter() - start)


async def through_ledger(ledger: Ledger, poll_id: int, first: int, count: int, at_once: int) -> float:
    """Votes per second where `at_once` members vote at the same time, each after the answer to the one before."""
    users = iter(range(first, first + count))

    async def member() -> None:
        for user in users:
            await ledger.cast(poll_id, user, (user % OPTIONS,))

    start = time.perf_counter()
    await asyncio.gather(*(member() for _ in range(at_once)))
    return count / (time.perf_counter() - start)


async def compare(sizes: Sizes) -> tuple[float, dict[int, float]]:
    """The median votes per second: with one commit each, and of the ledger by how many vote at once."""
    raw: list[float] = []
    ours: dict[int, list[float]] = {at_once: [] for at_once in sizes.at_once}
    with tempfile.TemporaryDirectory() as name:
        async with voting(Path(name)) as (store, ledger, poll_id):
            # A whole copy, so that both have the same schema, the same poll and the same indexes.
            copy = Path(name) / "raw.db"
            await store.forget_traces()
            copy.write_bytes((Path(name) / "ledger.db").read_bytes())
            first = 0
            for _ in range(sizes.rounds):
                raw.append(await asyncio.to_thread(commit_each, copy, poll_id, first, sizes.alone))
                first += sizes.alone
                for at_once in sizes.at_once:
                    count = sizes.alone if at_once == 1 else max(sizes.crowd, at_once)
                    ours[at_once].append(await through_ledger(ledger, poll_id, first, count, at_once))
                    first += count
    return statistics.median(raw), {at_once: statistics.median(rates) for at_once, rates in ours.items()}


async def read_tally(held: int) -> tuple[float, float]:
    """Milliseconds to read the tally of a poll with many votes: the counters alone, and the poll with them."""
    with tempfile.TemporaryDirectory() as name:
        store = await open_store(f"sqlite+aiosqlite:///{Path(name) / 'tally.db'}")
        records = Records(store)
        standing, _ = await records.open(draft(), system_clock())
        poll_id = standing.poll.id
        box = [{"poll_id": poll_id, "voter": user.to_bytes(32, "big"), "choices": 1} for user in range(held)]
        async with store.write() as connection:
            await connection.execute(ballots.insert(), box)
            await connection.execute(update(polls).values(voters=held))
            await connection.execute(update(tallies).where(tallies.c.choice == 0).values(votes=held))
        counters, whole = [], []
        for _ in range(READS):
            async with store.read() as connection:
                start = time.perf_counter()
                tally = await tally_of(connection, standing.poll)
                counters.append(time.perf_counter() - start)
            assert tally.total == held
            start = time.perf_counter()
            await records.get(poll_id)
            whole.append(time.perf_counter() - start)
        await store.close()
    return 1_000 * statistics.median(counters), 1_000 * statistics.median(whole)


@dataclass
class Message:
    """Counts its edits."""

    created_at: datetime = field(default_factory=discord.utils.utcnow)
    edits: int = 0

    async def edit(self, **_options: Any) -> None:
        self.edits += 1


@dataclass
class Channel:
    message: Message

    def get_partial_message(self, _message_id: int) -> Message:
        return self.message


@dataclass(frozen=True, slots=True)
class Steady:
    """What a steady load shows: milliseconds from press to acknowledgement, and edits of the message."""

    median: float
    p99: float
    edits: int


async def steady_load(count: int) -> Steady:
    """Let members vote at RATE, whether or not the ones before are answered, while the message keeps up."""
    message = Message()
    channels = cast("Callable[[int], discord.PartialMessageable]", lambda _id: Channel(message))
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        async with voting(Path(name)) as (store, ledger, poll_id):
            records = Records(store)
            await records.posted(poll_id, 1)
            board = Board(
                records,
                Everywhere(store),
                load_library(default_content()),
                HandHouse(),
                channels,
                no_letters,
                system_clock,
            )
            showing = asyncio.create_task(board.run())
            start = time.perf_counter()

            async def member(user: int) -> None:
                due = start + user / RATE
                await asyncio.sleep(due - time.perf_counter())
                # From when the vote was due, so that a loop that falls behind is not flattered.
                await ledger.cast(poll_id, user, (user % OPTIONS,))
                latencies.append(time.perf_counter() - due)
                board.touch(poll_id)

            await asyncio.gather(*(member(user) for user in range(count)))
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
    latencies.sort()
    return Steady(
        1_000 * statistics.median(latencies), 1_000 * latencies[min(count - 1, int(count * 0.99))], message.edits
    )


async def measure(sizes: Sizes) -> Table:
    """Measure everything and lay it out."""
    raw, ours = await compare(sizes)
    counters, whole = await read_tally(sizes.held)
    steady = await steady_load(sizes.steady)
    table = Table("", "measured", "÷ one commit each", "goal", title=f"Votes; medians of {sizes.rounds} rounds")
    table.add_row("one commit each, sqlite3, votes/s", f"{raw:,.0f}", "1.0", "")
    for at_once, rate in ours.items():
        goal = "≥ 5" if at_once == 256 else ""
        table.add_row(f"ledger, {at_once:,} at once, votes/s", f"{rate:,.0f}", f"{rate / raw:.1f}", goal)
    table.add_row(f"counters of {sizes.held:,} votes, ms", f"{counters:.2f}", "", "≤ 1")
    table.add_row(f"poll and tally of {sizes.held:,} votes, ms", f"{whole:.2f}", "", "")
    table.add_row(f"acknowledged at {RATE} votes/s, ms, median", f"{steady.median:.1f}", "", "")
    table.add_row(f"acknowledged at {RATE} votes/s, ms, p99", f"{steady.p99:.1f}", "", "≤ 250")
    edits = 1_000 * steady.edits / sizes.steady
    # One edit at the start, then one each pace.
    table.add_row(f"edits for 1,000 votes at {RATE} votes/s", f"{edits:.1f}", "", f"≈ {1_000 / RATE / PACE:.0f}")
    return table


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    Console(width=110).print(asyncio.run(measure(Sizes(rounds=options.rounds))))


if __name__ == "__main__":
    main()
