"""Asking Discord for a check-up: with the token, but without logging in."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import discord

from bot import __version__
from bot.operations.findings import CheckError

PATIENCE = 10.0
"""Seconds that Discord has for each answer."""
LONGEST_WAIT = 5.0
"""Seconds that a rate limit may ask for; for more nobody waits at a terminal."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """Discord's answer: its status and JSON, and by how many seconds our clock is ahead of Discord's, if it said."""

    status: int
    body: Any
    ahead: float | None


class Api:
    """Discord's REST interface for one token."""

    def __init__(self, session: aiohttp.ClientSession, token: str, base: str | None) -> None:
        self._session = session
        self._base = base or discord.http.Route.BASE
        self._headers = {
            "Authorization": f"Bot {token}",
            "User-Agent": f"DiscordBot (https://github.com/Rapptz/discord.py, {discord.__version__}) {__version__}",
        }

    async def get(self, path: str, **query: str) -> Answer:
        """Ask once, and once more after a short rate limit.

        Raises:
            CheckError: no answer came.
        """
        answer = await self._get(path, query)
        if answer.status == TOO_MANY:
            wait = answer.body.get("retry_after") if isinstance(answer.body, Mapping) else None
            if isinstance(wait, int | float) and wait <= LONGEST_WAIT:
                await asyncio.sleep(wait)
                return await self._get(path, query)
        return answer

    async def _get(self, path: str, query: Mapping[str, str]) -> Answer:
        asked = time.time()
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with self._session.get(
                self._base + path, params=query, headers=self._headers, timeout=patience
            ) as response:
                text = await response.text()
                ahead = _ahead(response.headers.get("Date"), asked)
                body = json.loads(text) if response.content_type == "application/json" else None
                return Answer(response.status, body, ahead)
        except TimeoutError as error:
            raise CheckError(f"Discord did not answer within {PATIENCE:g} s", CONNECTION) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CheckError(f"Discord can't be reached: {type(error).__name__}", CONNECTION) from error


CONNECTION = "Check the network, and DISCORD_API_BASE if it is set."


def _ahead(date: str | None, asked: float) -> float | None:
    """Seconds by which our clock is ahead, at the least, of a date that was sent after `asked`; 0 if both may agree."""
    if date is None:
        return None
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    # It has no parts of a second, and was sent at some moment until now.
    return max(0.0, asked - (theirs + 1)) or min(0.0, time.time() - theirs)
