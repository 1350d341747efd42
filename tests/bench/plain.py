"""The bot that ours is measured beside, as a process: discord.py with default intents, caches, constant answers."""

import asyncio
import os
import sys
from typing import Any

# `pip install discord.py` brings neither; where ours has them, this one still stands for a bot without.
sys.modules["orjson"] = None  # type: ignore[assignment]

import discord  # noqa: E402 - discord.py decides on its import which JSON parser it takes
from discord import app_commands, ui  # noqa: E402
from discord.ext import commands  # noqa: E402

from bot.discord_internals import use_api_base, use_gateway_of_api  # noqa: E402
from tests.bench.busy import POLLS, READY  # noqa: E402


class Plain(commands.Bot):
    """A bot as the tutorials make it: a constant embed to a command, a constant private answer to a press."""

    def __init__(self) -> None:
        super().__init__(command_prefix="!", intents=discord.Intents.default())

    async def setup_hook(self) -> None:
        @self.tree.command(description="Constant")
        @app_commands.describe(topic="Ignored")
        async def ending(interaction: discord.Interaction, topic: str) -> None:
            await interaction.response.send_message(embed=discord.Embed(title="The ending", description="Constant."))

        class Vote(ui.Button[Any]):
            async def callback(self, interaction: discord.Interaction) -> None:
                await interaction.response.send_message("Constant.", ephemeral=True)

        for poll in range(1, POLLS + 1):
            self.add_view(ui.View(timeout=None).add_item(Vote(label="Vote", custom_id=f"poll:{poll}:vote:2")))
        await self.tree.sync()

    async def on_ready(self) -> None:
        print(READY, flush=True)


async def run() -> None:
    """Run it against the REST interface that DISCORD_API_BASE names."""
    use_api_base(os.environ["DISCORD_API_BASE"])
    async with Plain() as bot:
        await bot.login(os.environ["DISCORD_TOKEN"])
        await use_gateway_of_api(bot)
        await bot.connect()


if __name__ == "__main__":
    asyncio.run(run())
