"""Discord's flag for spoiler channels is found, remembered for a while, and never holds an answer up."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import discord
import pytest

from bot import spoiler_channels
from bot.spoiler_channels import AGE, FLAG, RETRY, SpoilerChannels
from tests.conftest import HandClock

TALK, SPOILERS, THREAD, FORUM, POST, HIDDEN = range(1, 7)
TEXT, PUBLIC_THREAD, FORUM_TYPE = 0, 11, 15
NSFW_AND_OTHERS = 1 << 4
CHANNELS: dict[int, dict[str, Any]] = {
    TALK: {"type": TEXT, "flags": NSFW_AND_OTHERS, "nsfw": True},
    SPOILERS: {"type": TEXT, "flags": FLAG | NSFW_AND_OTHERS},
    THREAD: {"type": PUBLIC_THREAD, "flags": 0, "parent_id": str(SPOILERS)},
    FORUM: {"type": FORUM_TYPE},
    POST: {"type": PUBLIC_THREAD, "flags": FLAG, "parent_id": str(FORUM)},
}


class Discord:
    """Answers for channels as Discord's REST interface does, and can be broken."""

    def __init__(self) -> None:
        self.http = self
        self.asked: list[int] = []
        self.hangs = False
        self.fails = False

    async def get_channel(self, channel_id: int) -> dict[str, Any]:
        self.asked.append(channel_id)
        if self.hangs:
            await asyncio.sleep(60)
        if self.fails:
            raise discord.DiscordServerError(Mock(status=503, reason="trouble"), "trouble")
        if channel_id == HIDDEN:
            raise discord.Forbidden(Mock(status=403, reason="Forbidden"), "Missing Access")
        return CHANNELS[channel_id]


@pytest.fixture
def rest() -> Discord:
    return Discord()


@pytest.fixture
def channels(rest: Discord, clock: HandClock) -> SpoilerChannels:
    return SpoilerChannels(rest, clock)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channel", "is_flagged"),
    [(TALK, False), (SPOILERS, True), (THREAD, True), (FORUM, False), (POST, False), (HIDDEN, False)],
)
async def test_the_flag_counts_of_a_thread_that_of_its_channel(
    channels: SpoilerChannels, channel: int, is_flagged: bool
) -> None:
    assert await channels.is_flagged(channel) is is_flagged


@pytest.mark.parametrize("channel", [SPOILERS, HIDDEN])
async def test_discord_is_asked_once_in_ten_minutes_also_where_it_refuses(
    channels: SpoilerChannels, rest: Discord, clock: HandClock, channel: int
) -> None:
    await channels.is_flagged(channel)
    clock.move(AGE - timedelta(seconds=1))
    assert await channels.is_flagged(channel) is (channel == SPOILERS)
    assert rest.asked == [channel]
    clock.move(timedelta(seconds=1))
    await channels.is_flagged(channel)
    assert rest.asked == [channel] * 2


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
async def test_a_discord_in_trouble_is_not_waited_for_and_what_was_known_holds(
    channels: SpoilerChannels, rest: Discord, clock: HandClock, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(spoiler_channels, "PATIENCE", 0.02)
    await channels.is_flagged(SPOILERS)
    clock.move(AGE)
    setattr(rest, trouble, True)
    async with asyncio.timeout(2):
        assert await channels.is_flagged(SPOILERS)
        assert not await channels.is_flagged(TALK)
    assert len(rest.asked) == 3
    setattr(rest, trouble, False)
    await channels.is_flagged(TALK)
    assert len(rest.asked) == 3
    clock.move(RETRY)
    await channels.is_flagged(TALK)
    assert len(rest.asked) == 4


async def test_only_so_many_channels_are_remembered(
    channels: SpoilerChannels, rest: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoiler_channels, "MOST", 2)
    for channel in (TALK, SPOILERS, FORUM, FORUM, SPOILERS):
        await channels.is_flagged(channel)
    assert rest.asked == [TALK, SPOILERS, FORUM]
    await channels.is_flagged(TALK)
    assert len(rest.asked) == 4
