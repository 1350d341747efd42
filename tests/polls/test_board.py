"""The poll's message keeps up with the votes; no poll, and no failure, holds up another.

Stand-ins for channel and message record the edits: the simulated Discord has no real time, which pacing is about.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from sqlalchemy import update

from bot.film.library import Library
from bot.polls import board as board_module
from bot.polls.board import Board
from bot.polls.cards import state_text
from bot.polls.closing import SIDE_BY_SIDE, Closer
from bot.polls.records import Records, Unsent
from bot.polls.together import Everywhere
from bot.store.engine import Store
from bot.store.tables import tallies
from tests.conftest import HandClock
from tests.house import HandHouse
from tests.polls.drafts import OPENER, draft


@dataclass
class Message:
    """Records its edits; `failures` are raised first. While it is held, Discord answers no edit."""

    created_at: datetime
    edits: int = 0
    failures: list[Exception] = field(default_factory=list)
    edited: asyncio.Event = field(default_factory=asyncio.Event)
    sending: Exception | None = None
    held: asyncio.Event | None = None

    async def edit(self, **_options: Any) -> None:
        if self.held is not None:
            await self.held.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.edits += 1
        self.edited.set()


@dataclass
class Channel:
    messages: dict[int, Message]

    def get_partial_message(self, message_id: int) -> Message:
        return self.messages[message_id]

    async def send(self, *_content: Any, **_options: Any) -> Message:
        first = next(iter(self.messages.values()))
        if first.sending is not None:
            raise first.sending
        return first


class Response:
    """What discord.py's errors read of an answer."""

    status = 404
    reason = "trouble"


@dataclass
class Scene:
    """Two open polls, in messages 1 and 2."""

    records: Records
    board: Board
    messages: dict[int, Message]
    polls: list[int]
    letters: list[tuple[int, str]]


@pytest.fixture
async def scene(store: Store, library: Library, clock: HandClock) -> Scene:
    records = Records(store)
    messages = {number: Message(clock()) for number in (1, 2)}
    channels = cast("Callable[[int], discord.PartialMessageable]", lambda _id: Channel(messages))
    letters_written: list[tuple[int, str]] = []

    async def letters(user_id: int, text: str) -> None:
        letters_written.append((user_id, text))

    polls = []
    for number in messages:
        standing, _ = await records.open(draft(number), clock())
        await records.posted(standing.poll.id, number)
        polls.append(standing.poll.id)
    return Scene(
        records,
        Board(records, Everywhere(store), library, HandHouse(), channels, letters, clock),
        messages,
        polls,
        letters_written,
    )


@contextlib.asynccontextmanager
async def running(board: Board) -> AsyncIterator[None]:
    task = asyncio.create_task(board.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def edited(message: Message) -> None:
    """Wait for the next edit."""
    await asyncio.wait_for(message.edited.wait(), 30)
    message.edited.clear()


async def test_open_polls_are_shown_as_they_are_after_a_start(scene: Scene) -> None:
    async with running(scene.board):
        await edited(scene.messages[1])
        await edited(scene.messages[2])


async def test_many_votes_make_few_edits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(board_module, "time", SimpleNamespace(monotonic=lambda: now))
    async with running(scene.board):
        await edited(scene.messages[1])
        await edited(scene.messages[2])
        for _ in range(100):
            scene.board.touch(scene.polls[0])
            await asyncio.sleep(0.001)
        assert scene.messages[1].edits == 1
        now += board_module.PACE
        # The board sleeps by the real time; another poll wakes it.
        scene.board.touch(scene.polls[1])
        await edited(scene.messages[1])
    assert scene.messages[1].edits == 2


async def test_a_slow_poll_holds_up_no_other(scene: Scene, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "PACE", 0.05)
    scene.messages[1].created_at = clock() - timedelta(hours=2)
    async with running(scene.board):
        await edited(scene.messages[1])
        await edited(scene.messages[2])
        scene.board.touch(scene.polls[0])
        await asyncio.sleep(0.1)
        scene.board.touch(scene.polls[1])
        await edited(scene.messages[2])
    assert scene.messages[1].edits == 1


async def test_an_edit_that_fails_is_tried_again_and_stops_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "PACE", 0.05)
    scene.messages[1].failures = [OSError("connection reset"), OSError("connection reset")]
    async with running(scene.board):
        await edited(scene.messages[2])
        await edited(scene.messages[1])


