"""The shapes of a film pack. Every text has a bound, so that any card built from it fits Discord's limits."""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

QUOTE_LIMIT = 300
FILM_ID_LIMIT = 24
"""A film's id travels in custom_ids, which have room for 100 characters."""
HUNDRED = 100
LEFT_OUT = " … "
"""Stands in a quote where its source has other words."""
PHONE_LABEL_LIMIT = 34
"""Characters of a button that a phone shows before it clips (see Discord's own limit: 80)."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=PHONE_LABEL_LIMIT)]
Alias = Annotated[str, StringConstraints(min_length=2, max_length=60)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=240)]
Passage = Annotated[str, StringConstraints(min_length=2, max_length=QUOTE_LIMIT)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Entry(BaseModel):
    """Base of everything in a pack: no unknown fields, no coercion, no change after loading."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


SIDE_LABEL_LIMIT = 32
"""A side is an option of a poll, where a letter stands before it on the button."""


def text_hash(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Film(Entry):
    """One film. `featured` are the topics offered while a member has typed nothing."""

    id: Annotated[Slug, StringConstraints(max_length=FILM_ID_LIMIT)]
    title: Title
    year: Annotated[int, Field(ge=1878, le=2200)]
    director: Title
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
    featured: Annotated[tuple[Slug, ...], Field(max_length=25)] = ()

    @property
    def name(self) -> str:
        """The title with its year, as members always see it."""
        return f"{self.title} ({self.year})"


class Source(Entry):
    """A text that holds readings. `site` is equal for sources that are not independent of each other."""

    id: Slug
    label: Label
    title: Title
    author: Line | None
    publisher: Line
    date: Line | None
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$", max_length=200)] | None
    site: Slug
    sha256: Sha256
    known: Line
    unknown: Line


class Quote(Entry):
    """An exact passage of one source, or several with a mark between them. `sha256` pins the words, so that a slip of
    the keyboard is refused. Where the film itself says otherwise the quote is `disputed`, and its note tells how."""

    id: Slug
    source: Slug
    sha256: Sha256
    note: Line | None = None
    disputed: bool = False
    topics: Annotated[tuple[Slug, ...], Field(min_length=1)]

    @property
    def passages(self) -> tuple[str, ...]:
        """The parts of the quote that stand in the source without a gap."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The quote as members read it."""
        return LEFT_OUT.join(self.passages)

    @model_validator(mode="after")
    def _is_unaltered(self) -> Self:
        if len(self.text) > QUOTE_LIMIT:
            raise ValueError(f"a quote has at most {QUOTE_LIMIT} characters, this one has {len(self.text)}")
        if (actual := text_hash(self.text)) != self.sha256:
            raise ValueError(
                f"the words do not match their sha256; if they are exactly the source's, set sha256 to {actual}"
            )
        if self.disputed and self.note is None:
            raise ValueError("a disputed quote needs a note that says what is wrong with it")
        return self


class CriticQuote(Quote):
    """A source's own words about the film."""

    words: Passage = Field(alias="text")

    @property
    def passages(self) -> tuple[str, ...]:
        return (self.words,)


class LetterPart(Entry):
    order: Annotated[int, Field(ge=1, le=20)]
    title: Label


class FilmLine(Quote):
    """Words of the film itself, as a source prints them. Lines the film does not have can't be entered:
    `status` has no value for them."""

    parts: Annotated[tuple[Passage, ...], Field(min_length=1, max_length=4, alias="passages")]
    speaker: Title
    scene: Line
    status: Literal["confirmed", "confirmed-variant", "plausible"]
    letter_part: LetterPart | None = None

    @property
    def passages(self) -> tuple[str, ...]:
        return self.parts


class Reading(Entry):
    """What one source makes of a topic, in our words, and the quotes it rests on (the best first)."""

    source: Slug
    text: Annotated[str, StringConstraints(min_length=40, max_length=320)]
    quotes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=3)]


