"""A channel has one open poll about a film; a poll closes once, and its result adds up."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.polls.drafts import Place, again_draft
from bot.polls.ledger import Ledger
from bot.polls.records import CLAIM, MiscountError, Records
from bot.polls.rules import LONGEST, Draft, Poll, Tally
from bot.store.engine import Store
from bot.store.tables import tallies
from tests.conftest import HandClock
from tests.polls.drafts import OPENER, draft
from tests.polls.test_ledger import running


@pytest.fixture
def records(store: Store) -> Records:
    return Records(store)


async def opened(records: Records, draft: Draft, now: datetime) -> tuple[Poll, bool]:
    """Open a poll and give it with whether it is new."""
    standing, is_new = await records.open(draft, now)
    return standing.poll, is_new


async def test_two_members_who_open_at_once_get_the_same_poll(records: Records, clock: HandClock) -> None:
    answers = await asyncio.gather(*(records.open(draft(), clock()) for _ in range(5)))
    assert len({standing.poll.id for standing, _ in answers}) == 1
    assert [is_new for _, is_new in answers].count(True) == 1


async def test_another_channel_has_a_poll_of_its_own(records: Records, clock: HandClock) -> None:
    one, _ = await opened(records, draft(1), clock())
    other, is_new = await opened(records, draft(2), clock())
    assert is_new
    assert one.id != other.id


async def test_after_the_close_a_new_poll_can_be_opened(records: Records, clock: HandClock) -> None:
    first, _ = await opened(records, draft(), clock())
    assert await records.close(first.id, clock(), OPENER)
    second, is_new = await opened(records, draft(), clock())
    assert is_new
    assert second.id > first.id


async def test_a_poll_closes_once_whoever_tries(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    closed = await asyncio.gather(*(records.close(poll.id, clock(), user) for user in range(5)))
    assert closed.count(True) == 1


async def test_the_result_is_what_was_voted_and_stays(records: Records, store: Store, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    async with running(Ledger(store, clock)) as ledger:
        await asyncio.gather(*(ledger.cast(poll.id, user, (user % 3,)) for user in range(10)))
    clock.move(timedelta(hours=1))
    await records.close(poll.id, clock(), None)
    standing = await records.get(poll.id)
    assert standing is not None
    assert standing.tally == Tally((4, 3, 3, 0, 0))
    assert standing.poll.closed_at == clock()
    assert standing.poll.closed_by is None


async def test_a_poll_whose_ballots_do_not_add_up_stays_open_for_people_to_look(
    records: Records, store: Store, clock: HandClock
) -> None:
    poll, _ = await opened(records, draft(), clock())
    async with store.write() as connection:
        await connection.execute(update(tallies).where(tallies.c.choice == 0).values(votes=1))
    with pytest.raises(MiscountError):
        await records.close(poll.id, clock(), None)
    standing = await records.get(poll.id)
    assert standing is not None
    assert standing.poll.is_open


async def test_due_polls_are_found_in_the_order_they_fell_due(records: Records, clock: HandClock) -> None:
    late, _ = await opened(records, draft(1, duration=timedelta(hours=3)), clock())
    soon, _ = await opened(records, draft(2, duration=timedelta(hours=1)), clock())
    assert await records.next_due(clock()) == soon.closes_at
    assert await records.due(clock()) == []
    clock.move(timedelta(hours=1))
    assert await records.due(clock()) == [soon.id]
    clock.move(timedelta(days=30))
    assert await records.due(clock()) == [soon.id, late.id]


async def test_what_discord_must_be_told_waits_until_it_was(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    assert await records.unsent() == []
    await records.close(poll.id, clock(), None)
    unsent = await records.unsent()
    assert [(each.poll_id, each.message) for each in unsent] == [(poll.id, "result"), (poll.id, "notice")]
    for each in unsent:
        assert await records.claim(each, clock())
        await records.sent(each)
    assert await records.unsent() == []


async def test_a_message_is_taken_by_one_only_until_it_is_given_back_or_its_time_is_up(
    records: Records, clock: HandClock
) -> None:
    poll, _ = await opened(records, draft(), clock())
    await records.close(poll.id, clock(), None)
    unsent = (await records.unsent())[0]
    assert [await records.claim(unsent, clock()) for _ in range(3)] == [True, False, False]
    await records.release(unsent, clock())
    assert await records.claim(unsent, clock())
    taken = (await records.unsent())[0]
    assert not await records.claim(taken, clock())
    clock.move(CLAIM)
    assert [await records.claim(taken, clock()) for _ in range(3)] == [True, False, False]


async def test_who_saw_a_message_before_it_was_taken_never_sends_it_again(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    await records.close(poll.id, clock(), None)
    seen = (await records.unsent())[1]
    assert await records.claim(seen, clock())
    clock.move(CLAIM)
    assert not await records.claim(seen, clock())


async def test_a_message_is_given_back_only_by_who_has_it(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    await records.close(poll.id, clock(), None)
    slow = clock()
    assert await records.claim((await records.unsent())[0], slow)
    clock.move(CLAIM)
    assert await records.claim((await records.unsent())[0], clock())
    await records.release((await records.unsent())[0], slow)
    assert (await records.unsent())[0].tried_at == clock()


async def test_a_cancelled_poll_says_so_and_sends_no_notice(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    await records.close(poll.id, clock(), OPENER, cancelled=True)
    standing = await records.get(poll.id)
    assert standing is not None
    assert standing.poll.cancelled
    assert [each.message for each in await records.unsent()] == ["result"]


async def test_an_extended_poll_closes_later_but_never_after_the_longest_time(
    records: Records, clock: HandClock
) -> None:
    poll, _ = await opened(records, draft(duration=timedelta(days=1)), clock())
    longer = await records.extend(poll.id, clock(), timedelta(days=7))
    assert longer is not None
    assert longer.closes_at == poll.closes_at + timedelta(days=7)
    longest = await records.extend(poll.id, clock(), timedelta(days=365))
    assert longest is not None
    assert longest.closes_at == clock() + LONGEST
    await records.close(poll.id, clock(), None)
    assert await records.extend(poll.id, clock(), timedelta(days=1)) is None


async def test_members_who_extend_a_poll_at_once_all_do(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    await asyncio.gather(*(records.extend(poll.id, clock(), timedelta(days=1)) for _ in range(4)))
    standing = await records.get(poll.id)
    assert standing is not None
    assert standing.poll.closes_at == poll.closes_at + timedelta(days=4)


async def test_a_poll_that_was_extended_when_it_was_found_to_be_due_runs_on(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    await records.extend(poll.id, clock(), timedelta(days=1))
    assert not await records.close(poll.id, poll.closes_at, None, by_clock=True)
    assert await records.close(poll.id, poll.closes_at + timedelta(days=1), None, by_clock=True)


async def test_a_poll_that_is_asked_again_runs_no_longer_than_any_can(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    extended = replace(poll, closes_at=poll.opened_at + 2 * LONGEST)
    assert again_draft(Place(1, 7, OPENER), extended).duration == LONGEST


async def test_a_poll_whose_time_is_up_is_not_extended_even_before_it_is_closed(
    records: Records, clock: HandClock
) -> None:
    poll, _ = await opened(records, draft(duration=timedelta(days=1)), clock())
    clock.move(timedelta(days=1))
    assert await records.extend(poll.id, clock(), timedelta(days=7)) is None
    assert list(await records.due(clock())) == [poll.id]


async def test_recent_polls_are_the_channels_or_the_servers_open_ones_first(records: Records, clock: HandClock) -> None:
    first, _ = await opened(records, draft(1), clock())
    await records.close(first.id, clock(), None)
    second, _ = await opened(records, draft(1), clock())
    third, _ = await opened(records, draft(2), clock())
    assert [standing.poll.id for standing in await records.recent(1, None, 10)] == [third.id, second.id, first.id]
    assert [standing.poll.id for standing in await records.recent(1, 1, 10)] == [second.id, first.id]
    assert [standing.poll.id for standing in await records.recent(1, 1, 1)] == [second.id]
    assert await records.recent(2, None, 10) == []


async def test_a_link_leads_to_the_message_once_there_is_one(records: Records, clock: HandClock) -> None:
    poll, _ = await opened(records, draft(), clock())
    assert poll.link is None
    await records.posted(poll.id, 99)
    standing = await records.get(poll.id)
    assert standing is not None
    assert standing.poll.link == "https://discord.com/channels/1/7/99"
