"""The way of answers to Discord: over the library's connections, without what it does around each request."""

from typing import Protocol

import aiohttp
import discord


class Listener(Protocol):
    """Counts Discord's answers."""

    def hear(self, response: aiohttp.ClientResponse | None) -> None:
        """Take an answer; None for a request that got none."""


class Courier:
    """Has an HTTP session without cookies and without traces, which cost a tenth of an answer.

    So those who listen to the other requests by a trace have to be told of these ones.
    """

    def __init__(self, http: discord.http.HTTPClient, *listeners: Listener) -> None:
        self._http = http
        self._listeners = listeners
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession | None:
        """The session; None before the login, and where the library connects by other means than aiohttp's."""
        if self._session is None and isinstance(self._http.connector, aiohttp.BaseConnector):
            self._session = aiohttp.ClientSession(
                connector=self._http.connector, connector_owner=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def tell(self, response: aiohttp.ClientResponse | None) -> None:
        """Let an answer of Discord's be counted; None for a request that got none."""
        for listener in self._listeners:
            listener.hear(response)

    async def close(self) -> None:
        """Give back the session; the connections are the library's."""
        if self._session is not None:
            await self._session.close()
