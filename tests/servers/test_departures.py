"""What is held of a server goes some time after the bot, and never because Discord answered badly."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.servers import departures
from bot.servers.departures import Departures
from bot.servers.records import Departed
from bot.store.engine import Store
from tests.conftest import HandClock

GRACE = timedelta(days=30)
HERE, GONE = 1, 2


@dataclass
class Data:
    """Servers of which something is held."""

    held: set[int] = field(default_factory=lambda: {HERE, GONE})

    async def servers(self) -> set[int]:
        return set(self.held)

    async def delete(self, guild_id: int) -> int:
        self.held.remove(guild_id)
        return 1


@dataclass
class Discord:
    """Where the bot is, and what Discord lists: not the same where the listing is incomplete."""

    present: set[int] = field(default_factory=lambda: {HERE})
    listed: set[int] | None = None
    fails: bool = False
    looks: int = 0
    looked_again: asyncio.Event = field(default_factory=asyncio.Event)

    async def servers(self) -> set[int]:
        self.looks += 1
        if self.looks > 1:
            self.looked_again.set()
        if self.fails:
            raise OSError("Discord is down")
        return self.present if self.listed is None else self.listed

    async def is_gone_from(self, guild_id: int) -> bool:
        if self.fails:
            raise OSError("Discord is down")
        return guild_id not in self.present


@pytest.fixture
def data() -> Data:
    return Data()


@pytest.fixture
def discord() -> Discord:
    return Discord()


@pytest.fixture
def watch(store: Store, data: Data, discord: Discord, clock: HandClock) -> Departures:
    return Departures(Departed(store), data, discord, clock, GRACE)


async def test_a_servers_data_goes_when_its_time_is_over_and_not_before(
    watch: Departures, data: Data, clock: HandClock
) -> None:
    await watch.look()
    clock.move(GRACE - timedelta(seconds=1))
    await watch.look()
    assert data.held == {HERE, GONE}
    clock.move(timedelta(seconds=1))
    await watch.look()
    assert data.held == {HERE}
    await watch.look()
    assert data.held == {HERE}


async def test_a_server_that_comes_back_in_time_keeps_everything_and_its_time_starts_anew(
    watch: Departures, data: Data, discord: Discord, clock: HandClock
) -> None:
    await watch.look()
    clock.move(GRACE - timedelta(hours=1))
    discord.present = {HERE, GONE}
    await watch.look()
    discord.present = {HERE}
    clock.move(timedelta(hours=2))
    await watch.look()
    assert data.held == {HERE, GONE}
    clock.move(GRACE)
    await watch.look()
    assert data.held == {HERE}


async def test_a_server_that_came_back_while_the_bot_was_off_keeps_everything(
    watch: Departures, data: Data, discord: Discord, clock: HandClock
) -> None:
    await watch.look()
    clock.move(GRACE * 2)
    discord.present = {HERE, GONE}
    await watch.look()
    assert data.held == {HERE, GONE}


async def test_a_listing_that_fails_deletes_and_notes_nothing(
    watch: Departures, data: Data, discord: Discord, clock: HandClock, store: Store
) -> None:
    discord.fails = True
    with pytest.raises(OSError, match="down"):
        await watch.look()
    assert await Departed(store).since(clock()) == []
    discord.fails = False
    await watch.look()
    clock.move(GRACE)
    discord.fails = True
    with pytest.raises(OSError, match="down"):
        await watch.look()
    assert data.held == {HERE, GONE}


async def test_a_listing_that_leaves_servers_out_deletes_none_of_them(
    watch: Departures, data: Data, discord: Discord, clock: HandClock, store: Store
) -> None:
    discord.listed = set()
    await watch.look()
    clock.move(GRACE)
    await watch.look()
    assert data.held == {HERE}
    # The one that is still there is not held to be gone any longer.
    assert await Departed(store).since(clock()) == []


async def test_the_bot_goes_on_looking_after_a_look_that_failed(
    watch: Departures, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(departures, "BETWEEN_LOOKS", 0.0)
    discord.fails = True
    running = asyncio.create_task(watch.run())
    await asyncio.wait_for(discord.looked_again.wait(), 10)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_processes_that_look_at_once_agree(store: Store, clock: HandClock) -> None:
    both = await asyncio.gather(*(Departed(store).are({HERE, GONE}, clock()) for _ in range(4)))
    assert any(both)
    assert sorted(await Departed(store).since(clock())) == [HERE, GONE]
