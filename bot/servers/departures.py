"""What is held of a server goes when the bot was removed from it, after a time in which it may come back."""

import asyncio
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.servers.held import Presence, ServerData
from bot.servers.records import Departed

log = structlog.get_logger(__name__)

FIRST_LOOK = 300.0
"""Seconds after the start; a bot that starts again and again does not ask Discord each time."""
BETWEEN_LOOKS = 6 * 3600.0
"""Seconds between two looks. The bot hears of no server's coming and going by itself: it has no intents."""


class Departures:
    """Looks now and then which servers the bot is gone from, and deletes what is held of them when it is time."""

    def __init__(
        self, departed: Departed, data: ServerData, presence: Presence, clock: Clock, grace: timedelta
    ) -> None:
        self._departed = departed
        self._data = data
        self._presence = presence
        self._clock = clock
        self._grace = grace

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(FIRST_LOOK)
        while True:
            try:
                await self.look()
            except Exception:
                # Started again by `Tasks` it would ask Discord every few seconds; the next look is soon enough.
                log.exception("could not tell which servers the bot is gone from, looking again later")
            await asyncio.sleep(BETWEEN_LOOKS)

    async def look(self) -> None:
        """Compare the servers of which data is held with those the bot is in. Raises before anything is deleted."""
        held = await self._data.servers()
        gone = held - await self._presence.servers()
        if not await self._departed.are(gone, self._clock()):
            return
        for guild_id in await self._departed.since(self._clock() - self._grace):
            # A listing can come back incomplete, so Discord is asked for this one server before the data goes.
            if await self._presence.is_gone_from(guild_id):
                deleted = await self._data.delete(guild_id)
                log.info("deleted what was held of a server that the bot is gone from", polls=deleted)
            await self._departed.forget(guild_id)
