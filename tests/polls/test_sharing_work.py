"""Each process looks after the polls of its shards; what one is late with, any other does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from bot.budget import LIMIT, Budget
from bot.film.library import Library
from bot.polls.board import Board
from bot.polls.closing import Closer
from bot.polls.records import TAKEOVER, Records, Unsent
from bot.polls.rules import REMINDER
from bot.polls.together import Everywhere
from bot.shards import ShardPlan
from bot.store.engine import Store
from tests.conftest import HandClock
from tests.house import HandHouse
from tests.polls.drafts import OPENER, draft

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def mine(store: Store) -> Records:
    """The records of a process with shards 0 and 1 of 4."""
    return Records(store, ShardPlan((0, 1), 4))


@pytest.fixture
def theirs(store: Store) -> Records:
    """Those of the process with the other shards."""
    return Records(store, ShardPlan((2, 3), 4))


async def new_poll(records: Records, shard: int, clock: HandClock, *, hours: int = 1, remind: bool = False) -> int:
    """Open a poll in a server of a shard; the ids are as large as Discord's, and larger than 32 bits."""
    guild_id = (250_000_000_000 * 4 + shard) << 22
    drafted = replace(draft(900 + shard, duration=hours * HOUR), guild_id=guild_id, remind=remind)
    return (await records.open(drafted, clock()))[0].poll.id


async def test_a_due_poll_is_for_the_process_that_has_its_server(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    polls = [await new_poll(mine, shard, clock) for shard in range(4)]
    # What is in no server comes over the first shard.
    polls[0:0] = [(await mine.open(replace(draft(899), guild_id=0), clock()))[0].poll.id]
    assert set(await mine.open_ids()) == set(polls[:3])
    clock.move(HOUR)
    assert set(await mine.due(clock())) == set(polls[:3])
    assert set(await theirs.due(clock())) == set(polls[3:])


async def test_a_poll_of_a_dead_process_is_closed_by_another_a_moment_later(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    poll = await new_poll(theirs, 3, clock)
    assert await mine.next_due(clock()) == clock() + HOUR + TAKEOVER
    assert await theirs.next_due(clock()) == clock() + HOUR
    clock.move(HOUR + TAKEOVER - SECOND)
    assert await mine.due(clock()) == []
    clock.move(SECOND)
    assert await mine.due(clock()) == [poll]


async def test_who_closes_a_poll_for_a_dead_process_also_tells_of_it_at_once(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    poll = await new_poll(theirs, 3, clock)
    clock.move(HOUR + TAKEOVER)
    assert await mine.close(poll, clock(), None)
    assert [each.message for each in await mine.unsent(clock())] == ["result", "notice"]


async def test_what_discord_must_be_told_is_told_by_the_process_of_the_server_and_late_by_any(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    poll = await new_poll(theirs, 2, clock)
    clock.move(HOUR)
    await theirs.close(poll, clock(), None)
    assert await mine.unsent(clock()) == []
    assert [each.message for each in await theirs.unsent(clock())] == ["result", "notice"]
    clock.move(TAKEOVER)
    assert [each.message for each in await mine.unsent(clock())] == ["result", "notice"]


async def test_a_reminder_is_put_out_by_the_process_of_the_server_and_late_by_any(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    first = await new_poll(theirs, 2, clock, hours=24, remind=True)
    second = await new_poll(theirs, 3, clock, hours=48, remind=True)
    clock.move(24 * HOUR - REMINDER)
    assert await mine.remind_due(clock()) == []
    assert await theirs.remind_due(clock()) == [first]
    assert await mine.unsent(clock()) == []
    assert [each.message for each in await theirs.unsent(clock())] == ["reminder"]
    clock.move(24 * HOUR + TAKEOVER)
    assert await mine.remind_due(clock()) == [second]


async def test_a_process_that_starts_takes_no_result_from_the_process_that_is_showing_it(
    mine: Records, theirs: Records, clock: HandClock
) -> None:
    poll = await new_poll(theirs, 2, clock)
    await theirs.close(poll, clock(), None)
    assert await theirs.claim(Unsent(poll, "result", None), clock())
    await mine.release_results()
    assert [each.tried_at for each in await mine.unsent()] == [clock(), None]
    await theirs.release_results()
    assert [each.tried_at for each in await mine.unsent()] == [None, None]


async def test_a_poll_is_closed_by_whoever_a_member_asks(mine: Records, clock: HandClock) -> None:
    poll = await new_poll(mine, 3, clock)
    assert await mine.close(poll, clock(), OPENER)


class Channel:
    """Takes everything, and counts it."""

    def __init__(self, clock: HandClock) -> None:
        self.created_at = clock()
        self.edits = 0
        self.sent: list[str] = []

    def get_partial_message(self, _message_id: int) -> "Channel":
        return self

    async def edit(self, **_options: Any) -> None:
        self.edits += 1

    async def send(self, text: str, **_options: Any) -> None:
        self.sent.append(text)


class Refused(Budget):
    """A budget of which a part is used up."""

    def use(self, part: float) -> None:
        """Have Discord refused this part of what it takes before it blocks."""
        self._refused.clear()
        self._refused.extend([self._now()] * round(LIMIT * part))


async def test_near_discords_block_tallies_and_notices_wait_then_results_and_all_come_afterwards(
    store: Store, library: Library, clock: HandClock
) -> None:
    records, budget, channel = Records(store), Refused(), Channel(clock)

    async def letters(_user_id: int, _text: str) -> None:
        raise AssertionError("nobody is written to")

    reach = cast("Any", lambda _id: channel)
    board = Board(records, Everywhere(store), library, HandHouse(), reach, letters, clock, budget)
    closer = Closer(records, board, clock)
    poll = await new_poll(records, 0, clock)
    await records.posted(poll, 77)

    board.touch(poll)
    budget.use(0.8)
    await board.flush()
    assert channel.edits == 0
    clock.move(HOUR)
    budget.use(0.95)
    await closer.close_due()
    standing = await records.get(poll)
    assert standing is not None
    assert not standing.poll.is_open
    assert (channel.edits, channel.sent) == (0, [])
    budget.use(0.8)
    await closer.close_due()
    assert (channel.edits, channel.sent) == (1, [])
    budget.use(0.0)
    await closer.close_due()
    assert (channel.edits, len(channel.sent)) == (1, 1)
    assert await records.unsent() == []
