"""The shapes of the files that teach a pack how people ask: what leads to a topic or a quote, and what to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.film.models import Entry, Slug

PHRASE_LIMIT = 200
"""Characters of a phrase: as many as of a question that are looked at."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
"""A language by its ISO 639-1 code."""
Wording = Annotated[str, StringConstraints(min_length=1, max_length=PHRASE_LIMIT)]
Wordings = dict[Language, Annotated[tuple[Wording, ...], Field(min_length=1)]]
"""Phrases by language."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What somebody may type, and in which language."""

    text: str
    language: str


def each_phrase(wordings: Wordings) -> Iterator[Phrase]:
    """The phrases of all languages, in the order of the file."""
    for language, texts in wordings.items():
        for text in texts:
            yield Phrase(text, language)


class PhrasesFile(Entry):
    """How people ask for one topic, in the words of as different people as there are."""

    topic: Slug
    phrases: Annotated[Wordings, Field(min_length=1)]


class Unanswerable(Entry):
    """Questions of one kind that the sources do not answer."""

    kind: Literal["other-film", "trivia", "article", "small-talk", "instruction"]
    phrases: Annotated[Wordings, Field(min_length=1)]


class UnanswerableFile(Entry):
    unanswerable: Annotated[tuple[Unanswerable, ...], Field(min_length=1)]


class Remembered(Entry):
    """How people remember one quote that they look for."""

    quote: Slug
    phrases: Annotated[Wordings, Field(min_length=1)]


class RememberedFile(Entry):
    remembered: tuple[Remembered, ...]


class Claim(Entry):
    """What people take for granted who ask, though the sources differ about it."""

    difference: Slug
    phrases: Annotated[Wordings, Field(min_length=1)]


class ClaimsFile(Entry):
    claims: tuple[Claim, ...]
