"""The votes of all servers together: with consent, as counts, and of enough voters."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.polls.records import Records, Standing
from bot.polls.rules import Tally
from bot.polls.together import Everywhere, Together
from bot.servers.records import Sharing
from bot.store.engine import Store
from bot.store.tables import polls, tallies
from tests.conftest import HandClock
from tests.polls.drafts import draft


async def closed(store: Store, clock: HandClock, guild_id: int, votes: int, *, cancelled: bool = False) -> Standing:
    """A closed ending poll of a server, whose first option has so many votes."""
    records = Records(store)
    opened, _ = await records.open(replace(draft(guild_id * 10 + votes), guild_id=guild_id), clock())
    await records.close(opened.poll.id, clock(), None, cancelled=cancelled)
    async with store.write() as connection:
        first = (tallies.c.poll_id == opened.poll.id, tallies.c.choice == 0)
        await connection.execute(update(tallies).where(*first).values(votes=votes))
    standing = await records.get(opened.poll.id)
    assert standing is not None
    return standing


async def test_servers_that_agreed_are_added_up_and_others_are_not(store: Store, clock: HandClock) -> None:
    own = await closed(store, clock, 1, 30)
    await closed(store, clock, 2, 25)
    await closed(store, clock, 3, 1000)
    await closed(store, clock, 2, 500, cancelled=True)
    for guild_id in (1, 2):
        await Sharing(store).set(guild_id, True)
    assert await Everywhere(store).like(own) == Together(2, Tally((55, 0, 0, 0, 0)))


async def test_polls_with_other_options_are_not_added(store: Store, clock: HandClock) -> None:
    own = await closed(store, clock, 1, 60)
    other = await closed(store, clock, 2, 100)
    turned = [{"id": option.id, "label": option.label} for option in reversed(other.poll.options)]
    async with store.write() as connection:
        await connection.execute(update(polls).where(polls.c.id == other.poll.id).values(options=turned))
    for guild_id in (1, 2):
        await Sharing(store).set(guild_id, True)
    assert await Everywhere(store).like(own) == Together(1, Tally((60, 0, 0, 0, 0)))


@pytest.mark.parametrize(("others", "shown"), [(20, False), (21, True)])
async def test_nothing_is_shown_up_to_fifty_voters(store: Store, clock: HandClock, others: int, shown: bool) -> None:
    own = await closed(store, clock, 1, 30)
    await closed(store, clock, 2, others)
    for guild_id in (1, 2):
        await Sharing(store).set(guild_id, True)
    assert (await Everywhere(store).like(own) is not None) == shown


async def test_who_does_not_share_sees_no_others_and_consent_can_be_taken_back(store: Store, clock: HandClock) -> None:
    own = await closed(store, clock, 1, 30)
    await closed(store, clock, 2, 100)
    sharing = Sharing(store)
    await sharing.set(2, True)
    assert await Everywhere(store).like(own) is None
    await sharing.set(1, True)
    assert await Everywhere(store).like(own) is not None
    await sharing.set(2, False)
    assert await Everywhere(store).like(own) is None