async def test_a_result_that_cannot_be_sent_keeps_no_other_from_being_sent(scene: Scene, clock: HandClock) -> None:
    scene.messages[1].failures = [OSError("connection reset")]
    closer = Closer(scene.records, scene.board, clock)
    clock.move(timedelta(hours=2))
    await closer.close_due()
    assert scene.messages[2].edits == 1
    assert [(each.poll_id, each.message) for each in await scene.records.unsent()] == [(scene.polls[0], "result")]
    await closer.close_due()
    assert scene.messages[1].edits == 1
    assert await scene.records.unsent() == []


async def test_a_result_that_discord_keeps_waiting_holds_up_no_other_also_none_that_falls_due_meanwhile(
    scene: Scene, clock: HandClock
) -> None:
    scene.messages[1].held = asyncio.Event()
    longer, _ = await scene.records.open(draft(3, duration=timedelta(hours=3)), clock())
    scene.messages[3] = Message(clock())
    await scene.records.posted(longer.poll.id, 3)
    closer = Closer(scene.records, scene.board, clock)
    closing = asyncio.create_task(closer.run())
    for number in (2, 3):
        clock.move(timedelta(hours=2))
        closer.expect()
        await edited(scene.messages[number])
    assert scene.messages[1].edits == 0
    scene.messages[1].held.set()
    await edited(scene.messages[1])
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)


async def test_only_so_many_results_are_shown_at_once(
    scene: Scene, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3, 2 * SIDE_BY_SIDE):
        standing, _ = await scene.records.open(draft(number), clock())
        scene.messages[number] = Message(clock())
        await scene.records.posted(standing.poll.id, number)
    showing: list[int] = []
    counts: list[int] = []

    async def deliver(unsent: Unsent) -> bool:
        showing.append(unsent.poll_id)
        counts.append(len(showing))
        await asyncio.sleep(0.01)
        showing.remove(unsent.poll_id)
        return True

    monkeypatch.setattr(scene.board, "deliver", deliver)
    clock.move(timedelta(hours=2))
    await Closer(scene.records, scene.board, clock).close_due()
    assert max(counts) == SIDE_BY_SIDE


async def test_a_poll_that_does_not_add_up_is_left_for_people_once_and_blocks_no_other(
    scene: Scene, store: Store, clock: HandClock
) -> None:
    async with store.write() as connection:
        await connection.execute(
            update(tallies).where(tallies.c.poll_id == scene.polls[0], tallies.c.choice == 0).values(votes=1)
        )
    closer = Closer(scene.records, scene.board, clock)
    clock.move(timedelta(hours=2))
    for _ in range(3):
        await closer.close_due()
    standings = [await scene.records.get(poll_id) for poll_id in scene.polls]
    assert [standing.poll.is_open for standing in standings if standing] == [True, False]
    assert await scene.records.next_due(clock()) is None


async def test_a_stop_that_comes_together_with_a_change_still_stops(scene: Scene, clock: HandClock) -> None:
    closer = Closer(scene.records, scene.board, clock)
    showing, closing = asyncio.create_task(scene.board.run()), asyncio.create_task(closer.run())
    await edited(scene.messages[1])
    await edited(scene.messages[2])
    await asyncio.sleep(0.1)
    scene.board.touch(scene.polls[0])
    closer.expect()
    # Python 3.11's wait_for forgets a cancellation in just this turn of the loop.
    await asyncio.sleep(0)
    showing.cancel()
    closing.cancel()
    _, running_on = await asyncio.wait([showing, closing], timeout=30)
    assert not running_on


async def test_a_channel_that_is_gone_is_said_in_the_list_and_to_the_opener(scene: Scene, clock: HandClock) -> None:
    gone = discord.NotFound(cast("Any", Response()), {"code": 10003, "message": "Unknown Channel"})
    scene.messages[1].failures = [gone]
    scene.messages[1].sending = discord.Forbidden(cast("Any", Response()), {"code": 50001, "message": "Missing Access"})
    clock.move(timedelta(hours=2))
    await Closer(scene.records, scene.board, clock).close_due()
    standing = await scene.records.get(scene.polls[0])
    assert standing is not None
    assert standing.poll.unreachable
    assert "can’t be reached" in state_text(standing.poll)
    [(opener, text)] = scene.letters
    assert opener == OPENER
    assert "In that server, /polls still has it." in text
    assert await scene.records.unsent() == []


async def test_an_edit_that_the_end_cuts_off_is_made_by_the_last_flush(scene: Scene) -> None:
    held = scene.messages[1].held = asyncio.Event()
    async with running(scene.board):
        await edited(scene.messages[2])
    assert scene.messages[1].edits == 0
    held.set()
    await scene.board.flush()
    assert scene.messages[1].edits == 1
