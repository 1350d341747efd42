"""The door to asking: /ending, /quote, /timeline, /sources, /discuss, and the menu of a message."""

import secrets
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import cards
from bot.answers.asked import QUESTION_LIMIT, question_in
from bot.answers.buttons import ShareButton
from bot.answers.index import Index
from bot.answers.matches import Match, Resolution
from bot.answers.pages import Page, question_page, quote_page
from bot.answers.posting import WHO_SEES, Posting, Show
from bot.answers.quotes import Found
from bot.errors import Refusal
from bot.film.models import Subject, Topic
from bot.film.pack import Pack
from bot.films import CHOICES, FilmOption, film_choices, named_film
from bot.layout import Card, clip
from bot.replies import reply, was_private

MENU = "What do the sources say?"
"""The name of the menu on a message."""

Question = app_commands.Range[str, 1, QUESTION_LIMIT]


class Answers(commands.Cog, name="Answers"):
    """Answers questions about a film's ending from its pack."""

    def __init__(self, index: Index, posting: Posting) -> None:
        self.index = index
        """What is answered from; another one takes its place when the content is read anew."""
        self._posting = posting
        # A cog can't declare a menu as it does its commands.
        self.menu = app_commands.ContextMenu(name=MENU, callback=self.ask_about)
        commands = [command for command in self.walk_app_commands() if isinstance(command, app_commands.Command)]
        self.film_option = FilmOption(commands)

    @app_commands.command(description="What the sources say about the ending, and where they disagree")
    @app_commands.describe(
        topic="A topic, a name or a question, such as “samantha” or “why did she leave”",
        show="Who sees the answer",
        film="Which film",
    )
    @app_commands.choices(show=WHO_SEES)
    async def ending(
        self,
        interaction: discord.Interaction,
        topic: Question,
        show: app_commands.Choice[str] | None = None,
        film: str | None = None,
    ) -> None:
        pack = named_film(self.index.library, film)
        resolution = self.index.of(pack).resolver.resolve(question_in(topic))
        if resolution.answer is None:
            await reply(interaction, cards.unknown_card(pack, resolution))
            return
        card = partial(_found_card, pack, resolution, resolution.answer)
        variant = (*(match.found.id for match in resolution.instead), resolution.claimed)
        await self._posting.answer(interaction, Page(pack.film.id, resolution.answer.found.id), card, show, variant)

    async def ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Answer what a message asks or says, for whoever wanted to know alone."""
        # A forwarded message has its text in what it forwards.
        question = question_in(message.content or " ".join(each.content for each in message.message_snapshots))
        if not question:
            raise Refusal("That message has no words that I could look up. Try one with text, or type `/ending`.")
        pack = self.index.library.default
        resolution = self.index.of(pack).resolver.resolve(question)
        if resolution.answer is None:
            await reply(interaction, cards.unknown_card(pack, resolution))
            return
        await reply(interaction, _found_card(pack, resolution, resolution.answer, True))

    @app_commands.command(description="Find a line of the film, or the critics’ own words")
    @app_commands.describe(
        about="What the line is about, or some of its words, such as “letter”",
        show="Who sees the quote",
        film="Which film",
    )
    @app_commands.choices(show=WHO_SEES)
    async def quote(
        self,
        interaction: discord.Interaction,
        about: Question,
        show: app_commands.Choice[str] | None = None,
        film: str | None = None,
    ) -> None:
        pack = named_film(self.index.library, film)
        found = self.index.of(pack).finder.find(question_in(about))
        if not found.quotes:
            await reply(interaction, cards.no_quote_card(pack))
            return
        await self._answer(interaction, quote_page(pack.film.id, 0, found.query), show)

    @app_commands.command(description="How the film ends, step by step, and who tells each step")
    @app_commands.describe(show="Who sees the answer", film="Which film")
    @app_commands.choices(show=WHO_SEES)
    async def timeline(
        self, interaction: discord.Interaction, show: app_commands.Choice[str] | None = None, film: str | None = None
    ) -> None:
        pack = named_film(self.index.library, film)
        await self._answer(interaction, Page(pack.film.id, "/timeline"), show)

    @app_commands.command(description="Where the answers come from: the sources, and what is known of each")
    @app_commands.describe(show="Who sees the answer", film="Which film")
    @app_commands.choices(show=WHO_SEES)
    async def sources(
        self, interaction: discord.Interaction, show: app_commands.Choice[str] | None = None, film: str | None = None
    ) -> None:
        pack = named_film(self.index.library, film)
        await self._answer(interaction, Page(pack.film.id, "/sources"), show)

    @app_commands.command(description="A question to talk about, with the sources it comes from")
    @app_commands.describe(show="Who sees the answer", film="Which film")
    @app_commands.choices(show=WHO_SEES)
    async def discuss(
        self, interaction: discord.Interaction, show: app_commands.Choice[str] | None = None, film: str | None = None
    ) -> None:
        pack = named_film(self.index.library, film)
        index = secrets.randbelow(max(len(pack.discussion), 1))
        await self._answer(interaction, question_page(pack.film.id, index), show)

    @ending.autocomplete("topic")
    @quote.autocomplete("about")
    async def complete_topic(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Topics and people while a member types; what was typed stays possible, so nothing is forced."""
        pack = self.index.library.get(getattr(interaction.namespace, "film", None)) or self.index.library.default
        offered = self.index.of(pack).completion.complete(typed, CHOICES)
        return [app_commands.Choice(name=clip(found.title, 100), value=found.id) for found in offered]

    @ending.autocomplete("film")
    @quote.autocomplete("film")
    @timeline.autocomplete("film")
    @sources.autocomplete("film")
    @discuss.autocomplete("film")
    async def complete_film(self, _interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The films by title."""
        return film_choices(self.index.library, typed)

    async def show(self, interaction: discord.Interaction, film: str, name: str) -> None:
        """Answer a pressed topic: in place on a private card, privately beside a shared one."""
        pack = named_film(self.index.library, film)
        await self._turn_page(interaction, cards.found_card(pack, self._named(pack, name), private=True))

    async def share(self, interaction: discord.Interaction, page: Page) -> None:
        """Put what a private card shows into the channel, with the name of who shared it."""
        await self._posting.post(interaction, page, self._card(page, private=False), shared=True)

    async def delete(self, interaction: discord.Interaction) -> None:
        """Delete an answer, for who may."""
        await self._posting.delete(interaction)

    async def show_quote(self, interaction: discord.Interaction, film: str, query: str, index: int) -> None:
        """Answer “Another” on a quote."""
        await self._turn_page(interaction, self._card(quote_page(film, index, query), private=True))

    async def show_question(self, interaction: discord.Interaction, film: str, index: int) -> None:
        """Answer “Another question”."""
        await self._turn_page(interaction, self._card(question_page(film, index), private=True))

    async def _answer(self, interaction: discord.Interaction, page: Page, show: Show) -> None:
        await self._posting.answer(interaction, page, lambda private: self._card(page, private=private), show)

    def _card(self, page: Page, *, private: bool) -> Card:
        """The card of a page; a private one can be shared.

        Raises:
            Refusal: the film has nothing like that, or no longer.
        """
        pack = named_film(self.index.library, page.film)
        shows, _, rest = page.shows.partition(":")
        match shows:
            case "/timeline":
                if not pack.timeline:
                    raise Refusal(f"There is no timeline for {pack.film.name} yet.")
                card = cards.timeline_card(pack)
            case "/sources":
                card = cards.sources_card(pack)
            case "/discuss":
                if not pack.discussion:
                    raise Refusal(f"There are no questions about {pack.film.name} yet.")
                card = cards.question_card(pack, int(rest) % len(pack.discussion))
            case "/q":
                index, _, query = rest.partition(":")
                card = _quote_card(pack, self.index.of(pack).finder.find(query), int(index))
            case _:
                return cards.found_card(pack, self._named(pack, shows), private=private)
        return card.row(ShareButton(page.film, page.shows)) if private else card

    @staticmethod
    async def _turn_page(interaction: discord.Interaction, card: Card) -> None:
        if was_private(interaction):
            await interaction.response.edit_message(view=card)
        else:
            await reply(interaction, card)

    @staticmethod
    def _named(pack: Pack, name: str) -> Topic | Subject:
        found = pack.topics.get(name) or pack.subjects.get(name)
        if found is None:
            raise Refusal("That topic is not here any more. Please ask with /ending again.")
        return found


def _found_card(pack: Pack, resolution: Resolution, answer: Match, private: bool) -> Card:
    return cards.found_card(
        pack,
        answer.found,
        private=private,
        unsure=resolution.instead,
        first=pack.difference(resolution.claimed or ""),
    )


def _quote_card(pack: Pack, found: Found, index: int) -> Card:
    if index >= len(found.quotes):
        raise Refusal("There are fewer quotes now than when this button was made. Please ask with /quote again.")
    return cards.letter_card(pack, found) if found.letter and index == 0 else cards.quote_card(pack, found, index)
