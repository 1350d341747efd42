"""How many polls are open and overdue, asked of the database seldom, however often the metrics are read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger(__name__)

PACE = 15.0
"""Seconds between two questions; Prometheus usually reads as often, and several may."""
PATIENCE = 2.0
"""Seconds that the database has to answer; Prometheus waits for 10."""


@dataclass
class PollCounts:
    """What the database said last. `ask` gives open polls, and those of them that should have been closed by now."""

    ask: Callable[[], Awaitable[tuple[int, int]]]
    known: tuple[int, int] | None = None
    """None before the first answer, and while the database does not answer."""
    _asked: float = field(default=-PACE, init=False)
    _asking: bool = field(default=False, init=False)

    async def refresh(self) -> None:
        """Ask again, if it is time."""
        now = time.monotonic()
        if self._asking or now - self._asked < PACE:
            return
        self._asking, self._asked = True, now
        try:
            async with asyncio.timeout(PATIENCE):
                self.known = await self.ask()
        except Exception as error:
            # Whatever ails the database, the other metrics are wanted all the more.
            self.known = None
            log.warning("the database did not say how many polls are open", reason=type(error).__name__)
        finally:
            self._asking = False
