"""After a backup was restored nothing is posted twice, and no button of a lost poll votes in a new one."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.polls.inventory import take_inventory
from bot.polls.records import Records, Standing, Unsent
from bot.polls.restored import GAP, Settled, settle
from bot.polls.rules import REMINDER, Tally
from bot.store.engine import Store
from bot.store.tables import ballots, outbox, polls
from tests.conftest import HandClock
from tests.polls.drafts import draft
from tests.polls.voting import open_polls, voting


async def settled(store: Store, clock: HandClock, miscounted: tuple[int, ...] = ()) -> Settled:
    async with store.write() as connection:
        return await settle(connection, clock(), miscounted)


async def got(store: Store, poll_id: int) -> Standing:
    standing = await Records(store).get(poll_id)
    assert standing is not None
    return standing


async def with_votes(store: Store, clock: HandClock, poll_id: int) -> None:
    async with voting(store, clock) as ledger:
        await asyncio.gather(*(ledger.cast(poll_id, user, [user % 2]) for user in range(3)))


async def test_a_poll_that_ended_meanwhile_is_closed_with_its_votes_and_nothing_is_posted_of_it(
    store: Store, clock: HandClock
) -> None:
    [poll_id] = await open_polls(store, clock, [1])
    await with_votes(store, clock, poll_id)
    clock.move(timedelta(hours=1))
    assert await settled(store, clock) == Settled(ended=1, going_on=0)
    standing = await got(store, poll_id)
    assert not standing.poll.is_open
    assert standing.poll.is_from_backup
    assert standing.tally == Tally((2, 1, 0, 0, 0))
    assert await Records(store).due(clock()) == []
    assert await Records(store).unsent() == []
    async with store.read() as connection:
        assert (await connection.execute(select(polls.c.voter_key))).scalars().all() == [None]
        assert (await connection.execute(select(ballots))).all() == []


async def test_a_poll_that_goes_on_keeps_its_votes_and_is_closed_as_any_other(store: Store, clock: HandClock) -> None:
    [poll_id] = await open_polls(store, clock, [1])
    await with_votes(store, clock, poll_id)
    assert await settled(store, clock) == Settled(ended=0, going_on=1)
    async with voting(store, clock) as ledger:
        assert (await ledger.ballot(poll_id, 1)).choices == (1,)
    clock.move(timedelta(hours=1))
    await Records(store).close(poll_id, clock(), None)
    standing = await got(store, poll_id)
    assert standing.tally == Tally((2, 1, 0, 0, 0))
    assert not standing.poll.is_from_backup
    assert [each.message for each in await Records(store).unsent()] == ["result", "notice"]


async def test_no_usual_close_is_taken_for_one_from_a_backup(store: Store, clock: HandClock) -> None:
    by_clock, by_member, cancelled = await open_polls(store, clock, [1, 2, 3])
    await Records(store).close(by_member, clock(), 42)
    await Records(store).close(cancelled, clock(), 42, cancelled=True)
    clock.move(timedelta(hours=1))
    await Records(store).close(by_clock, clock(), None)
    for poll_id in (by_clock, by_member, cancelled):
        assert not (await got(store, poll_id)).poll.is_from_backup


async def test_what_was_still_to_be_posted_when_the_backup_was_made_is_not_posted_again(
    store: Store, clock: HandClock
) -> None:
    [poll_id] = await open_polls(store, clock, [1])
    clock.move(timedelta(hours=1))
    await Records(store).close(poll_id, clock(), None)
    async with store.write() as connection:
        await connection.execute(outbox.insert().values(poll_id=poll_id, message="reminder"))
    await settled(store, clock)
    assert await Records(store).unsent() == []
    assert not (await got(store, poll_id)).poll.is_from_backup


async def test_who_may_have_been_reminded_is_not_reminded_again_and_others_are(store: Store, clock: HandClock) -> None:
    records = Records(store)
    for channel, hours in ((1, 3), (2, 30)):
        await records.open(replace(draft(channel, duration=timedelta(hours=hours)), remind=True), clock())
    clock.move(timedelta(hours=3) - REMINDER)
    await settled(store, clock)
    assert await records.remind_due(clock()) == []
    clock.move(timedelta(hours=27))
    assert await records.remind_due(clock()) == [2]
    assert await records.unsent() == [Unsent(2, "reminder", None)]


async def test_a_button_of_a_poll_that_is_lost_never_votes_in_a_new_one(store: Store, clock: HandClock) -> None:
    await open_polls(store, clock, [1, 2])
    await settled(store, clock)
    [new] = await open_polls(store, clock, [3])
    assert new == 2 + GAP + 1


async def test_a_poll_whose_votes_do_not_add_up_stays_open_for_who_looks_at_it(store: Store, clock: HandClock) -> None:
    [poll_id] = await open_polls(store, clock, [1])
    await with_votes(store, clock, poll_id)
    clock.move(timedelta(hours=1))
    assert await settled(store, clock, (poll_id,)) == Settled(ended=0, going_on=1)
    async with store.read() as connection:
        held = await take_inventory(connection)
    assert str(held) == "1 poll, 1 of them open with 3 ballots, in 1 server"
