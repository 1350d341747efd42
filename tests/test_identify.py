"""Sessions start one after the other in each row of shards, and not at all when hardly any are left."""

import asyncio
from dataclasses import dataclass, field

import discord
import pytest
from structlog.testing import capture_logs

from bot import identify
from bot.identify import Identifies
from bot.store.engine import Store
from bot.store.turns import Turns

PAUSE = 1_000.0


@dataclass
class Gateway:
    """What Discord says of sessions."""

    remaining: int = 1_000
    concurrency: int = 1
    down: bool = False
    asked: int = 0

    async def __call__(self) -> discord.SessionStartLimits:
        self.asked += 1
        if self.down:
            raise discord.GatewayNotFound
        return discord.SessionStartLimits(
            total=1_000, remaining=self.remaining, reset_after=3_600_000, max_concurrency=self.concurrency
        )


@dataclass
class Naps:
    """Sleeps that end when a test lets them."""

    seconds: list[float] = field(default_factory=list)
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.asleep.set()
        async with asyncio.timeout(30):
            await self.over.wait()
        self.over.clear()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    naps = Naps()
    monkeypatch.setattr(asyncio, "sleep", naps)
    return naps


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def process(store: Store, gateway: Gateway, *, alone: bool = False) -> Identifies:
    """One process's way to its sessions."""
    return Identifies(Turns(store, PAUSE), gateway, alone=alone)


async def asleep(naps: Naps) -> None:
    async with asyncio.timeout(30):
        await naps.asleep.wait()
    naps.asleep.clear()


async def test_a_shard_of_another_process_waits_for_its_turn(store: Store, gateway: Gateway, naps: Naps) -> None:
    one, other = process(store, gateway), process(store, gateway)
    await one.wait(0)
    await one.start(0)
    waiting = asyncio.create_task(other.wait(1))
    await asleep(naps)
    assert PAUSE - 60 < naps.seconds[0] <= PAUSE + 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_shards_in_different_rows_start_side_by_side(store: Store, gateway: Gateway, naps: Naps) -> None:
    gateway.concurrency = 2
    one, other = process(store, gateway), process(store, gateway)
    for each, shard in ((one, 0), (other, 1)):
        await each.wait(shard)
        await each.start(shard)
    assert naps.seconds == []
    waiting = asyncio.create_task(other.wait(2))
    await asleep(naps)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_shard_that_has_to_start_anew_takes_its_turn_too(store: Store, gateway: Gateway, naps: Naps) -> None:
    one = process(store, gateway)
    await one.wait(0)
    await one.start(0)
    again = asyncio.create_task(one.start(0))
    await asleep(naps)
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)


async def test_a_process_on_its_own_starts_at_once_however_lately_it_was_killed(
    store: Store, gateway: Gateway, naps: Naps
) -> None:
    for _start in range(2):
        alone = process(store, gateway, alone=True)
        await alone.wait(0)
        await alone.start(0)
    assert naps.seconds == []
    second = asyncio.create_task(alone.wait(1))
    await asleep(naps)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_when_hardly_any_session_is_left_none_is_started_and_it_is_said_once_with_the_time(
    store: Store, gateway: Gateway, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identify, "LIMITS_AGE", 0.0)
    gateway.remaining = 50
    one = process(store, gateway)
    with capture_logs() as logs:
        waiting = asyncio.create_task(one.wait(0))
        for _look in range(2):
            await asleep(naps)
            naps.over.set()
        await asleep(naps)
        assert not waiting.done()
        gateway.remaining = 1_000
        naps.over.set()
        async with asyncio.timeout(30):
            await waiting
    [refusal, recovery] = logs
    assert (refusal["log_level"], refusal["left"]) == ("error", 50)
    assert "none is started" in refusal["event"]
    assert refusal["resets"]
    assert recovery["log_level"] == "info"


async def test_what_is_left_goes_down_with_each_session(store: Store, gateway: Gateway) -> None:
    assert process(store, gateway).left is None
    one = process(store, gateway)
    await one.wait(0)
    await one.start(0)
    assert one.left == 999
    assert gateway.asked == 1


async def test_sessions_start_also_when_neither_discord_nor_the_database_says_anything(
    store: Store, gateway: Gateway, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_turns: Turns, _bucket: int) -> float:
        raise OSError("the database is down")

    monkeypatch.setattr(Turns, "take", broken)
    monkeypatch.setattr(Turns, "use", broken)
    gateway.down = True
    naps.over.set()
    one = process(store, gateway)
    with capture_logs() as logs:
        await one.wait(0)
        await one.start(0)
    assert naps.seconds == [identify.PAUSE]
    assert {log["log_level"] for log in logs} == {"warning"}
