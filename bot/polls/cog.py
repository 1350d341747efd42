"""The door to voting: /poll, /polls and the buttons of polls."""

import asyncio
import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.clock import Clock
from bot.discord_internals import role_ids, user_id
from bot.errors import Refusal
from bot.film.models import Difference
from bot.film.pack import Pack
from bot.films import FilmOption, Films, film_choices, named_film
from bot.polls import cards
from bot.polls.board import Board, Channels
from bot.polls.closing import Closer
from bot.polls.drafts import Place, Terms, again_draft, difference_draft, ending_draft, own_draft
from bot.polls.export import to_csv
from bot.polls.form import QuestionForm
from bot.polls.ledger import InDoubtError, Ledger, LedgerClosedError
from bot.polls.questions import OwnQuestion
from bot.polls.records import MiscountError, Records, Standing
from bot.polls.rules import USUAL, Draft, DurationError, Poll, ResultsMode, parse_duration
from bot.replies import in_time, reply, was_private

DURATIONS = ("1 hour", "1 day", "3 days", "1 week", "30 days")
RECENT = 10
"""Polls that /polls lists."""
NEEDED = ("view_channel", "send_messages", "attach_files")
"""Permissions without which a poll could not show its result."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the door needs of the rest of the room."""

    films: Films
    records: Records
    ledger: Ledger
    board: Board
    closer: Closer
    channels: Channels
    clock: Clock


