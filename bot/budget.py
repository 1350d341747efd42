"""How many requests Discord has refused lately, and stopping before it blocks this computer's address for that."""

import time
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from types import SimpleNamespace

import aiohttp
import structlog

log = structlog.get_logger(__name__)

LIMIT = 10_000
"""Refused requests in a window after which Discord blocks the address that they came from."""
WINDOW = 600.0
"""Seconds of that window."""
COUNTED = frozenset({401, 403, 429})
"""The answers that count as refusals."""
TOO_MANY = 429
SPARING = 0.8
"""The part of the limit from which on nothing is sent that nobody waits for: tallies while votes come in, notices."""
STOPPED = 0.95
"""The part of the limit from which on only answers to members are sent."""
RELIEF = 0.1
"""The part of the limit by which refusals must fall again first, so that it does not go to and fro at the edge."""
ANSWERS = ("/interactions/", "/webhooks/", "/gateway")
"""What is always sent, by its path: answers to members, and what a connection needs."""


class Strain(IntEnum):
    """How near Discord is to blocking."""

    NONE, SPARING, STOPPED = range(3)


class Withheld(aiohttp.ClientError):
    """A request that was not sent, because Discord has refused nearly as many as it does before it blocks."""


class Budget:
    """Counts what Discord refuses, over the last ten minutes. By itself everything goes on when they are fewer again.

    A process that shares the bot's work takes only its `part` of the limit, as if all ran behind one address.
    """

    def __init__(self, part: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self.limit = max(1, int(LIMIT * part))
        self._now = now
        self._refused: deque[float] = deque()
        self._strain = Strain.NONE

    @property
    def refused(self) -> int:
        """The requests that Discord refused in the last ten minutes and that count."""
        while self._refused and self._refused[0] <= self._now() - WINDOW:
            self._refused.popleft()
        return len(self._refused)

    @property
    def used(self) -> float:
        """The part of the limit that is used up."""
        return self.refused / self.limit

    @property
    def sparing(self) -> bool:
        """Whether nothing should be sent that nobody waits for."""
        return self._look() >= Strain.SPARING

    @property
    def stopped(self) -> bool:
        """Whether only answers to members are sent."""
        return self._look() is Strain.STOPPED

    def listen(self, trace: aiohttp.TraceConfig) -> None:
        """Count what a session is answered, and hold back what must not be sent.

        A request that is held back raises Withheld where it is made.
        """
        trace.on_request_start.append(self._before)
        trace.on_request_end.append(self._after)

    async def _before(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        # A connection to the gateway is one of ws or wss, and no request.
        if not self.stopped or params.url.scheme.startswith("ws") or _is_answer(params.url.path):
            return
        raise Withheld(f"not sent: Discord has refused {self.refused} requests in ten minutes")

    async def _after(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self.hear(params.response)

    def hear(self, response: aiohttp.ClientResponse | None) -> None:
        """Count an answer of Discord's; None, a request that got none, was not refused."""
        if response is not None and response.status in COUNTED:
            self.note(response.status, response.headers.get("X-RateLimit-Scope"))

    def note(self, status: int, scope: str | None) -> None:
        """Count an answer of Discord's by its status and, where it has one, its header X-RateLimit-Scope."""
        # What many share is not this bot's doing, and does not count.
        if status not in COUNTED or (status == TOO_MANY and scope == "shared"):
            return
        self._refused.append(self._now())
        self._look()

    def _look(self) -> Strain:
        """How things stand; what changes is logged once."""
        share = self.used
        rising = Strain((share >= SPARING) + (share >= STOPPED))
        falling = Strain((share >= SPARING - RELIEF) + (share >= STOPPED - RELIEF))
        strain = max(rising, min(self._strain, falling))
        if strain != self._strain:
            before, self._strain = self._strain, strain
            facts = {"refused": self.refused, "limit": self.limit}
            if strain < before:
                log.info("Discord refuses less than it did, so more is sent again", **facts)
            elif strain is Strain.SPARING:
                log.warning("Discord refuses much, so tallies and notices wait", **facts)
            else:
                log.error("Discord is about to block this address, so only members are answered", **facts)
        return strain


def _is_answer(path: str) -> bool:
    return any(part in path for part in ANSWERS)
