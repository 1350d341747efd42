"""Members and the bot take turns on the page. Reaches into SimCord; `tests/discord/test_preview.py` guards it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from simcord.preview import Preview


class Turns:
    """Lets what a member does wait while the page is being refreshed.

    SimCord refuses an action that comes in during a refresh, and its page then takes no other until it is loaded anew.
    """

    def __init__(self, page: Preview) -> None:
        self._page = page
        self._act = page._action
        self._no_refresh = asyncio.Event()
        self._no_refresh.set()
        page._action = self._act_in_turn  # type: ignore[method-assign]

    async def refresh(self) -> None:
        """Publish what the bot did by itself.

        Raises:
            simcord.SetupError: a member is just using the page.
            TimeoutError: the bot does not come to rest.
        """
        self._no_refresh.clear()
        try:
            await self._page.refresh()
        finally:
            self._no_refresh.set()

    async def _act_in_turn(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        await self._no_refresh.wait()
        return await self._act(context_id, body)
