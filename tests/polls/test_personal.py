"""A member gets all that is held of them and nothing of others; what is deleted is gone, and the tallies stay right."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from bot.errors import Refusal
from bot.polls import personal
from bot.polls.audit import audit
from bot.polls.ledger import Ledger
from bot.polls.personal import MemberPolls, ServerPolls
from bot.polls.records import Records
from bot.store.engine import Store
from bot.store.tables import ballots, polls, tallies
from tests.conftest import HandClock
from tests.polls.drafts import OPENER
from tests.polls.voting import open_polls, voting

ANA, BEN = 1001, 1002


@pytest.fixture
async def ledger(store: Store, clock: HandClock) -> AsyncIterator[Ledger]:
    async with voting(store, clock) as it:
        yield it


@pytest.fixture
def changed() -> list[int]:
    """The polls whose messages were said to need an update."""
    return []


@pytest.fixture
def member(store: Store, ledger: Ledger, changed: list[int]) -> MemberPolls:
    return MemberPolls(store, ledger, changed.append)


async def opened(store: Store, clock: HandClock, number: int, guild_id: int = 1) -> list[int]:
    """Polls in as many channels of a server."""
    return await open_polls(store, clock, range(guild_id * 1_000, guild_id * 1_000 + number), guild_id)


async def test_a_member_gets_their_own_votes_in_open_polls_and_no_one_elses(
    store: Store, clock: HandClock, ledger: Ledger, member: MemberPolls
) -> None:
    first, second, closed = await opened(store, clock, 3)
    await Records(store).posted(first, 77)
    for poll_id, user_id, choice in ((first, ANA, 2), (first, BEN, 0), (second, BEN, 1), (closed, ANA, 0)):
        await ledger.cast(poll_id, user_id, [choice])
    await Records(store).close(closed, clock(), None)
    held = await member.held(ANA)
    assert held["votes_in_open_polls"] == [
        {
            "question": "How did the ending of Her (2013) leave you?",
            "server": "1",
            "channel": "1000",
            "link": "https://discord.com/channels/1/1000/77",
            "opened_at": "2026-03-01T20:00:00+00:00",
            "closes_at": "2026-03-01T21:00:00+00:00",
            "closed_at": None,
            "choices": ["Bittersweet"],
        }
    ]
    assert held["polls_opened"] == held["polls_closed_early"] == []
    assert json.loads(json.dumps(held)) == held


async def test_a_member_gets_the_polls_they_opened_and_closed(
    store: Store, clock: HandClock, member: MemberPolls
) -> None:
    first, second = await opened(store, clock, 2)
    await Records(store).close(second, clock(), ANA)
    opener = await member.held(OPENER)
    assert [poll["channel"] for poll in opener["polls_opened"]] == ["1000", "1001"]
    assert opener["polls_closed_early"] == []
    assert [poll["channel"] for poll in (await member.held(ANA))["polls_closed_early"]] == ["1001"]
    assert first


async def test_of_a_member_who_did_nothing_nothing_is_held(store: Store, clock: HandClock, member: MemberPolls) -> None:
    await opened(store, clock, 1)
    assert not any((await member.held(ANA)).values())
    assert await member.forget(ANA) == 0


async def test_deleting_withdraws_every_vote_of_the_member_and_none_of_others(
    store: Store, clock: HandClock, ledger: Ledger, member: MemberPolls, changed: list[int]
) -> None:
    poll_ids = await opened(store, clock, 3)
    for poll_id in poll_ids:
        await ledger.cast(poll_id, BEN, [1])
    for poll_id in poll_ids[:2]:
        await ledger.cast(poll_id, ANA, [1])
    assert await member.forget(ANA) == 2
    assert sorted(changed) == poll_ids[:2]
    assert (await member.held(ANA))["votes_in_open_polls"] == []
    assert len((await member.held(BEN))["votes_in_open_polls"]) == 3
    done = await audit(store)
    assert (done.polls, done.ballots, done.mismatches) == (3, 3, ())


async def test_all_pages_of_open_polls_are_looked_through(
    store: Store, clock: HandClock, ledger: Ledger, member: MemberPolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal, "PAGE", 2)
    monkeypatch.setattr(personal, "BATCH_LIMIT", 2)
    poll_ids = await opened(store, clock, 6)
    for poll_id in poll_ids[1:]:
        await ledger.cast(poll_id, ANA, [3])
    assert len((await member.held(ANA))["votes_in_open_polls"]) == 5
    assert await member.forget(ANA) == 5


async def test_votes_cast_while_they_are_deleted_stay_counted_right(
    store: Store, clock: HandClock, ledger: Ledger, member: MemberPolls
) -> None:
    poll_ids = await opened(store, clock, 4)
    votes = (ledger.cast(poll_id, user_id, [0]) for poll_id in poll_ids for user_id in (ANA, BEN))
    await asyncio.gather(*votes, member.forget(ANA), member.forget(ANA), member.forget(BEN))
    assert (await audit(store)).mismatches == ()


async def test_a_ledger_that_closes_says_that_not_all_was_deleted(
    store: Store, clock: HandClock, ledger: Ledger, member: MemberPolls
) -> None:
    [poll_id] = await opened(store, clock, 1)
    await ledger.cast(poll_id, ANA, [0])
    await ledger.close()
    with pytest.raises(Refusal, match="Please press again in a minute"):
        await member.forget(ANA)


async def test_a_servers_polls_go_with_ballots_and_tallies_and_others_stay(
    store: Store, clock: HandClock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal, "PAGE", 2)
    going = await opened(store, clock, 5, guild_id=1)
    staying = await opened(store, clock, 1, guild_id=2)
    for poll_id in going + staying:
        await ledger.cast(poll_id, ANA, [0])
    await Records(store).close(going[0], clock(), None)
    servers = ServerPolls(store)
    assert await servers.servers() == {1, 2}
    assert await servers.delete(1) == 5
    assert await servers.servers() == {2}
    assert await servers.delete(1) == 0
    async with store.read() as connection:
        assert (await connection.execute(select(polls.c.id))).scalars().all() == staying
        assert (await connection.execute(select(ballots.c.poll_id))).scalars().all() == staying
        assert (await connection.execute(select(func.count()).select_from(tallies))).scalar_one() == 5
