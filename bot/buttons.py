"""Buttons and menus that outlive a restart: what they mean stands in their custom_id."""

import re
from typing import Any, Protocol, Self, cast

import discord
from discord import ui

from bot.errors import answer_error
from bot.limits import Pace
from bot.tasks import Errands


class Client(Protocol):
    """What items ask of the client: how fast members may ask, and to be waited for when it ends."""

    presses: Pace
    errands: Errands


class _Persistent:
    """What every persistent item does when it is used: keep the pace, answer, and answer errors too."""

    async def callback(self, interaction: discord.Interaction) -> None:
        client = cast("Client", interaction.client)
        with client.errands:
            try:
                client.presses.check(interaction)
                await self.pressed(interaction)
            except Exception as error:
                # discord.py only logs what a dynamic item raises: the member would see "interaction failed".
                await answer_error(interaction, error)

    async def pressed(self, interaction: discord.Interaction) -> None:
        """Answer the interaction."""
        raise NotImplementedError

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """The item that a custom_id stands for."""
        raise NotImplementedError


class PersistentButton(_Persistent, ui.DynamicItem[ui.Button[Any]], template=r"(?!)"):
    """A button. Subclasses name the template of their custom_id."""

    def __init__(self, custom_id: str, label: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> None:
        super().__init__(ui.Button(label=label, custom_id=custom_id, style=style))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls.from_match(match)


class PersistentSelect(_Persistent, ui.DynamicItem[ui.Select[Any]], template=r"(?!)"):
    """A menu of texts. Subclasses name the template of their custom_id."""

    def __init__(self, custom_id: str, placeholder: str, options: list[discord.SelectOption], most: int = 1) -> None:
        super().__init__(ui.Select(custom_id=custom_id, placeholder=placeholder, options=options, max_values=most))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls.from_match(match)

    @staticmethod
    def all_chosen(interaction: discord.Interaction) -> list[str]:
        """The values that were picked."""
        return cast("dict[str, list[str]]", interaction.data or {}).get("values") or []

    @classmethod
    def chosen(cls, interaction: discord.Interaction) -> str:
        """The one value that was picked."""
        return next(iter(cls.all_chosen(interaction)), "")
