"""Topics by their names and by the words of their texts: quick, and all there is while no meaning is known."""

from collections.abc import Iterator

from rapidfuzz import fuzz, process

from bot.answers.matches import Certainty, Match, Resolution
from bot.answers.typos import is_misspelt
from bot.answers.words import WordIndex
from bot.film.models import Subject, Topic
from bot.film.names import normalise
from bot.film.pack import Pack

SURE = 0.7
"""From this score on (0 to 1) a match is taken without doubt; an exact name scores 1."""
LIKELY = 0.49
"""From this score on a match is shown as the answer; below it the member gets the nearest topics to choose from."""
FAINT = 0.25
"""Below this score a match is chance, and not offered to a member."""
NEAR_NAME = 85
"""From this likeness on (0 to 100) a question may be a name with a typo."""
BY_WORDS = 0.7
"""Share of a score that rests on single words; the rest is the likeness to a whole name."""


class Lexicon:
    """The names (ids, titles and aliases) of one pack's topics and subjects, and the words of their texts."""

    def __init__(self, pack: Pack) -> None:
        self._everything: list[Topic | Subject] = [*pack.subjects.values(), *pack.topics.values()]
        self._names = dict(self._each_name())
        self._words = WordIndex(pack, self._everything)

    def _each_name(self) -> Iterator[tuple[str, Topic | Subject]]:
        for found in self._everything:
            for name in (found.id, found.title, *found.aliases):
                yield normalise(name), found

    def named(self, query: str) -> Match | None:
        """What a normalised question names: exactly (score 1), or with slips of the keyboard."""
        if exact := self._names.get(query):
            return Match(exact, 1.0)
        likeness = self._misspelt(query)
        best = max(likeness, key=likeness.__getitem__, default=None)
        return next((Match(found, likeness[best]) for found in self._everything if found.id == best), None)

    def resolve(self, query: str) -> Resolution:
        """What a normalised question means, judged by names and words alone."""
        by_words = self._words.scores(query)
        by_name = self._likeness(query)
        named = self.named(query)
        matches = []
        for found in self._everything:
            score = min(BY_WORDS * by_words.get(found.id, 0) + (1 - BY_WORDS) * by_name.get(found.id, 0), 0.99)
            matches.append(
                Match(found, max(score, named.score) if named is not None and named.found is found else score)
            )
        matches.sort(key=lambda match: -match.score)
        return Resolution(
            tuple(matches), _certainty(matches[0].score if matches else 0), FAINT, is_named=named is not None
        )

    def _likeness(self, query: str) -> dict[str, float]:
        """How like the nearest of its names a question is (0 to 1), by id."""
        likeness: dict[str, float] = {}
        for name, score, _ in process.extract_iter(query, self._names.keys(), scorer=fuzz.token_ratio):
            found = self._names[name].id
            likeness[found] = max(likeness.get(found, 0), score / 100)
        return likeness

    def _misspelt(self, query: str) -> dict[str, float]:
        """How like a name a question is that differs from it only by typos (0 to 0.99), by id."""
        likeness: dict[str, float] = {}
        names = process.extract_iter(query, self._names.keys(), scorer=fuzz.ratio, score_cutoff=NEAR_NAME)
        for name, score, _ in names:
            if is_misspelt(query, name, self._words.knows):
                found = self._names[name].id
                likeness[found] = max(likeness.get(found, 0), min(score / 100, 0.99))
        return likeness


def _certainty(score: float) -> Certainty:
    if score >= SURE:
        return Certainty.SURE
    return Certainty.UNSURE if score >= LIKELY else Certainty.NONE
