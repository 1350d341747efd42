"""What happens between the bot and Discord's REST interface, counted by status, limit and time to answer."""

import time
from collections import Counter
from types import SimpleNamespace

import aiohttp
import discord

from bot.measures import Distribution

ANSWER_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 2.75, 3.0, 5.0)
"""Closer together towards 3: that is when Discord gives an interaction up."""
SCOPES = {"user", "global", "shared"}
"""What a limit is for, as Discord's header `X-RateLimit-Scope` says it."""
UNKNOWN_SCOPE = "unknown"
"""A limit without that header: of something before Discord, such as its edge or a proxy."""
BROKEN = "broken"
"""Counted beside the classes of statuses: a request without any answer."""
TOO_MANY, OK, MULTIPLE_CHOICES = 429, 200, 300


class Rest:
    """Counts requests to Discord: those of an HTTP session that it listens to, and what it is told of others."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        """Answers by class of status, such as `2xx`, and `broken`."""
        self.limits: Counter[str] = Counter()
        """Answers with status 429 by scope."""
        self.answer_seconds = Distribution(ANSWER_SECONDS)
        """Seconds from the moment in an interaction's id until Discord had taken its first answer."""

    def listen(self, trace: aiohttp.TraceConfig) -> None:
        """Count from now on what this sees; before the session that it belongs to is made."""
        trace.on_request_end.append(self._ended)
        trace.on_request_exception.append(self._broke)

    async def _ended(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        self.hear(request.response)

    async def _broke(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _request: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.hear(None)

    def hear(self, response: aiohttp.ClientResponse | None) -> None:
        """Count an answer of Discord's; None is a request that got none."""
        if response is None:
            self.answers[BROKEN] += 1
            return
        self.note(response.status, response.headers.get("X-RateLimit-Scope"))
        path = response.url.raw_path
        if path.endswith("/callback") and OK <= response.status < MULTIPLE_CHOICES:
            # …/interactions/ID/TOKEN/callback
            self.note_answer(int(path.rsplit("/", 3)[1]))

    def note(self, status: int, scope: str | None) -> None:
        """Count an answer of Discord's."""
        self.answers[f"{status // 100}xx"] += 1
        if status == TOO_MANY:
            self.limits[scope if scope in SCOPES else UNKNOWN_SCOPE] += 1

    def note_answer(self, interaction_id: int) -> None:
        """Count an interaction's first answer as taken just now."""
        asked = discord.utils.snowflake_time(interaction_id).timestamp()
        # Discord's clock and ours may differ a little.
        self.answer_seconds.note(max(0.0, time.time() - asked))
