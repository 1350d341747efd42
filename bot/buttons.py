"""Buttons and menus that outlive a restart: what they mean stands in their custom_id."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Protocol, Self, cast

import discord
from discord import ui

from bot.errors import Restarting, answer_error
from bot.limits import Pace
from bot.measures import Measures, Outcome
from bot.tasks import Errands


class Client(Protocol):
    """What items ask of the client: how fast members may ask, whether it ends, and to be waited for then."""

    presses: Pace
    errands: Errands
    measures: Measures
    stopping: bool


def _admit(interaction: discord.Interaction, client: Client) -> None:
    """Raise what keeps a member from using anything just now."""
    if client.stopping:
        raise Restarting
    client.presses.check(interaction)


class _Persistent:
    """What every persistent item does when it is used: keep the pace, answer, and answer errors too."""

    template: ClassVar[re.Pattern[str]]
    """The form of its custom_ids."""

    def __init_subclass__(cls, *, template: str = r"(?!)", **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.template = re.compile(template)

    async def use(self, interaction: discord.Interaction) -> None:
        """Answer the member who used it, whatever happens."""
        client = cast("Client", interaction.client)
        outcome: Outcome = "answered"
        with client.errands:
            try:
                _admit(interaction, client)
                await self.pressed(interaction)
            except Exception as error:
                # Whatever it is, the member would see "interaction failed".
                outcome = await answer_error(interaction, error)
        client.measures.presses[type(self).__name__, outcome] += 1

    async def pressed(self, interaction: discord.Interaction) -> None:
        """Answer the interaction."""
        raise NotImplementedError

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """The item that a custom_id stands for."""
        raise NotImplementedError


class PersistentButton(_Persistent, ui.Button[Any]):
    """A button. Subclasses name the template of their custom_id."""

    def __init__(self, custom_id: str, label: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> None:
        super().__init__(label=label, custom_id=custom_id, style=style)


class PersistentSelect(_Persistent, ui.Select[Any]):
    """A menu of texts. Subclasses name the template of their custom_id."""

    def __init__(self, custom_id: str, placeholder: str, options: list[discord.SelectOption], most: int = 1) -> None:
        super().__init__(custom_id=custom_id, placeholder=placeholder, options=options, max_values=most)

    @staticmethod
    def all_chosen(interaction: discord.Interaction) -> list[str]:
        """The values that were picked."""
        return cast("dict[str, list[str]]", interaction.data or {}).get("values") or []

    @classmethod
    def chosen(cls, interaction: discord.Interaction) -> str:
        """The one value that was picked."""
        return next(iter(cls.all_chosen(interaction)), "")


class Switchboard:
    """Finds the item that was used by its custom_id.

    discord.py's own way (`DynamicItem`) makes every part of the message anew for each press.
    """

    def __init__(self, items: Iterable[type[PersistentButton] | type[PersistentSelect]]) -> None:
        self._items = tuple(items)

    def find(self, custom_id: str) -> PersistentButton | PersistentSelect | None:
        """The button or menu of a custom_id; None for one that this program does not know."""
        for item in self._items:
            match = item.template.fullmatch(custom_id)
            if match is not None:
                return item.from_match(match)
        return None
