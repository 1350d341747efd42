"""How an answer comes into a channel: to all, with a button to delete it, or to who asked alone."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

import aiohttp
import discord
import structlog
from discord import app_commands, ui

from bot.answers.buttons import DeleteButton
from bot.answers.pages import Page
from bot.answers.recent import Earlier, Recent
from bot.clock import Clock
from bot.discord_internals import public_answer
from bot.errors import Refusal
from bot.films import Shelf, named_film
from bot.house import House
from bot.layout import Card, escape
from bot.replies import body_of, reply, reply_ready

log = structlog.get_logger(__name__)

PATIENCE = 1.0
"""Seconds that Discord has to tell whether an earlier answer is still there; the answer must leave within 3."""
WHO_SEES = [
    app_commands.Choice(name="everyone here", value="everyone"),
    app_commands.Choice(name="only me", value="me"),
]
MOST_BODIES = 500
"""Answers that are kept as they are sent, of about 5 KB each; past it the oldest are made anew."""
Show = app_commands.Choice[str] | None
"""Who is to see an answer, as a command's option says it."""


class Posting:
    """Sends answers as a server wants them, and remembers for some minutes what each channel was answered."""

    def __init__(self, shelf: Shelf, house: House, clock: Clock) -> None:
        self._shelf = shelf
        self._house = house
        self._recent = Recent(clock)
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()

    async def answer(
        self,
        interaction: discord.Interaction,
        page: Page,
        make: Callable[[bool], Card],
        show: Show,
        variant: Hashable = None,
    ) -> None:
        """Answer with the card that `make` makes, given whether only who asked sees it.

        `variant` tells cards of one page apart that differ. What the channel was answered just now comes privately,
        with the way to the earlier answer.
        """
        # Before anything is waited for: the card is of the content that stands on the shelf now.
        variant = (self._shelf.edition, variant)
        rules = await self._house.rules(interaction.guild_id)
        if rules.private if show is None else show.value == "me":
            await reply(interaction, make(True))
            return
        earlier = self._recent.find(interaction.channel_id or 0, page)
        way = await _way_to(earlier, interaction) if earlier else None
        if way is None:
            await self._post_ready(interaction, page, make, variant)
        else:
            await reply(interaction, make(True).above(way))

    async def _post_ready(
        self, interaction: discord.Interaction, page: Page, make: Callable[[bool], Card], variant: Hashable
    ) -> None:
        """Put a card into the channel that is the same for everybody, so that it is made once."""
        hidden = await self._house.hides(interaction.guild_id, interaction.channel_id)
        key = (page.key, variant, hidden)
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = body_of(self._public(page, make(False), hidden=hidden), private=False)
            while len(self._bodies) > MOST_BODIES:
                self._bodies.popitem(last=False)
        await reply_ready(interaction, body, lambda: self._public(page, make(False), hidden=hidden))
        self._note(interaction, page)

    async def post(self, interaction: discord.Interaction, page: Page, card: Card, *, shared: bool = False) -> None:
        """Put a card into the channel, hidden where the server wants that. Who asks alone has asked for it."""
        hidden = await self._house.hides(interaction.guild_id, interaction.channel_id)
        above = [f"-# Shared by {interaction.user.mention}"] if shared else []
        await reply(interaction, self._public(page, card, above, hidden=hidden), private=False)
        self._note(interaction, page)

    def _public(self, page: Page, card: Card, above: Sequence[str] = (), *, hidden: bool) -> Card:
        above = list(above)
        if hidden:
            card.hide()
            film = named_film(self._shelf, page.film).film.name
            above.append(f"-# This tells how {escape(film)} ends. Tap it to see it.")
        if above:
            card.above("\n".join(above))
        card.add_item(ui.ActionRow(DeleteButton()))
        return card

    def _note(self, interaction: discord.Interaction, page: Page) -> None:
        # In direct messages nothing can be flooded.
        if interaction.guild_id:
            self._recent.note(interaction.channel_id or 0, page, interaction.token)

    async def delete(self, interaction: discord.Interaction) -> None:
        """Delete the answer that the button is on, for who asked and for who may manage messages there."""
        message = interaction.message
        asked = message.interaction_metadata if message else None
        if message is None or not (
            (asked is not None and asked.user.id == interaction.user.id) or interaction.permissions.manage_messages
        ):
            raise Refusal("Only who asked for this answer, or who may manage messages here, can delete it.")
        # The press's own response: it may delete the message at any age, and needs no permission in the channel.
        await interaction.response.defer()
        with contextlib.suppress(discord.NotFound):
            await interaction.delete_original_response()


async def _way_to(earlier: Earlier, interaction: discord.Interaction) -> str | None:
    """A line that leads to an earlier answer; None where it is gone, or was shown to one member alone."""
    try:
        async with asyncio.timeout(PATIENCE):
            message_id = await public_answer(interaction.client, earlier.token)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("could not look for an earlier answer, answering again", reason=type(error).__name__)
        return None
    if message_id is None:
        return None
    link = f"https://discord.com/channels/{interaction.guild_id}/{interaction.channel_id}/{message_id}"
    return f"Answered here {discord.utils.format_dt(earlier.at, 'R')}: {link}"