class Topic(Entry):
    """A question that members ask, and every source's reading of it."""

    id: Slug
    title: Title
    label: Label
    summary: Annotated[str, StringConstraints(min_length=20, max_length=200)]
    aliases: Annotated[tuple[Alias, ...], Field(min_length=1, max_length=40)]
    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=6)]
    note: Annotated[str, StringConstraints(min_length=10, max_length=300)] | None = None
    related: Annotated[tuple[Slug, ...], Field(max_length=5)] = ()

    @model_validator(mode="after")
    def _has_one_reading_a_source(self) -> Self:
        sources = [reading.source for reading in self.readings]
        for source in sources:
            if sources.count(source) > 1:
                raise ValueError(f"{source} has more than one reading of this topic; join them")
        return self


class Subject(Entry):
    """A person of the film, as an ordered list of topics: the first is answered in full."""

    id: Slug
    title: Label
    aliases: Annotated[tuple[Alias, ...], Field(min_length=1, max_length=40)]
    intro: Annotated[str, StringConstraints(min_length=20, max_length=200)]
    topics: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)]


class Side(Entry):
    position: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    label: Annotated[str, StringConstraints(min_length=1, max_length=SIDE_LABEL_LIMIT)]
    sources: Annotated[tuple[Slug, ...], Field(min_length=1)]
    quotes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=3)]


class Difference(Entry):
    """A point on which the sources do not agree. Rank 1 is shown first."""

    id: Slug
    title: Annotated[str, StringConstraints(min_length=3, max_length=70)]
    rank: Annotated[int, Field(ge=1, le=9)]
    topics: Annotated[tuple[Slug, ...], Field(min_length=1)]
    sides: Annotated[tuple[Side, ...], Field(min_length=2, max_length=5)]
    film_check: Line


class Step(Entry):
    step: Annotated[int, Field(ge=1, le=30)]
    what: Annotated[str, StringConstraints(min_length=3, max_length=120)]
    sources: Annotated[tuple[Slug, ...], Field(min_length=1)]
    quotes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=3)]
    note: Annotated[str, StringConstraints(min_length=3, max_length=160)] | None = None


class Question(Entry):
    """A question to talk about; `asked_by_source` is false where it is built from a tension between sources."""

    id: Slug
    question: Annotated[str, StringConstraints(min_length=5, max_length=140)]
    raised_by: Annotated[tuple[Slug, ...], Field(min_length=1)]
    asked_by_source: bool
    topics: Annotated[tuple[Slug, ...], Field(min_length=1)]
    quotes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=3)]


class PollOption(Entry):
    id: Slug
    label: Label
    survey_percent: Annotated[int, Field(ge=0, le=100)] | None = None


class Survey(Entry):
    """A survey as one source prints it."""

    source: Slug
    quote: Slug
    credited_to: Title
    caveat: Line


class EndingPoll(Entry):
    """The question that `/poll` asks about this film."""

    question: Annotated[str, StringConstraints(min_length=5, max_length=140)]
    options: Annotated[tuple[PollOption, ...], Field(min_length=2, max_length=5)]
    survey: Survey | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        ids = [option.id for option in self.options]
        if duplicates := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"option {', '.join(duplicates)} stands here more than once")
        percents = [option.survey_percent for option in self.options]
        if self.survey is None:
            if any(percent is not None for percent in percents):
                raise ValueError("survey_percent needs a survey with its source")
            return self
        if any(percent is None for percent in percents):
            raise ValueError("with a survey every option needs its survey_percent")
        if (total := sum(percent or 0 for percent in percents)) != HUNDRED:
            raise ValueError(f"the survey's percentages add up to {total}, not 100")
        return self


class SourcesFile(Entry):
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class QuotesFile(Entry):
    film_lines: tuple[FilmLine, ...] = ()
    critics: tuple[CriticQuote, ...] = ()

    def all(self) -> Iterator[Quote]:
        """Film lines first, then the critics' words."""
        yield from self.film_lines
        yield from self.critics


class SubjectsFile(Entry):
    subjects: tuple[Subject, ...]


class DifferencesFile(Entry):
    differences: tuple[Difference, ...]


class TimelineFile(Entry):
    steps: tuple[Step, ...]


class DiscussionFile(Entry):
    questions: tuple[Question, ...]
