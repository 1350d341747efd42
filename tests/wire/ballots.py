"""The database from outside, while the program runs or is off: who voted for what, as only a test can tell."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.polls.records import CLAIM
from bot.polls.rules import voter


@dataclass(frozen=True, slots=True)
class StoredPoll:
    """A poll as it stands in the database."""

    id: int
    channel_id: int
    message_id: int | None
    closes_at: int
    closed_at: int | None
    announced: bool
    key: bytes | None
    tally: tuple[int, ...]
    ballots: dict[bytes, int]

    @property
    def recount(self) -> tuple[int, ...]:
        """The tally as the ballots have it."""
        choices = list(self.ballots.values())
        return tuple(choices.count(index) for index in range(len(self.tally)))

    def choices(self, members: Iterable[int]) -> dict[int, int | None]:
        """What each of these members has voted for; None for nothing. For an open poll."""
        assert self.key is not None
        return {member: self.ballots.get(voter(self.key, member)) for member in members}


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction of its own; what it locks stays locked until the block ends."""
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def wait_for_writers(connection: object, _record: object) -> None:
            connection.execute("PRAGMA busy_timeout=5000")  # type: ignore[attr-defined]

    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def stored_polls(url: str) -> dict[int, StoredPoll]:
    """Every poll by its id."""
    async with connected(url) as connection:
        rows = (await connection.execute(text("SELECT * FROM polls ORDER BY id"))).all()
        tallies = (await connection.execute(text("SELECT * FROM tallies ORDER BY poll_id, choice"))).all()
        ballots = (await connection.execute(text("SELECT * FROM ballots"))).all()
        unsent = set((await connection.execute(text("SELECT poll_id FROM outbox"))).scalars())
    found: dict[int, StoredPoll] = {}
    for row in rows:
        found[row.id] = StoredPoll(
            id=row.id,
            channel_id=row.channel_id,
            message_id=row.message_id,
            closes_at=row.closes_at,
            closed_at=row.closed_at,
            announced=row.closed_at is not None and row.id not in unsent,
            key=None if row.voter_key is None else bytes(row.voter_key),
            tally=tuple(each.votes for each in tallies if each.poll_id == row.id),
            ballots={bytes(each.voter): each.choices.bit_length() - 1 for each in ballots if each.poll_id == row.id},
        )
    return found


async def let_fall_due(url: str, poll_id: int, moment: int) -> None:
    """Move the time at which a poll closes: no member can make one shorter than five minutes."""
    async with connected(url) as connection:
        await connection.execute(
            text("UPDATE polls SET closes_at = :moment WHERE id = :id"), {"moment": moment, "id": poll_id}
        )


async def forget_message(url: str, poll_id: int) -> None:
    """Leave a poll as a kill does between its posting and the note of where it was posted."""
    async with connected(url) as connection:
        await connection.execute(text("UPDATE polls SET message_id = NULL WHERE id = :id"), {"id": poll_id})


async def wait_until_alone(url: str) -> None:
    """Wait until PostgreSQL has ended the work of a process that was killed: it may still commit a moment later."""
    if not url.startswith("postgresql"):
        return
    others = text(
        "SELECT pg_stat_clear_snapshot(), count(*) AS others FROM pg_stat_activity "
        "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    nap = text("SELECT pg_sleep(0.01)")
    async with connected(url) as connection:
        while (await connection.execute(others)).one().others:
            await connection.execute(nap)


async def wait_for_waiting(connection: AsyncConnection, processes: int) -> None:
    """Wait until so many processes wait for something that is locked in PostgreSQL."""
    waiting = text(
        "SELECT pg_stat_clear_snapshot(), count(*) AS processes FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while (await connection.execute(waiting)).one().processes < processes:
            await connection.execute(text("SELECT pg_sleep(0.01)"))


async def wait_until_all_is_sent(url: str) -> None:
    """Wait until nothing is left that Discord must be told."""
    async with asyncio.timeout(30), connected(url) as connection:
        while (await connection.execute(text("SELECT count(*) FROM outbox"))).scalar_one():
            await connection.execute(text("SELECT pg_sleep(0.01)"))


async def wait_until_all_are_posted(url: str) -> None:
    """Wait until it is noted of every poll which message shows it: that is done when the member has it."""
    async with asyncio.timeout(30), connected(url) as connection:
        while (await connection.execute(text("SELECT count(*) FROM polls WHERE message_id IS NULL"))).scalar_one():
            await connection.execute(text("SELECT pg_sleep(0.01)"))


async def let_claims_grow_old(url: str) -> None:
    """Leave the messages that were taken as they are when whoever took them has had its time."""
    async with connected(url) as connection:
        await connection.execute(
            text("UPDATE outbox SET tried_at = tried_at - :claim"), {"claim": int(CLAIM.total_seconds())}
        )
