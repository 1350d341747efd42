"""Starting sessions with Discord's gateway no faster, and no oftener, than it allows all processes together."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
import structlog

from bot.store.turns import Turns

log = structlog.get_logger(__name__)

PAUSE = 5.0
"""Seconds between two sessions that start in one row of shards, by Discord's rule for `max_concurrency`."""
RESERVE = 0.05
"""The part of the day's sessions that is kept: Discord resets the token of a bot that uses them up."""
LIMITS_AGE = 60.0
"""Seconds for which Discord's figures are believed; then it is asked again."""
LOOK_AGAIN = 60.0
"""Seconds after which it is looked again whether there are sessions left."""
PATIENCE = 10.0
"""Seconds that the database has for telling whose turn it is."""
MARGIN = 0.25
"""Seconds by which a session starts later than it could: a network is not equally quick each time."""

Limits = Callable[[], Awaitable[discord.SessionStartLimits]]
"""Asks Discord how many sessions may be started, and how many side by side."""


class Identifies:
    """Lets one shard after the other start its session. Shards whose number leaves the same rest stand in one row.

    With `alone` no other process is known of, and the first session starts at once, as discord.py has it.
    """

    def __init__(self, turns: Turns, limits: Limits, *, alone: bool) -> None:
        self._turns = turns
        self._ask = limits
        self._alone = alone
        self._limits: discord.SessionStartLimits | None = None
        self._asked_at = -LIMITS_AGE
        self._started = 0
        self._taken: dict[int, float] = {}
        self._told = False

    @property
    def left(self) -> int | None:
        """The sessions that Discord still allows until its count starts anew; None while it has not said."""
        return None if self._limits is None else max(0, self._limits.remaining - self._started)

    async def wait(self, shard_id: int) -> None:
        """Wait until a shard may connect, to start its session soon after. May take hours, when none are left."""
        await self._until_some_are_left()
        if self._alone:
            self._alone = False
        else:
            await self._until_free(shard_id)
        self._taken[shard_id] = time.monotonic()

    async def start(self, shard_id: int) -> None:
        """Wait, where it has to, until a shard that is connected may start its session; it must do so at once."""
        if time.monotonic() - self._taken.pop(shard_id, -PAUSE) >= PAUSE:
            await self._until_some_are_left()
            await self._until_free(shard_id)
        self._started += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.use(self._row(shard_id))
                used = await self._turns.used()
        except Exception:
            # Whatever befalls the database, members wait for their answers.
            log.warning("could not note that a session starts", shard=shard_id, exc_info=True)
        else:
            log.info("starting a session", shard=shard_id, started_in_a_day=used, left=self.left)

    def _row(self, shard_id: int) -> int:
        return shard_id % max(1, self._limits.max_concurrency if self._limits else 1)

    async def _until_free(self, shard_id: int) -> None:
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    seconds = await self._turns.take(self._row(shard_id))
            except Exception:
                # Without the database it goes as discord.py does without us: one session after the other, with a pause.
                log.warning("could not take turns, waiting for a pause instead", shard=shard_id, exc_info=True)
                await asyncio.sleep(PAUSE)
                return
            if not seconds:
                return
            await asyncio.sleep(seconds + MARGIN)

    async def _until_some_are_left(self) -> None:
        while True:
            await self._look()
            if self._limits is None or self.left is None or self.left > self._limits.total * RESERVE:
                if self._told:
                    log.info("sessions can be started again", left=self.left)
                self._told = False
                return
            resets = datetime.now(UTC) + timedelta(milliseconds=self._limits.reset_after)
            if not self._told:
                log.error(
                    "hardly any session is left that Discord lets this bot start, so none is started until its count "
                    "starts anew; look in the log why shards connect so often",
                    left=self.left,
                    resets=resets.isoformat(timespec="minutes"),
                )
            self._told = True
            await asyncio.sleep(min(LOOK_AGAIN, self._limits.reset_after / 1000 + 1))

    async def _look(self) -> None:
        """Ask Discord for its figures, unless they were asked for a moment ago. In doubt the last ones hold."""
        if time.monotonic() - self._asked_at < LIMITS_AGE and self.left != 0:
            return
        try:
            self._limits, self._started = await self._ask(), 0
            self._asked_at = time.monotonic()
        except (discord.GatewayNotFound, discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord does not say how many sessions may be started", reason=repr(error))
