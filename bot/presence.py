"""Which servers the bot is in, asked of Discord itself: without intents nothing is known of them."""

import discord

GONE = {10004, 50001}
"""Discord's codes for a server that is not there, and for one that the bot has no access to."""


class DiscordPresence:
    """Asks Discord. With several processes each sees the whole bot's servers, whatever shards it runs."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def servers(self) -> frozenset[int]:
        """Every server that the bot is in, from all pages of the listing.

        Raises:
            discord.HTTPException: a page could not be had, so the listing would be incomplete.
        """
        return frozenset([guild.id async for guild in self._client.fetch_guilds(limit=None, with_counts=False)])

    async def is_gone_from(self, guild_id: int) -> bool:
        """Whether Discord says of this one server that the bot is not in it.

        Raises:
            discord.HTTPException: Discord gave another answer, from which it can't be told.
        """
        try:
            await self._client.fetch_guild(guild_id, with_counts=False)
        except (discord.NotFound, discord.Forbidden) as error:
            if error.code in GONE:
                return True
            raise
        return False
