"""A film pack: everything known about one film."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.film.models import (
    Difference,
    EndingPoll,
    Film,
    FilmLine,
    Question,
    Quote,
    Source,
    Step,
    Subject,
    Topic,
)
from bot.film.phrases import Phrase
from bot.film.yamlfile import Problem


class ContentError(Exception):
    """A pack that is refused. `problems` are all of its problems, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, repr=False)
class Pack:
    """One film and what its sources say. Ids are unique in their kind and every reference holds.

    `phrases` are what people type who mean a topic, `remembered` who look for a quote, `claims` who take one side of a
    difference for granted, by its id; `unanswerable` leads to nothing. `weights` is the file with what was learned from
    them, which may be missing.
    """

    film: Film
    sources: Mapping[str, Source]
    quotes: Mapping[str, Quote]
    topics: Mapping[str, Topic]
    subjects: Mapping[str, Subject]
    differences: tuple[Difference, ...]
    timeline: tuple[Step, ...]
    discussion: tuple[Question, ...]
    poll: EndingPoll | None
    phrases: Mapping[str, tuple[Phrase, ...]]
    unanswerable: tuple[Phrase, ...]
    remembered: Mapping[str, tuple[Phrase, ...]]
    claims: Mapping[str, tuple[Phrase, ...]]
    weights: Path

    def __repr__(self) -> str:
        return f"<Pack {self.film.id}>"

    @cached_property
    def film_lines(self) -> tuple[FilmLine, ...]:
        """The film's own lines, in the order of the pack."""
        return tuple(quote for quote in self.quotes.values() if isinstance(quote, FilmLine))

    @cached_property
    def letter(self) -> tuple[FilmLine, ...]:
        """The lines of the film's letter, in the letter's order; empty for a film without one."""
        parts = [(line.letter_part.order, line) for line in self.film_lines if line.letter_part]
        return tuple(line for _, line in sorted(parts, key=lambda part: part[0]))

    def differences_on(self, topic: str) -> tuple[Difference, ...]:
        """Where the sources differ about a topic, the most telling first."""
        found = [difference for difference in self.differences if topic in difference.topics]
        return tuple(sorted(found, key=lambda difference: (difference.rank, difference.topics.index(topic))))

    def difference(self, name: str) -> Difference | None:
        """A difference by its id."""
        return next((difference for difference in self.differences if difference.id == name), None)

    def labels(self, sources: Iterable[str]) -> str:
        """The names of sources as members read them: “Nick Fore, Screen Rant (repost)”."""
        return ", ".join(self.sources[source].label for source in sources)
