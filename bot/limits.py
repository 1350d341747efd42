"""How fast one member may ask: enough for anyone who reads the answers, too little to flood a channel."""

import time

import discord
from discord import app_commands

from bot.discord_internals import user_id

COMMANDS = (8, 20.0)
"""Uses in so many seconds. A command may put a long card into the channel."""
PRESSES = (30, 20.0)
"""The same for buttons, whose answers are private: somebody who tries out a poll presses quickly."""


class Pace:
    """Counts the uses of each member, and forgets members who are done.

    discord.py's own mapping looks at everybody at each use, which slows a busy server down.
    """

    def __init__(self, uses: int, seconds: float) -> None:
        self._uses = uses
        self._seconds = seconds
        self._recent: dict[int, app_commands.Cooldown] = {}
        self._before: dict[int, app_commands.Cooldown] = {}
        self._turn = 0.0

    def check(self, interaction: discord.Interaction) -> None:
        """Count one use.

        Raises:
            app_commands.CommandOnCooldown: the member was too quick; it says how many seconds to wait.
        """
        retry_after = self._window(user_id(interaction)).update_rate_limit()
        if retry_after:
            raise app_commands.CommandOnCooldown(app_commands.Cooldown(self._uses, self._seconds), retry_after)

    def _window(self, user_id: int) -> app_commands.Cooldown:
        now = time.monotonic()
        if now >= self._turn:
            # Whoever was not here for one whole turn has an empty window, and is forgotten with it.
            self._before, self._recent, self._turn = self._recent, {}, now + self._seconds
        window = self._recent.get(user_id) or self._before.get(user_id)
        if window is None:
            window = app_commands.Cooldown(self._uses, self._seconds)
        self._recent[user_id] = window
        return window
