"""A vote is counted once, never lost once acknowledged, and never linked to a person."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.polls.ledger import BATCH_LIMIT, InDoubtError, Ledger, LedgerClosedError, Outcome
from bot.polls.records import Records, chosen
from bot.polls.rules import Tally
from bot.store.engine import Store, open_store
from bot.store.tables import ballots, polls, tallies
from tests.conftest import HandClock
from tests.polls.drafts import draft


@contextlib.asynccontextmanager
async def running(ledger: Ledger) -> AsyncIterator[Ledger]:
    """A ledger whose writer runs."""
    writer = asyncio.create_task(ledger.run())
    try:
        yield ledger
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


@pytest.fixture
async def ledger(store: Store, clock: HandClock) -> AsyncIterator[Ledger]:
    async with running(Ledger(store, clock)) as it:
        yield it


@pytest.fixture
async def poll_id(store: Store, clock: HandClock) -> int:
    standing, _ = await Records(store).open(draft(), clock())
    return standing.poll.id


async def tally(store: Store, poll_id: int) -> list[int]:
    """The counters and, beside them, the ballots counted anew: both must agree."""
    async with store.read() as connection:
        counters = select(tallies.c.votes).where(tallies.c.poll_id == poll_id).order_by(tallies.c.choice)
        counted = list((await connection.execute(counters)).scalars())
        query = select(ballots.c.choices).where(ballots.c.poll_id == poll_id)
        held = (await connection.execute(query)).scalars().all()
        voters = (await connection.execute(select(polls.c.voters).where(polls.c.id == poll_id))).scalar_one()
    recount = Counter(option for choices in held for option in chosen(choices))
    assert counted == [recount[index] for index in range(len(counted))]
    assert voters == len(held)
    return counted


async def test_a_vote_is_counted_changed_and_withdrawn(ledger: Ledger, store: Store, poll_id: int) -> None:
    assert (await ledger.cast(poll_id, 1, (2,))).outcome is Outcome.COUNTED
    assert await tally(store, poll_id) == [0, 0, 1, 0, 0]
    assert (await ledger.cast(poll_id, 1, (1,))).outcome is Outcome.CHANGED
    assert await tally(store, poll_id) == [0, 1, 0, 0, 0]
    assert (await ledger.cast(poll_id, 1, ())).outcome is Outcome.WITHDRAWN
    assert await tally(store, poll_id) == [0, 0, 0, 0, 0]
    assert (await ledger.cast(poll_id, 1, ())).outcome is Outcome.NO_BALLOT


async def test_quick_taps_and_doubled_events_count_once(ledger: Ledger, store: Store, poll_id: int) -> None:
    receipts = await asyncio.gather(*(ledger.cast(poll_id, 1, (3,)) for _ in range(50)))
    assert Counter(receipt.outcome for receipt in receipts) == {Outcome.COUNTED: 1, Outcome.UNCHANGED: 49}
    assert await tally(store, poll_id) == [0, 0, 0, 1, 0]


async def test_changes_at_once_end_with_the_last_that_arrived(ledger: Ledger, store: Store, poll_id: int) -> None:
    await asyncio.gather(*(ledger.cast(poll_id, 1, choices) for choices in ((0,), (1,), (2,), (), (4,))))
    assert await tally(store, poll_id) == [0, 0, 0, 0, 1]


async def test_a_crowd_at_once_is_counted_to_the_last_vote(ledger: Ledger, store: Store, poll_id: int) -> None:
    crowd = BATCH_LIMIT * 2 + 100
    receipts = await asyncio.gather(*(ledger.cast(poll_id, user, (user % 5,)) for user in range(crowd)))
    assert all(receipt.outcome is Outcome.COUNTED for receipt in receipts)
    assert sum(await tally(store, poll_id)) == crowd
    assert receipts[-1].tally is not None
    assert receipts[-1].tally.total == crowd


async def test_a_vote_is_acknowledged_only_after_it_can_be_read_by_another_process(
    ledger: Ledger, database: str, poll_id: int
) -> None:
    await ledger.cast(poll_id, 1, (2,))
    another = await open_store(database)
    assert await tally(another, poll_id) == [0, 0, 1, 0, 0]
    await another.close()


async def test_a_vote_for_a_poll_that_is_not_there_or_not_open_says_so(
    ledger: Ledger, store: Store, clock: HandClock, poll_id: int
) -> None:
    assert (await ledger.cast(9999, 1, (0,))).outcome is Outcome.UNKNOWN
    assert (await ledger.cast(poll_id, 1, (9,))).outcome is Outcome.UNKNOWN
    await ledger.cast(poll_id, 1, (0,))
    await Records(store).close(poll_id, clock(), None)
    assert (await ledger.cast(poll_id, 1, (1,))).outcome is Outcome.CLOSED
    assert (await ledger.ballot(poll_id, 1)).outcome is Outcome.CLOSED
    assert (await ledger.ballot(9999, 1)).outcome is Outcome.UNKNOWN


async def test_no_vote_counts_after_the_time_even_before_the_close(
    ledger: Ledger, store: Store, clock: HandClock, poll_id: int
) -> None:
    await ledger.cast(poll_id, 1, (0,))
    clock.move(timedelta(hours=1))
    assert (await ledger.cast(poll_id, 1, (1,))).outcome is Outcome.CLOSED
    assert (await ledger.cast(poll_id, 2, (1,))).outcome is Outcome.CLOSED
    assert await tally(store, poll_id) == [1, 0, 0, 0, 0]


async def test_a_member_can_look_up_their_own_vote_while_the_poll_is_open(ledger: Ledger, poll_id: int) -> None:
    assert (await ledger.ballot(poll_id, 1)).outcome is Outcome.NO_BALLOT
    await ledger.cast(poll_id, 1, (4,))
    assert (await ledger.ballot(poll_id, 1)).choices == (4,)
    assert (await ledger.ballot(poll_id, 2)).choices == ()


async def test_a_failed_transaction_fails_only_its_own_votes(ledger: Ledger, store: Store, poll_id: int) -> None:
    engine = store._writer or store._engine.sync_engine
    failures = iter([True])

    def break_once(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO ballots") and next(failures, False):
            raise DBAPIError(statement, {}, Exception("disk full"))

    event.listen(engine, "before_cursor_execute", break_once)
    with pytest.raises(DBAPIError):
        await ledger.cast(poll_id, 1, (0,))
    assert await tally(store, poll_id) == [0, 0, 0, 0, 0]
    assert (await ledger.cast(poll_id, 2, (0,))).outcome is Outcome.COUNTED
    assert await tally(store, poll_id) == [1, 0, 0, 0, 0]


async def test_a_poll_whose_counters_are_wrong_fails_no_votes_in_others(
    ledger: Ledger, store: Store, clock: HandClock, poll_id: int
) -> None:
    other = (await Records(store).open(draft(8), clock()))[0].poll.id
    await ledger.cast(poll_id, 1, (0,))
    async with store.write() as connection:
        await connection.execute(update(tallies).where(tallies.c.poll_id == poll_id).values(votes=0))

    withdrawn, *cast = await asyncio.gather(
        ledger.cast(poll_id, 1, ()), *(ledger.cast(other, user, (0,)) for user in range(4)), return_exceptions=True
    )

    assert isinstance(withdrawn, IntegrityError)
    assert all(not isinstance(receipt, BaseException) and receipt.outcome is Outcome.COUNTED for receipt in cast)
    assert await tally(store, other) == [4, 0, 0, 0, 0]


async def test_no_vote_that_may_be_counted_is_said_not_to_be(
    store: Store, clock: HandClock, poll_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = store.write_at_once, asyncio.Event()

    async def write_and_hang(work: Callable[[Connection], object]) -> object:
        await write(work)
        written.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(store, "write_at_once", write_and_hang)
    ledger = Ledger(store, clock)
    writing = asyncio.create_task(ledger.run())
    waiting = asyncio.create_task(ledger.cast(poll_id, 1, (0,)))
    await written.wait()
    writing.cancel()

    with pytest.raises(InDoubtError):
        await asyncio.wait_for(waiting, 30)
    assert await tally(store, poll_id) == [1, 0, 0, 0, 0]


async def test_shutting_down_writes_what_waits_and_takes_no_more(ledger: Ledger, store: Store, poll_id: int) -> None:
    waiting = [asyncio.create_task(ledger.cast(poll_id, user, (0,))) for user in range(100)]
    await asyncio.sleep(0)
    await ledger.close()
    receipts = await asyncio.gather(*waiting)
    assert {receipt.outcome for receipt in receipts} == {Outcome.COUNTED}
    assert await tally(store, poll_id) == [100, 0, 0, 0, 0]
    with pytest.raises(LedgerClosedError):
        await ledger.cast(poll_id, 101, (0,))


async def test_a_member_who_gives_up_waiting_is_counted_once(ledger: Ledger, store: Store, poll_id: int) -> None:
    impatient = asyncio.create_task(ledger.cast(poll_id, 1, (0,)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await ledger.cast(poll_id, 1, (0,))).outcome is Outcome.UNCHANGED
    assert await tally(store, poll_id) == [1, 0, 0, 0, 0]


async def test_several_options_count_each_and_the_member_once(ledger: Ledger, store: Store, clock: HandClock) -> None:
    standing, _ = await Records(store).open(replace(draft(), choices=3), clock())
    poll_id = standing.poll.id
    receipt = await ledger.cast(poll_id, 1, (0, 2, 4))
    assert (receipt.outcome, receipt.choices) == (Outcome.COUNTED, (0, 2, 4))
    assert receipt.tally == Tally((1, 0, 1, 0, 1), 1)
    assert (await ledger.cast(poll_id, 1, (4, 2, 0))).outcome is Outcome.UNCHANGED
    assert (await ledger.cast(poll_id, 1, (0, 1, 2, 3))).outcome is Outcome.TOO_MANY
    assert await tally(store, poll_id) == [1, 0, 1, 0, 1]
    await ledger.cast(poll_id, 2, (0,))
    assert (await ledger.cast(poll_id, 1, (1,))).tally == Tally((1, 1, 0, 0, 0), 2)
    assert await tally(store, poll_id) == [1, 1, 0, 0, 0]


async def test_one_option_is_all_that_a_single_choice_poll_takes(ledger: Ledger, store: Store, poll_id: int) -> None:
    assert (await ledger.cast(poll_id, 1, (0, 1))).outcome is Outcome.TOO_MANY
    assert await tally(store, poll_id) == [0, 0, 0, 0, 0]


async def test_a_poll_for_a_role_takes_votes_of_its_members_only(
    ledger: Ledger, store: Store, clock: HandClock
) -> None:
    standing, _ = await Records(store).open(replace(draft(), role_id=77), clock())
    assert (await ledger.cast(standing.poll.id, 1, (0,))).outcome is Outcome.BARRED
    assert (await ledger.cast(standing.poll.id, 1, (0,), [5, 6])).outcome is Outcome.BARRED
    assert (await ledger.cast(standing.poll.id, 1, (0,), [5, 77])).outcome is Outcome.COUNTED
    assert await tally(store, standing.poll.id) == [1, 0, 0, 0, 0]
    assert (await ledger.cast(standing.poll.id, 1, (1,))).outcome is Outcome.BARRED
    assert (await ledger.cast(standing.poll.id, 1, ())).outcome is Outcome.WITHDRAWN
    assert await tally(store, standing.poll.id) == [0, 0, 0, 0, 0]


Vote = tuple[int, int, frozenset[int]]
VOTES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 4), st.frozensets(st.integers(0, 4), max_size=4)), max_size=40
)


@given(votes=VOTES)
@settings(max_examples=60, deadline=None)
def test_any_order_of_votes_ends_with_each_members_last_one(
    votes: list[Vote], tmp_path_factory: pytest.TempPathFactory
) -> None:
    limits = (1, 3)

    async def scenario() -> None:
        folder = tmp_path_factory.mktemp("ledger")
        store = await open_store(f"sqlite+aiosqlite:///{folder / 'polls.db'}")
        clock = HandClock()
        records = Records(store)
        opened = [await records.open(replace(draft(limit), choices=limit), clock()) for limit in limits]
        poll_ids = [standing.poll.id for standing, _ in opened]
        async with running(Ledger(store, clock)) as ledger:
            await asyncio.gather(*(ledger.cast(poll_ids[poll], user, choices) for poll, user, choices in votes))
        for index, poll_id in enumerate(poll_ids):
            last = {user: choices for poll, user, choices in votes if poll == index and len(choices) <= limits[index]}
            expected = Counter(choice for choices in last.values() for choice in choices)
            assert await tally(store, poll_id) == [expected[option] for option in range(5)]
        await store.close()

    asyncio.run(scenario())


async def test_a_vote_that_waits_for_others_is_told_when_the_ledger_ends(
    store: Store, clock: HandClock, poll_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.polls.ledger.PACE", 60.0)
    ledger = Ledger(store, clock)
    writing = asyncio.create_task(ledger.run())
    assert (await ledger.cast(poll_id, 1, (0,))).outcome is Outcome.COUNTED
    waiting = asyncio.create_task(ledger.cast(poll_id, 2, (0,)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert ledger.waiting == 0
    writing.cancel()
    with pytest.raises(LedgerClosedError):
        await asyncio.wait_for(waiting, 30)
    assert await tally(store, poll_id) == [1, 0, 0, 0, 0]
