"""Which channels Discord flags as being for spoilers: asked once of Discord, which says so in no interaction."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

import aiohttp
import discord
import structlog

from bot.clock import Clock
from bot.discord_internals import raw_channel

log = structlog.get_logger(__name__)

FLAG = 1 << 21
"""Discord's flag of a channel that is for spoilers."""
THREADS = {discord.ChannelType.news_thread, discord.ChannelType.public_thread, discord.ChannelType.private_thread}
AGE = timedelta(minutes=10)
"""How long an answer counts. A refusal too: Discord blocks who keeps asking for what they may not see."""
RETRY = timedelta(minutes=1)
"""When Discord is asked again after it did not answer."""
PATIENCE = 1.0
"""Seconds that Discord has; the answer itself must leave within 3."""
MOST = 5_000
"""Channels that are remembered; past it the one asked for longest ago is forgotten."""


class SpoilerChannels:
    """Asks Discord for channels, and remembers the flag. A channel that can't be seen counts as not flagged."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[int, tuple[bool, datetime]] = OrderedDict()

    async def is_flagged(self, channel_id: int) -> bool:
        """Whether a channel, or the channel that a thread belongs to, is flagged."""
        flagged, until = self._known.get(channel_id, (False, None))
        if until is not None and self._clock() < until:
            return flagged
        age = AGE
        try:
            async with asyncio.timeout(PATIENCE):
                flagged = await self._ask(channel_id)
        except (discord.Forbidden, discord.NotFound):
            flagged = False
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("could not ask for a channel's flags", reason=repr(error))
            age = RETRY
        self._known.pop(channel_id, None)
        self._known[channel_id] = (flagged, self._clock() + age)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return flagged

    async def _ask(self, channel_id: int) -> bool:
        channel = await raw_channel(self._client, channel_id)
        if channel["type"] in {kind.value for kind in THREADS}:
            channel = await raw_channel(self._client, int(channel["parent_id"]))
        return bool(channel.get("flags", 0) & FLAG)
