"""The recount finds every tally that is not what its ballots add up to."""

from datetime import timedelta

from sqlalchemy import delete, update

from bot.polls.audit import Mismatch, audit
from bot.polls.records import Records
from bot.store.engine import Store
from bot.store.tables import ballots, tallies
from tests.conftest import HandClock
from tests.polls.voting import open_polls, voting


async def test_open_polls_are_counted_and_closed_ones_are_not(store: Store, clock: HandClock) -> None:
    poll_ids = await open_polls(store, clock, (1, 2))
    async with voting(store, clock) as ledger:
        for poll_id in poll_ids:
            await ledger.cast(poll_id, 1, [4])
    clock.move(timedelta(hours=2))
    await Records(store).close(poll_ids[1], clock(), None)
    done = await audit(store)
    assert (done.polls, done.ballots, done.mismatches) == (1, 1, ())


async def test_lost_and_surplus_ballots_and_those_without_a_tally_are_found(store: Store, clock: HandClock) -> None:
    [poll_id] = await open_polls(store, clock, [1])
    async with voting(store, clock) as ledger:
        for user_id in range(3):
            await ledger.cast(poll_id, user_id, [1])
    async with store.write() as connection:
        await connection.execute(update(tallies).where(tallies.c.choice == 0).values(votes=2))
        await connection.execute(delete(tallies).where(tallies.c.choice == 4))
        await connection.execute(ballots.insert().values(poll_id=poll_id, voter=b"x" * 32, choices=16))
        await connection.execute(ballots.insert().values(poll_id=poll_id, voter=b"y" * 32, choices=2))
    done = await audit(store)
    assert done.ballots == 5
    assert done.mismatches == (
        Mismatch(poll_id, 0, 2, 0),
        Mismatch(poll_id, 1, 3, 4),
        Mismatch(poll_id, 4, 0, 1),
        Mismatch(poll_id, None, 3, 5),
    )
