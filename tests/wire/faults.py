"""Faults of the REST interface on demand, and the rate limits that Discord tells in its headers."""

import asyncio
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from tests.wire.world import Json

MESSAGE = r"/channels/\d+/messages/\d+"
MESSAGES = r"/channels/\d+/messages"
CALLBACK = r"/interactions/\d+/[^/]+/callback"

UNKNOWN_MESSAGE = 10008
UNKNOWN_INTERACTION = 10062
ALREADY_ANSWERED = 40060
MISSING_ACCESS = 50001
MISSING_PERMISSIONS = 50013


def as_json(data: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A response as discord.py wants it: JSON under exactly this type, and `Via` to tell it from Cloudflare's own."""
    body = json.dumps(data).encode()
    kind = {"Content-Type": "application/json", "Via": "1.1 wire"}
    return web.Response(body=body, status=status, headers={**kind, **(headers or {})})


def refusal(status: int, code: int, message: str) -> web.Response:
    """An error as Discord words it."""
    return as_json({"message": message, "code": code}, status)


def too_fast(seconds: float) -> Json:
    """The body of a 429."""
    return {"message": "You are being rate limited.", "retry_after": seconds, "global": False}


def rate_limited(seconds: float) -> web.Response:
    """A 429."""
    return as_json(too_fast(seconds), 429)


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests: a status with a body, a wait before the true answer, or a connection cut.

    `held` lets them wait until a test says so.
    """

    status: int = 0
    body: Json = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False
    held: asyncio.Event | None = None

    @classmethod
    def rate_limited(cls, seconds: float) -> "Fault":
        """A 429 that says how long to wait."""
        return cls(429, too_fast(seconds))

    @classmethod
    def forbidden(cls, code: int = MISSING_PERMISSIONS) -> "Fault":
        """The bot lost a permission."""
        return cls(403, {"message": "Missing Permissions", "code": code})

    @classmethod
    def broken(cls, status: int = 500) -> "Fault":
        """Discord is out of order."""
        return cls(status, {"message": f"{status}: Server Error", "code": 0})

    async def meet(self, request: web.Request) -> web.Response | None:
        """Go wrong; None if the request may go on."""
        if self.wait:
            await asyncio.sleep(self.wait)
        if self.held is not None:
            await self.held.wait()
        if self.cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        return as_json(self.body, self.status) if self.status else None


@dataclass(slots=True)
class Planned:
    """A fault for the next requests of one kind; `met` counts those that it hit."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    left: int
    met: int = 0


class Faults:
    """The faults to come."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    def plan(self, method: str, path: str, fault: Fault, times: int = 1) -> Planned:
        """Let the next requests to a path go wrong."""
        planned = Planned(method, re.compile(path), fault, times)
        self._planned.append(planned)
        return planned

    def clear(self) -> None:
        """Let everything go right from now on."""
        self._planned.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        for planned in self._planned:
            if planned.left and planned.method == method and planned.path.fullmatch(path):
                planned.left -= 1
                planned.met += 1
                return planned.fault
        return None


class RateLimits:
    """Five requests to the messages of a channel in five seconds for each method, as Discord allows."""

    LIMIT = 5
    SECONDS = 5.0

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], deque[float]] = {}

    def count(self, method: str, path: str) -> tuple[dict[str, str], float]:
        """The headers to send with this request, and the seconds to wait if it is one too many."""
        channel = re.match(r"/channels/(\d+)/messages", path)
        if channel is None:
            return {}, 0.0
        used = self._used.setdefault((method, channel[1]), deque())
        now = time.time()
        while used and used[0] <= now - self.SECONDS:
            used.popleft()
        over = len(used) >= self.LIMIT
        if not over:
            used.append(now)
        reset = used[0] + self.SECONDS
        headers = {
            "X-RateLimit-Limit": str(self.LIMIT),
            "X-RateLimit-Remaining": str(self.LIMIT - len(used)),
            "X-RateLimit-Reset": f"{reset:.3f}",
            "X-RateLimit-Reset-After": f"{reset - now:.3f}",
            "X-RateLimit-Bucket": f"messages-{method.lower()}",
        }
        return headers, reset - now if over else 0.0
