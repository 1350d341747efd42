"""Several processes on one database: each poll is closed by one, each message sent by one, and none waits for another.

Here each process is a program of its own in one loop, halted just where the other must not go wrong.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.film.library import Library
from bot.polls.ledger import Ledger, Outcome
from bot.polls.records import Records
from bot.polls.rules import REMINDER
from bot.store.engine import Result, Store
from bot.store.tables import outbox, polls
from tests.conftest import HandClock
from tests.polls.drafts import OPENER, draft
from tests.polls.test_close_crash import Channel, Program, Scene, a_while, assert_closed_once
from tests.polls.test_ledger import running

AT_ONCE = 20.0
"""Seconds that suffice for anything that waits for nobody."""

with_row_locks = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""SQLite has one writer at a time and knows no locks of rows."""


class Halt:
    """Holds up the first who comes, until told to let go; who comes later passes."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.over = asyncio.Event()

    async def __call__(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.over.wait()


class SlowStore(Store):
    """A store whose commits wait."""

    def __init__(self, store: Store, before_commit: Halt) -> None:
        super().__init__(store._engine, store._writer)
        self._before_commit = before_commit

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as connection:
            yield connection
            await self._before_commit()

    async def write_at_once(self, work: Callable[[Connection], Result]) -> Result:
        async with self.write() as connection:
            return await connection.run_sync(work)


@pytest.fixture
def scene(database: str, library: Library, clock: HandClock) -> Scene:
    return Scene(database, library, clock)


@pytest.fixture
async def one(scene: Scene) -> AsyncIterator[Program]:
    program = await scene.program()
    yield program
    await program.store.close()


@pytest.fixture
async def other(scene: Scene) -> AsyncIterator[Program]:
    program = await scene.program()
    yield program
    await program.store.close()


@contextlib.asynccontextmanager
async def locked(store: Store, *this: ColumnElement[bool]) -> AsyncIterator[None]:
    """Have rows locked, as a process does that hangs in the middle of a transaction."""
    async with store.write() as connection:
        await connection.execute(select(1).where(*this).with_for_update())
        yield


async def test_a_result_is_posted_once_though_a_process_starts_while_another_posts_it(
    scene: Scene, one: Program, other: Program
) -> None:
    poll_id = await scene.new_poll(one, is_gone=True)
    channel = scene.channels[poll_id]
    channel.after_post = halt = Halt()
    scene.clock.move(timedelta(hours=1))
    posting = asyncio.create_task(one.closer.close_due())
    await halt.reached.wait()
    await other.records.release_results()
    await other.closer.close_due()
    halt.over.set()
    await posting
    await assert_closed_once(one, poll_id, channel)
    # Posted anew, the result is its own notice.
    assert channel.notices == []


async def test_a_notice_never_overtakes_the_result_that_another_process_is_showing(
    scene: Scene, one: Program, other: Program
) -> None:
    poll_id = await scene.new_poll(one, is_gone=False)
    channel = scene.channels[poll_id]
    channel.messages[0].before_edit = halt = Halt()
    scene.clock.move(timedelta(hours=1))
    showing = asyncio.create_task(one.closer.close_due())
    await halt.reached.wait()
    await other.closer.close_due()
    assert channel.notices == []
    halt.over.set()
    await showing
    await assert_closed_once(one, poll_id, channel)
    assert len(channel.notices) == 1


async def test_votes_that_are_shown_late_do_not_cover_the_result_that_another_process_has_shown(
    scene: Scene, one: Program, other: Program
) -> None:
    poll_id = await scene.new_poll(one, is_gone=False)
    channel = scene.channels[poll_id]
    channel.messages[0].before_edit = halt = Halt()
    showing_votes = asyncio.create_task(one.board.refresh(poll_id))
    await halt.reached.wait()
    assert await other.closer.close(poll_id, OPENER)
    assert len(channel.results) == 1
    halt.over.set()
    await showing_votes
    await assert_closed_once(one, poll_id, channel)


async def notice(program: Program, channel: Channel) -> None:
    """Wait until a channel was told of a close, and this is noted."""
    while not channel.notices or await program.records.unsent():
        await a_while()


@with_row_locks
async def test_a_process_that_hangs_while_it_takes_a_message_holds_up_no_other(
    scene: Scene, one: Program, other: Program
) -> None:
    poll_id = await scene.new_poll(one, is_gone=False)
    await one.records.close(poll_id, scene.clock(), OPENER)
    message, _notice = await other.records.unsent()
    async with locked(one.store, outbox.c.poll_id == poll_id), asyncio.timeout(AT_ONCE):
        assert not await other.records.claim(message, scene.clock())
    assert await other.records.claim(message, scene.clock())


@with_row_locks
async def test_a_process_that_hangs_while_it_closes_a_poll_holds_up_that_poll_alone_and_only_until_it_is_gone(
    scene: Scene, one: Program, other: Program
) -> None:
    stuck, free = [await scene.new_poll(one, is_gone=False) for _ in range(2)]
    scene.clock.move(timedelta(hours=1))
    closing = asyncio.create_task(other.closer.run())
    async with asyncio.timeout(AT_ONCE + AT_ONCE):
        async with locked(one.store, polls.c.id == stuck):
            await notice(one, scene.channels[free])
            assert scene.channels[stuck].results == []
        await notice(one, scene.channels[stuck])
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await assert_closed_once(one, stuck, scene.channels[stuck])
    await assert_closed_once(one, free, scene.channels[free])


@with_row_locks
async def test_votes_that_come_too_late_do_not_keep_a_poll_from_being_closed(
    scene: Scene, one: Program, other: Program
) -> None:
    poll_id = await scene.new_poll(one, is_gone=False)
    scene.clock.move(timedelta(hours=1))
    before_commit = Halt()
    async with running(Ledger(SlowStore(one.store, before_commit), scene.clock)) as ledger:
        vote = asyncio.create_task(ledger.cast(poll_id, OPENER, (0,)))
        await before_commit.reached.wait()
        assert await other.records.close(poll_id, scene.clock(), None, by_clock=True)
        before_commit.over.set()
        assert (await vote).outcome is Outcome.CLOSED


@with_row_locks
async def test_a_poll_whose_votes_are_being_written_is_reminded_of_a_moment_later(
    store: Store, clock: HandClock
) -> None:
    records = Records(store)
    drafts = [replace(draft(channel, duration=timedelta(days=1)), remind=True) for channel in (1, 2)]
    first, second = [(await records.open(each, clock()))[0].poll.id for each in drafts]
    clock.move(timedelta(days=1) - REMINDER)
    async with locked(store, polls.c.id == first), asyncio.timeout(AT_ONCE):
        assert await records.remind_due(clock()) == [second]
        due = await records.next_due(clock())
        assert due is not None
        assert due <= clock()
    assert await records.remind_due(clock()) == [first]
    assert await records.remind_due(clock()) == []
