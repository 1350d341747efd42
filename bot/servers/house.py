"""The servers' rules at hand, so that an answer neither waits for the database nor fails with it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.house import Rules, Spoilers
from bot.servers.records import ServerRules

log = structlog.get_logger(__name__)

AGE = timedelta(minutes=1)
"""For so long a rule that another process has changed may still be the old one here."""
RETRY = timedelta(seconds=5)
"""When the database is asked again after it did not answer."""
PATIENCE = 0.5
"""Seconds that the database has; the answer itself must leave within 3."""
MOST = 5_000
"""Servers whose rules are kept at hand; past it the one read longest ago is dropped."""

IsFlagged = Callable[[int], Awaitable[bool]]
"""Tells whether Discord flags a channel as one for spoilers."""


class RulesAtHand:
    """Reads the rules through to the database, and keeps them for a minute."""

    def __init__(self, records: ServerRules, is_flagged: IsFlagged, clock: Clock) -> None:
        self._records = records
        self._is_flagged = is_flagged
        self._clock = clock
        self._known: OrderedDict[int, tuple[Rules, datetime]] = OrderedDict()

    async def rules(self, guild_id: int | None) -> Rules:
        """The rules of a server; those last known, or the usual ones, while the database does not answer."""
        if not guild_id:
            return Rules()
        known, until = self._known.get(guild_id, (Rules(), None))
        if until is not None and self._clock() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                return self._keep(guild_id, await self._records.of(guild_id), AGE)
        except TimeoutError:
            log.warning("the database is slow to tell a server's rules, using those at hand", patience=PATIENCE)
            return self._keep(guild_id, known, RETRY)
        except Exception:
            # Whatever it is, it must not keep a member from their answer.
            log.warning("could not read a server's rules, using those at hand", exc_info=True)
            return self._keep(guild_id, known, RETRY)

    async def hides(self, guild_id: int | None, channel_id: int | None) -> bool:
        """Whether what everybody in a channel sees is to be hidden until one taps on it."""
        spoilers = (await self.rules(guild_id)).spoilers
        if spoilers == "outside":
            return not await self._is_flagged(channel_id or 0)
        return spoilers == "always"

    async def change(self, guild_id: int, spoilers: Spoilers | None, private: bool | None) -> Rules:
        """Change what is given, leave the rest, and return the rules that now hold."""
        return self._keep(guild_id, await self._records.change(guild_id, spoilers, private), AGE)

    def _keep(self, guild_id: int, rules: Rules, age: timedelta) -> Rules:
        self._known.pop(guild_id, None)
        self._known[guild_id] = (rules, self._clock() + age)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return rules
