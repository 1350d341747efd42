"""The buttons and menus of the answer cards. Their custom_ids name a film and what to show of it."""

import re
from collections.abc import Sequence
from typing import Protocol, Self, cast

import discord

from bot.answers.pages import SHOWS, Page
from bot.buttons import PersistentButton, PersistentSelect
from bot.film.models import Topic
from bot.layout import clip

FILM = r"(?P<film>[a-z0-9-]{1,24})"
ID = r"(?P<id>[a-z0-9-]{1,40})"


class Answers(Protocol):
    """What the buttons ask of the room's door (`cog.py`)."""

    async def show(self, interaction: discord.Interaction, film: str, name: str) -> None: ...

    async def share(self, interaction: discord.Interaction, page: Page) -> None: ...

    async def delete(self, interaction: discord.Interaction) -> None: ...

    async def show_quote(self, interaction: discord.Interaction, film: str, query: str, index: int) -> None: ...

    async def show_question(self, interaction: discord.Interaction, film: str, index: int) -> None: ...


def _answers(interaction: discord.Interaction) -> Answers:
    client = cast("discord.ext.commands.Bot", interaction.client)
    return cast("Answers", client.get_cog("Answers"))


class TopicButton(PersistentButton, template=rf"topic:{FILM}:{ID}"):
    """Shows a topic."""

    def __init__(self, film: str, topic: str, label: str = "…") -> None:
        super().__init__(f"topic:{film}:{topic}", label)
        self.film = film
        self.topic = topic

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"], match["id"])

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).show(interaction, self.film, self.topic)


class TopicMenu(PersistentSelect, template=rf"topics:{FILM}"):
    """Offers a list of topics."""

    def __init__(self, film: str, topics: Sequence[Topic] = ()) -> None:
        options = [
            discord.SelectOption(label=topic.label, value=topic.id, description=clip(topic.summary, 100))
            for topic in topics[:25]
        ] or [discord.SelectOption(label="…")]
        super().__init__(f"topics:{film}", "Read more about…", options)
        self.film = film

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"])

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).show(interaction, self.film, self.chosen(interaction))


class ShareButton(PersistentButton, template=rf"share:{FILM}:(?P<shows>{SHOWS})"):
    """Puts what a private card shows into the channel."""

    def __init__(self, film: str, shows: str) -> None:
        super().__init__(f"share:{film}:{shows}", "Share with everyone", discord.ButtonStyle.primary)
        self.page = Page(film, shows)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"], match["shows"])

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).share(interaction, self.page)


class DeleteButton(PersistentButton, template=r"delete"):
    """Deletes the answer that it is on. Who asked for it stands in the message itself."""

    def __init__(self) -> None:
        super().__init__("delete", "Delete")

    @classmethod
    def from_match(cls, _match: re.Match[str]) -> Self:
        return cls()

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).delete(interaction)


class AnotherQuote(PersistentButton, template=rf"quote:{FILM}:(?P<index>\d{{1,3}}):(?P<query>(?s:.){{0,60}})"):
    """Shows the next quote of a search."""

    def __init__(self, film: str, index: int, query: str, label: str = "Another") -> None:
        super().__init__(f"quote:{film}:{index}:{query}", label)
        self.film = film
        self.index = index
        self.query = query

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"], int(match["index"]), match["query"])

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).show_quote(interaction, self.film, self.query, self.index)


class AnotherQuestion(PersistentButton, template=rf"discuss:{FILM}:(?P<index>\d{{1,3}})"):
    """Shows the next question to talk about."""

    def __init__(self, film: str, index: int) -> None:
        super().__init__(f"discuss:{film}:{index}", "Another question")
        self.film = film
        self.index = index

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"], int(match["index"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _answers(interaction).show_question(interaction, self.film, self.index)


BUTTONS = (TopicButton, TopicMenu, ShareButton, DeleteButton, AnotherQuote, AnotherQuestion)
