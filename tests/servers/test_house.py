"""A server's rules are at hand: soon, never failing, and not for long other than they were set."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.house import Rules, Spoilers
from bot.polls.personal import ServerPolls
from bot.servers import house
from bot.servers.house import AGE, RETRY, RulesAtHand
from bot.servers.records import ServerRules, Sharing
from bot.store.engine import Store
from tests.conftest import HandClock

CLUB, OTHER = 1, 2
TALK, SPOILERS = 10, 11


async def flagged(channel_id: int) -> bool:
    return channel_id == SPOILERS


class CountedRules(ServerRules):
    """Counts how often the database is asked, and can be broken."""

    asked = 0
    broken: Exception | None = None
    hangs = False

    async def of(self, guild_id: int) -> Rules:
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(60)
        if self.broken:
            raise self.broken
        return await super().of(guild_id)


@pytest.fixture
def records(store: Store) -> CountedRules:
    return CountedRules(store)


@pytest.fixture
def at_hand(records: CountedRules, clock: HandClock) -> RulesAtHand:
    return RulesAtHand(records, flagged, clock)


async def test_a_server_that_decided_nothing_is_answered_openly_to_all(at_hand: RulesAtHand) -> None:
    assert await at_hand.rules(CLUB) == Rules(spoilers="never", private=False)
    assert not await at_hand.hides(CLUB, TALK)


async def test_members_who_change_different_rules_at_once_both_do(records: CountedRules, store: Store) -> None:
    for spoilers in ("outside", "always"):
        private = spoilers == "outside"
        await asyncio.gather(
            records.change(CLUB, spoilers, None),
            records.change(CLUB, None, private),
            Sharing(store).set(CLUB, True),
            Sharing(store).set(CLUB, True),
        )
        assert await records.of(CLUB) == Rules(spoilers, private=private)


async def test_one_rule_can_be_changed_and_the_other_stays(at_hand: RulesAtHand, records: CountedRules) -> None:
    assert await at_hand.change(CLUB, "outside", None) == Rules("outside", private=False)
    assert await at_hand.change(CLUB, None, True) == Rules("outside", private=True)
    assert await at_hand.change(CLUB, "always", None) == Rules("always", private=True)
    assert await at_hand.change(CLUB, None, False) == Rules("always", private=False)
    assert await records.of(CLUB) == Rules("always", private=False)
    assert await records.of(OTHER) == Rules()


@pytest.mark.parametrize(("spoilers", "hidden"), [("never", []), ("outside", [TALK]), ("always", [TALK, SPOILERS])])
async def test_what_is_hidden_where(at_hand: RulesAtHand, spoilers: Spoilers, hidden: list[int]) -> None:
    await at_hand.change(CLUB, spoilers, None)
    assert [channel for channel in (TALK, SPOILERS) if await at_hand.hides(CLUB, channel)] == hidden


async def test_direct_messages_have_no_rules_and_nothing_is_asked_for_them(
    at_hand: RulesAtHand, records: CountedRules
) -> None:
    assert await at_hand.rules(None) == Rules()
    assert not await at_hand.hides(None, TALK)
    assert records.asked == 0


async def test_the_database_is_asked_once_a_minute_and_a_change_holds_at_once(
    at_hand: RulesAtHand, records: CountedRules, store: Store, clock: HandClock
) -> None:
    for _ in range(3):
        await at_hand.rules(CLUB)
    assert records.asked == 1
    assert (await at_hand.change(CLUB, "always", None)) == await at_hand.rules(CLUB)
    assert records.asked == 1
    # Another process changes it.
    await ServerRules(store).change(CLUB, "outside", None)
    clock.move(AGE - timedelta(seconds=1))
    assert (await at_hand.rules(CLUB)).spoilers == "always"
    clock.move(timedelta(seconds=1))
    assert (await at_hand.rules(CLUB)).spoilers == "outside"


@pytest.mark.parametrize("trouble", ["broken", "hangs"])
async def test_without_the_database_the_last_known_rules_hold_and_it_is_asked_again_soon(
    at_hand: RulesAtHand,
    records: CountedRules,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    await at_hand.change(CLUB, "always", None)
    clock.move(AGE)
    setattr(records, trouble, OSError("disk full") if trouble == "broken" else True)
    with monkeypatch.context() as impatient, capture_logs() as logged:
        impatient.setattr(house, "PATIENCE", 0.02)
        assert await asyncio.wait_for(at_hand.rules(CLUB), 30) == Rules("always")
        assert await asyncio.wait_for(at_hand.rules(OTHER), 30) == Rules()
    assert records.asked == 2
    # A slow database is no fault of the program: a line of the log says so, without a trace to read.
    assert [("exc_info" in entry, entry["log_level"]) for entry in logged] == [(trouble == "broken", "warning")] * 2
    await at_hand.rules(CLUB)
    assert records.asked == 2
    setattr(records, trouble, None)
    await ServerRules.change(records, CLUB, "never", None)
    clock.move(RETRY)
    assert await at_hand.rules(CLUB) == Rules("never")


async def test_only_so_many_servers_are_kept_at_hand(
    at_hand: RulesAtHand, records: CountedRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "MOST", 2)
    for guild_id in (1, 2, 3):
        await at_hand.rules(guild_id)
    await at_hand.rules(3)
    await at_hand.rules(2)
    assert records.asked == 3
    await at_hand.rules(1)
    assert records.asked == 4


async def test_the_rules_go_with_the_rest_that_is_held_of_a_server(at_hand: RulesAtHand, store: Store) -> None:
    await at_hand.change(CLUB, "always", True)
    await at_hand.change(OTHER, "always", True)
    data = ServerPolls(store)
    assert await data.servers() == {CLUB, OTHER}
    await data.delete(CLUB)
    assert await data.servers() == {OTHER}
    assert await ServerRules(store).of(CLUB) == Rules()
