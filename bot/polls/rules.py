"""What a poll is and may be, as plain values."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.film.models import Difference, EndingPoll, PollOption
from bot.film.pack import Pack

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=90)
USUAL = timedelta(days=3)
REMINDER = timedelta(hours=1)
"""How long before its end a poll reminds its channel, where it was asked to."""

ResultsMode = Literal["live", "hidden", "voters"]
"""Who sees the tally while a poll is open: everybody, nobody, or those who have voted."""
Kind = Literal["ending", "difference", "own"]
"""What a poll asks: how the ending left one, which side one takes where the sources differ, or a member's question."""
MOST_OPTIONS = 10

STANDARD_OPTIONS = (
    PollOption(id="happy", label="Happy"),
    PollOption(id="sad", label="Sad"),
    PollOption(id="bittersweet", label="Bittersweet"),
    PollOption(id="open-ended", label="Open-ended"),
    PollOption(id="ambiguous", label="Ambiguous"),
)
"""The five ways an ending can leave one, for a film whose pack has no poll of its own."""

_WORDS: Mapping[timedelta, str] = {
    timedelta(minutes=1): "m min mins minute minutes minuten",
    timedelta(hours=1): "h hr hrs hour hours std stunde stunden",
    timedelta(days=1): "d day days tag tage tagen",
    timedelta(weeks=1): "w wk week weeks woche wochen",
}
_UNITS = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_PART = re.compile(r"(?P<number>\d{1,5}(?:[.,]\d{1,2})?)\s*(?P<unit>[a-z]+)\s*(?:,|and\b|und\b)?\s*", re.IGNORECASE)


class DurationError(ValueError):
    """A duration that can't be understood or is out of bounds; the text says which are possible."""


def parse_duration(typed: str) -> timedelta:
    """A duration as people write it: `3 days`, `90m`, `1 h 30 min`, `2 weeks`.

    Raises:
        DurationError: with a sentence for the member.
    """
    text = typed.strip()
    total = timedelta()
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or part["unit"].lower() not in _UNITS:
            raise DurationError("I don’t understand that duration. Write it like `90 minutes`, `3 days` or `2 weeks`.")
        total += float(part["number"].replace(",", ".")) * _UNITS[part["unit"].lower()]
        position = part.end()
    if not SHORTEST <= total <= LONGEST:
        raise DurationError(
            "A poll can run from 5 minutes to 90 days. Write it like `90 minutes`, `3 days` or `2 weeks`."
        )
    return total


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as it is kept. `guild_id` is 0 in direct messages; times are aware and in UTC."""

    id: int
    guild_id: int
    channel_id: int
    message_id: int | None
    film: str
    kind: Kind
    about: str
    question: str
    options: tuple[Option, ...]
    results: ResultsMode
    opened_by: int
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    closed_by: int | None
    cancelled: bool
    minimum: int
    choices: int
    role_id: int | None
    remind: bool
    unreachable: bool

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_from_backup(self) -> bool:
        """Whether it was closed when a backup was restored: by no member and yet before its end, as nothing else is."""
        return self.closed_at is not None and self.closed_by is None and self.closed_at < self.closes_at

    @property
    def link(self) -> str | None:
        """The address of the poll's message, once it is posted."""
        if self.message_id is None:
            return None
        return f"https://discord.com/channels/{self.guild_id or '@me'}/{self.channel_id}/{self.message_id}"


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes by option, in the options' order. `voters` is known where a member may choose several options."""

    votes: tuple[int, ...]
    voters: int | None = None

    @property
    def total(self) -> int:
        """How many members have voted."""
        return sum(self.votes) if self.voters is None else self.voters

    def share(self, option: int) -> float:
        """The part of the voters who chose an option (0 to 1); 0 while there is none."""
        return self.votes[option] / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A poll about to be opened."""

    guild_id: int
    channel_id: int
    film: str
    question: str
    options: Sequence[Option]
    opened_by: int
    kind: Kind = "ending"
    about: str = ""
    results: ResultsMode = "live"
    minimum: int = 0
    choices: int = 1
    role_id: int | None = None
    remind: bool = False
    duration: timedelta = USUAL


def ending_poll(pack: Pack) -> EndingPoll:
    """The ending poll of a film: the pack's own, or the usual five options without a survey."""
    return pack.poll or EndingPoll(
        question=f"How did the ending of {pack.film.name} leave you?", options=STANDARD_OPTIONS
    )


def difference_options(difference: Difference) -> tuple[Option, ...]:
    """The options of a poll on a difference: the positions that the sources take."""
    return tuple(Option(f"side-{index}", side.label) for index, side in enumerate(difference.sides))


def new_voter_key() -> bytes:
    """A fresh secret for one poll."""
    return secrets.token_bytes(32)


def voter(key: bytes, user_id: int) -> bytes:
    """What stands for a member in one poll: without the poll's key nobody can tell whom."""
    return hmac.digest(key, user_id.to_bytes(8, "big"), hashlib.sha256)
