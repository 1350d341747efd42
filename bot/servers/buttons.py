"""The buttons of /privacy. They concern whoever presses them, so their custom_ids carry nothing more."""

import re
from typing import Protocol, Self, cast

import discord
from discord.ext import commands

from bot.buttons import PersistentButton


class Servers(Protocol):
    """What the buttons ask of the room's door (`cog.py`)."""

    async def show_held(self, interaction: discord.Interaction) -> None: ...

    async def ask_to_forget(self, interaction: discord.Interaction) -> None: ...

    async def forget_now(self, interaction: discord.Interaction) -> None: ...


def _servers(interaction: discord.Interaction) -> Servers:
    return cast("Servers", cast("commands.Bot", interaction.client).get_cog("Servers"))


class ShowHeldButton(PersistentButton, template=r"privacy:show"):
    """Gives a member all that is held of them."""

    def __init__(self) -> None:
        super().__init__("privacy:show", "Show what is held of me")

    @classmethod
    def from_match(cls, _match: re.Match[str]) -> Self:
        return cls()

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _servers(interaction).show_held(interaction)


class ForgetButton(PersistentButton, template=r"privacy:forget"):
    """Asks whether to delete the member's votes in open polls."""

    def __init__(self) -> None:
        super().__init__("privacy:forget", "Delete my votes in open polls")

    @classmethod
    def from_match(cls, _match: re.Match[str]) -> Self:
        return cls()

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _servers(interaction).ask_to_forget(interaction)


class ForgetNowButton(PersistentButton, template=r"privacy:forget-now"):
    """Deletes the member's votes in open polls."""

    def __init__(self) -> None:
        super().__init__("privacy:forget-now", "Delete them now", discord.ButtonStyle.danger)

    @classmethod
    def from_match(cls, _match: re.Match[str]) -> Self:
        return cls()

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _servers(interaction).forget_now(interaction)


BUTTONS = (ShowHeldButton, ForgetButton, ForgetNowButton)