class Polls(commands.Cog, name="Polls"):
    """Opens polls, takes votes, and lets those who may manage them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._records = parts.records
        # Two members who start a poll in a channel at once: the second waits until the first one's is posted.
        self._opening: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.film_option = FilmOption([self.poll])

    @app_commands.command(description="Ask this channel how the ending left them")
    @app_commands.describe(
        duration="How long it runs, such as “3 days”; from 5 minutes to 90 days",
        results="When the results are shown",
        about="Ask instead which side one takes where the sources differ",
        minimum="How many votes it takes for a result",
        remind="Remind this channel an hour before the end",
        own="Ask your own question instead, with your own options",
        film="Which film",
    )
    @app_commands.choices(
        results=[
            app_commands.Choice(name="live, while people vote", value="live"),
            app_commands.Choice(name="to those who have voted", value="voters"),
            app_commands.Choice(name="after it closes", value="hidden"),
        ]
    )
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def poll(
        self,
        interaction: discord.Interaction,
        duration: app_commands.Range[str, 1, 50] | None = None,
        results: app_commands.Choice[str] | None = None,
        about: app_commands.Range[str, 1, 100] | None = None,
        minimum: app_commands.Range[int, 0, 1000] = 0,
        remind: bool = False,
        own: bool = False,
        film: str | None = None,
    ) -> None:
        pack = named_film(self._parts.films, film)
        mode = cast("ResultsMode", results.value if results is not None else "live")
        try:
            terms = Terms(USUAL if duration is None else parse_duration(duration), mode, minimum, remind)
        except DurationError as error:
            raise Refusal(str(error)) from error
        if own:
            _require_permissions(interaction)

            async def open_own(submitted: discord.Interaction, asked: OwnQuestion) -> None:
                await self._open(submitted, own_draft(_place(submitted), pack.film.id, asked, terms))

            await interaction.response.send_modal(QuestionForm(open_own))
        elif about is None:
            await self._open(interaction, ending_draft(_place(interaction), pack, terms))
        else:
            await self._open_about(interaction, pack, about, terms)

    @app_commands.command(description="The polls of this channel: open and recent ones, with their results")
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def polls(self, interaction: discord.Interaction) -> None:
        # A member's list is their channel's: polls of channels they can't see are none of their business.
        whole_server = interaction.permissions.manage_guild
        channel_id = None if whole_server else interaction.channel_id
        recent = self._records.recent(interaction.guild_id or 0, channel_id, RECENT)
        standings = await in_time(interaction, recent)
        await reply(interaction, cards.list_card(standings, whole_server=whole_server))

    @poll.autocomplete("duration")
    async def complete_duration(self, _interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Usual durations; what was typed comes first where it can be understood."""
        try:
            parse_duration(typed)
            offered = [typed.strip(), *(each for each in DURATIONS if each != typed.strip())]
        except DurationError:
            offered = [each for each in DURATIONS if typed.strip().casefold() in each] or list(DURATIONS)
        return [app_commands.Choice(name=each, value=each) for each in offered]

    @poll.autocomplete("about")
    async def complete_about(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The differences of the film by title."""
        pack = self._parts.films.get(getattr(interaction.namespace, "film", None)) or self._parts.films.default
        return [app_commands.Choice(name=each.title, value=each.id) for each in _titled(pack, typed)[:25]]

    @poll.autocomplete("film")
    async def complete_film(self, _interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The films by title."""
        return film_choices(self._parts.films, typed)

    async def ask_about(self, interaction: discord.Interaction, film: str, about: str) -> None:
        """Open a poll on a difference from an answer's card, or lead to the open one."""
        only_for_user = interaction.is_user_integration() and not interaction.is_guild_integration()
        if not interaction.guild_id or only_for_user:
            raise Refusal("Polls work in servers that have me as a member. Please try it there.")
        await self._open_about(interaction, named_film(self._parts.films, film), about, Terms())

    async def ask_again(self, interaction: discord.Interaction, poll_id: int) -> None:
        """Open a poll like a closed one; it starts at zero, with a key of its own."""
        standing = await self._manageable(interaction, poll_id)
        if standing.poll.is_open:
            raise Refusal(f"This poll is open again already: {standing.poll.link or 'see /polls'}")
        place = Place(standing.poll.guild_id, standing.poll.channel_id, interaction.user.id)
        if place.channel_id != interaction.channel_id:
            raise Refusal(f"Please ask again in the poll’s own channel, <#{place.channel_id}>.")
        await self._open(interaction, again_draft(place, standing.poll))

    async def _open_about(self, interaction: discord.Interaction, pack: Pack, about: str, terms: Terms) -> None:
        difference = pack.difference(about)
        # Who types and picks nothing sends the words instead of an id.
        found = [difference] if difference is not None else _titled(pack, about)
        if len(found) != 1:
            raise Refusal("I don’t know which point you mean. Pick one of those that `about` offers while you type.")
        await self._open(interaction, difference_draft(_place(interaction), pack, found[0], terms))

    async def _open(self, interaction: discord.Interaction, draft: Draft) -> None:
        _require_permissions(interaction)
        lock = self._opening.setdefault(draft.channel_id, asyncio.Lock())
        if lock.locked() and not interaction.response.is_done():
            # Another opening in this channel may take longer than Discord waits.
            await interaction.response.defer(ephemeral=True, thinking=True)
        async with lock:
            opening = self._records.open(draft, self._parts.clock())
            standing, is_new = await in_time(interaction, opening)
            if not is_new and await in_time(interaction, self._is_shown(standing.poll)):
                await reply(interaction, cards.already_open_text(standing.poll))
                return
            await self._post(interaction, standing)
        self._parts.closer.expect()

    async def _is_shown(self, poll: Poll) -> bool:
        """Whether a poll's message still exists."""
        if poll.message_id is None:
            return False
        try:
            await self._parts.channels(poll.channel_id).get_partial_message(poll.message_id).fetch()
        except discord.NotFound:
            return False
        except discord.Forbidden:
            # Without the right to read the channel's history it can't be told; the link is the better guess.
            return True
        return True

    async def _post(self, interaction: discord.Interaction, standing: Standing) -> None:
        card = await self._parts.board.open_card(standing)
        if interaction.response.is_done():
            # The interaction was deferred for its member alone, so the poll comes as a message of its own.
            message = await self._parts.channels(standing.poll.channel_id).send(view=card)
            message_id = message.id
            await reply(interaction, "The poll is open, here in the channel.")
        else:
            response = await interaction.response.send_message(view=card)
            message_id = response.message_id or 0
        await self._records.posted(standing.poll.id, message_id)

    async def vote(self, interaction: discord.Interaction, poll_id: int, choices: Collection[int]) -> None:
        """Count, change or withdraw (no options) the vote of the member who pressed, and say what was done."""
        casting = self._parts.ledger.cast(poll_id, user_id(interaction), choices, role_ids(interaction))
        try:
            receipt = await in_time(interaction, casting)
        except LedgerClosedError as error:
            raise Refusal(
                "I’m just being restarted, so your vote was not counted. Please press again in a minute."
            ) from error
        except InDoubtError as error:
            raise Refusal(
                "I’m just being restarted and can’t tell if your vote was counted. In a minute, “My vote” will say."
            ) from error
        if receipt.tally is not None:
            if receipt.poll is not None and receipt.poll.message_id is None and not was_private(interaction):
                # The program was killed after it had posted the poll and before it noted where; the press tells.
                await self._records.posted(poll_id, interaction.message.id if interaction.message else 0)
            self._parts.board.touch(poll_id)
        elif receipt.poll is not None and receipt.poll.is_from_backup:
            # Its message still has this button, so it has not been shown the result.
            self._parts.board.touch(poll_id)
        await reply(interaction, cards.receipt_text(receipt))

    async def mine(self, interaction: discord.Interaction, poll_id: int) -> None:
        """Tell a member their own vote."""
        receipt = await in_time(interaction, self._parts.ledger.ballot(poll_id, user_id(interaction)))
        await reply(interaction, cards.my_vote_text(receipt))

    async def look(self, interaction: discord.Interaction, poll_id: int) -> None:
        """Show one poll of the list, in place."""
        standing = await in_time(interaction, self._standing(poll_id))
        if standing.poll.guild_id != interaction.guild_id:
            raise Refusal(cards.UNKNOWN_POLL)
        card = cards.detail_card(standing, may_manage=_may_manage(interaction, standing.poll))
        if was_private(interaction) and not interaction.response.is_done():
            await interaction.response.edit_message(view=card)
        else:
            await reply(interaction, card)

    async def export(self, interaction: discord.Interaction, poll_id: int) -> None:
        """Give the counts of a poll as a file, where they are not kept back."""
        standing = await in_time(interaction, self._standing(poll_id))
        if standing.poll.is_open and standing.poll.results != "live":
            raise Refusal("The counts of this poll can be had when it is closed.")
        if not standing.poll.is_open and not standing.has_result:
            raise Refusal("This poll has no result, so there are no counts to be had.")
        file = discord.File(io.BytesIO(to_csv(standing)), filename=f"poll-{poll_id}.csv")
        if interaction.response.is_done():
            await interaction.followup.send(file=file, ephemeral=True)
        else:
            await interaction.response.send_message(file=file, ephemeral=True)

    async def ask_to_close(self, interaction: discord.Interaction, poll_id: int, *, cancel: bool = False) -> None:
        """Ask a member who may manage the poll whether they mean it."""
        standing = await self._open_and_manageable(interaction, poll_id)
        await reply(interaction, cards.confirm_card(standing.poll, cancel=cancel))

    async def close_now(self, interaction: discord.Interaction, poll_id: int, *, cancel: bool = False) -> None:
        """Close a poll early or cancel it, for a member who may."""
        await self._open_and_manageable(interaction, poll_id)
        if not interaction.response.is_done():
            await interaction.response.defer()
        try:
            closed = await self._parts.closer.close(poll_id, interaction.user.id, cancelled=cancel)
        except MiscountError as error:
            raise Refusal(
                "The votes of this poll don’t add up, so it stays open and nothing is lost. "
                "Please tell the people who run this bot."
            ) from error
        standing = await self._standing(poll_id)
        await interaction.edit_original_response(view=cards.done_card(standing, closed=closed))

    async def extend(self, interaction: discord.Interaction, poll_id: int, by: timedelta) -> None:
        """Let a poll run on, for a member who may."""
        await self._open_and_manageable(interaction, poll_id)
        poll = await in_time(interaction, self._records.extend(poll_id, self._parts.clock(), by))
        if poll is None:
            raise Refusal("This poll has just closed, so it can’t run on. “Ask it again” in /polls opens a new one.")
        self._parts.board.touch(poll_id)
        self._parts.closer.expect()
        await reply(interaction, cards.extended_text(poll))

    async def _open_and_manageable(self, interaction: discord.Interaction, poll_id: int) -> Standing:
        standing = await self._manageable(interaction, poll_id)
        if not standing.poll.is_open:
            raise Refusal("This poll is closed already. Its result is in its message, and in /polls.")
        return standing

    async def _manageable(self, interaction: discord.Interaction, poll_id: int) -> Standing:
        standing = await in_time(interaction, self._standing(poll_id))
        if not _may_manage(interaction, standing.poll):
            raise Refusal(
                "Only the member who started this poll, or who may manage messages here, can close or change it."
            )
        return standing

    async def _standing(self, poll_id: int) -> Standing:
        standing = await self._records.get(poll_id)
        if standing is None:
            raise Refusal(cards.UNKNOWN_POLL)
        return standing


def _titled(pack: Pack, typed: str) -> list[Difference]:
    """The differences of a film with what was typed in their title."""
    words = typed.strip().casefold()
    return [each for each in pack.differences if words in each.title.casefold()]


def _place(interaction: discord.Interaction) -> Place:
    return Place(interaction.guild_id or 0, interaction.channel_id or 0, interaction.user.id)


def _may_manage(interaction: discord.Interaction, poll: Poll) -> bool:
    """Whether a member may manage a poll: their own, or with the right to manage messages where it is."""
    if interaction.user.id == poll.opened_by:
        return True
    permissions = interaction.permissions
    in_its_channel = interaction.channel_id == poll.channel_id
    return (permissions.manage_messages and in_its_channel) or permissions.manage_guild


def _require_permissions(interaction: discord.Interaction) -> None:
    granted = interaction.app_permissions
    needed: tuple[str, ...] = NEEDED
    if isinstance(interaction.channel, discord.Thread):
        needed = tuple("send_messages_in_threads" if name == "send_messages" else name for name in NEEDED)
    missing = [name for name in needed if not getattr(granted, name)]
    if missing:
        raise app_commands.BotMissingPermissions(missing)
