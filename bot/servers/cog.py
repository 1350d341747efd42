"""The door to what concerns the bot itself: /about, /privacy and its buttons, and what a server decides."""

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import Refusal
from bot.films import Films
from bot.house import Spoilers
from bot.reloading import Reloaded
from bot.replies import in_time, reply
from bot.servers import cards
from bot.servers.held import PersonalData
from bot.servers.house import RulesAtHand
from bot.servers.records import Sharing


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the people who run the bot can do on Discord: who they are, by a user's id, and reading the content anew."""

    is_theirs: Callable[[int], Awaitable[bool]]
    reload: Callable[[], Awaitable[Reloaded]]


class Servers(commands.Cog, name="Servers"):
    """Says what the bot is and what it keeps, and gives members what is held of them."""

    def __init__(
        self,
        films: Films,
        personal: PersonalData,
        sharing: Sharing,
        house: RulesAtHand,
        grace: timedelta,
        upkeep: Upkeep,
    ) -> None:
        self._films = films
        self._upkeep = upkeep
        self._sharing = sharing
        self._house = house
        self._personal = personal
        self._grace = grace

    @app_commands.command(description="What this bot is, what it keeps, and its version")
    async def about(self, interaction: discord.Interaction) -> None:
        await reply(interaction, cards.about_card(self._films))

    @app_commands.command(description="What is held of you and of a server, and how to get and delete it")
    async def privacy(self, interaction: discord.Interaction) -> None:
        await reply(interaction, cards.privacy_card(self._grace))

    @app_commands.command(description="Whether this server’s poll counts may be added to those of all servers")
    @app_commands.describe(on="Yes or no; only counts of closed ending polls are added up, never anything about people")
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def sharing(self, interaction: discord.Interaction, on: bool) -> None:
        await in_time(interaction, self._sharing.set(interaction.guild_id or 0, on))
        await reply(interaction, cards.sharing_text(on=on))

    @app_commands.command(description="How this server is answered: spoiler marks, and who sees answers")
    @app_commands.describe(
        spoilers="Whether what tells of the ending is hidden until one taps on it",
        answers="Who sees an answer, unless who asks says otherwise",
    )
    @app_commands.choices(
        spoilers=[
            app_commands.Choice(name="never hidden", value="never"),
            app_commands.Choice(name="hidden outside spoiler channels", value="outside"),
            app_commands.Choice(name="always hidden", value="always"),
        ],
        answers=[
            app_commands.Choice(name="everyone here", value="everyone"),
            app_commands.Choice(name="only who asks", value="asker"),
        ],
    )
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def settings(
        self,
        interaction: discord.Interaction,
        spoilers: app_commands.Choice[str] | None = None,
        answers: app_commands.Choice[str] | None = None,
    ) -> None:
        guild_id = interaction.guild_id or 0
        if spoilers is None and answers is None:
            rules = await in_time(interaction, self._house.rules(guild_id))
        else:
            hidden = cast("Spoilers", spoilers.value) if spoilers else None
            private = answers.value == "asker" if answers else None
            rules = await in_time(interaction, self._house.change(guild_id, hidden, private))
        await reply(interaction, cards.settings_card(rules))

    @app_commands.command(description="Read the content anew, without a restart: for the people who run this bot")
    @app_commands.allowed_contexts(guilds=False, dms=True, private_channels=False)
    async def reload(self, interaction: discord.Interaction) -> None:
        if not await in_time(interaction, self._upkeep.is_theirs(interaction.user.id)):
            raise Refusal("Only the owner of this bot, or the members of its team, can do that. Nothing was changed.")
        reloaded = await in_time(interaction, self._upkeep.reload())
        await reply(interaction, cards.reloaded_text(reloaded))

    async def show_held(self, interaction: discord.Interaction) -> None:
        """Give a member a file with all that is held of them."""
        held = await in_time(interaction, self._personal.held(interaction.user.id))
        text = json.dumps({"member": str(interaction.user.id), **held}, ensure_ascii=False, indent=2)
        file = discord.File(io.BytesIO(text.encode()), filename="held-of-me.json")
        await reply(interaction, cards.held_text(held), file=file)

    async def ask_to_forget(self, interaction: discord.Interaction) -> None:
        """Ask a member whether they mean it."""
        await reply(interaction, cards.confirm_forget_card())

    async def forget_now(self, interaction: discord.Interaction) -> None:
        """Delete a member's votes in open polls."""
        await interaction.response.defer()
        forgotten = await self._personal.forget(interaction.user.id)
        await interaction.edit_original_response(view=cards.forgotten_card(forgotten))
