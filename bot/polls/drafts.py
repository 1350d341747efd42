"""Polls about to be opened, from a film's pack or from an earlier poll."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot.film.models import Difference
from bot.film.pack import Pack
from bot.polls.questions import OwnQuestion
from bot.polls.rules import LONGEST, USUAL, Draft, Option, Poll, ResultsMode, difference_options, ending_poll


@dataclass(frozen=True, slots=True)
class Place:
    """Where a poll is opened, and by whom."""

    guild_id: int
    channel_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How a poll runs."""

    duration: timedelta = USUAL
    results: ResultsMode = "live"
    minimum: int = 0
    remind: bool = False


def ending_draft(place: Place, pack: Pack, terms: Terms) -> Draft:
    """How the ending of a film left one."""
    ending = ending_poll(pack)
    return Draft(
        guild_id=place.guild_id,
        channel_id=place.channel_id,
        opened_by=place.member_id,
        film=pack.film.id,
        question=ending.question,
        options=[Option(option.id, option.label) for option in ending.options],
        results=terms.results,
        minimum=terms.minimum,
        remind=terms.remind,
        duration=terms.duration,
    )


def difference_draft(place: Place, pack: Pack, difference: Difference, terms: Terms) -> Draft:
    """Which side one takes where the sources differ."""
    return Draft(
        guild_id=place.guild_id,
        channel_id=place.channel_id,
        opened_by=place.member_id,
        film=pack.film.id,
        kind="difference",
        about=difference.id,
        question=f"{pack.film.name}: {difference.title}",
        options=difference_options(difference),
        results=terms.results,
        minimum=terms.minimum,
        remind=terms.remind,
        duration=terms.duration,
    )


def own_draft(place: Place, film: str, asked: OwnQuestion, terms: Terms) -> Draft:
    """A member's own question. The random name lets a channel have several at once."""
    return Draft(
        guild_id=place.guild_id,
        channel_id=place.channel_id,
        opened_by=place.member_id,
        film=film,
        kind="own",
        about=secrets.token_hex(8),
        question=asked.question,
        options=asked.options,
        results=terms.results,
        minimum=terms.minimum,
        choices=asked.choices,
        role_id=asked.role_id,
        remind=terms.remind,
        duration=terms.duration,
    )


def again_draft(place: Place, poll: Poll) -> Draft:
    """The same poll anew, as long as the first one was meant to run."""
    return Draft(
        guild_id=place.guild_id,
        channel_id=place.channel_id,
        opened_by=place.member_id,
        film=poll.film,
        kind=poll.kind,
        about=secrets.token_hex(8) if poll.kind == "own" else poll.about,
        question=poll.question,
        options=poll.options,
        results=poll.results,
        minimum=poll.minimum,
        choices=poll.choices,
        role_id=poll.role_id,
        duration=min(poll.closes_at - poll.opened_at, LONGEST),
    )
