"""Which topics speak of the words of a question: rare words weigh more, and words with a typo still count."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from bot.film.models import Subject, Topic
from bot.film.names import normalise
from bot.film.pack import Pack

IN_AN_ALIAS = 0.9
"""What a word counts that stands in an alias of a topic; in its id or title it counts 1."""
IN_THE_TEXT = 0.5
"""What a word counts that stands only in a topic's summary, note, readings or quotes."""
FEW = 4.0
"""A weight like that of one rare word: so much is missing to every question, and short ones prove less."""
NEAR = 80
"""From this likeness on (0 to 100) an unknown word is a known one with a typo."""
SHORTEST_TYPO = 4
"""Letters from which on a word may hold a typo; among shorter ones too many are near each other."""
SHORTEST_STEM = 3
ENDINGS = ("ing", "ed", "ies", "es", "s", "ly")
FILLERS = (
    "actually again also any anyway at basically bro btw even ever exactly guys hey hi idk just like lmao lol maybe "
    "now ok okay omg please pls really so still tbh that then though um well wtf yeah"
)
"""Words that say nothing about what is asked."""


class WordIndex:
    """The words of topics and subjects, and what each of them weighs."""

    def __init__(self, pack: Pack, everything: Sequence[Topic | Subject]) -> None:
        self._counts: dict[str, dict[str, float]] = defaultdict(dict)
        for found in everything:
            for count, texts in _texts(pack, found):
                for word in _words(" ".join(texts)):
                    self._counts[word][found.id] = count
        self._weights = {word: math.log(1 + len(everything) / len(found)) for word, found in self._counts.items()}
        self._unknown_weight = math.log(1 + len(everything))
        self._fillers = set(_words(FILLERS))

    def scores(self, query: str) -> dict[str, float]:
        """How much of a question's words a topic or subject speaks of (0 to 1), by id."""
        total = FEW
        scores: dict[str, float] = defaultdict(float)
        for word in dict.fromkeys(_words(query)):
            if word in self._fillers:
                continue
            known, likeness = self._nearest(word)
            weight = self._weights.get(known, self._unknown_weight)
            total += weight
            for found, count in self._counts.get(known, {}).items():
                scores[found] += weight * count * likeness
        return {found: score / total for found, score in scores.items()}

    def knows(self, word: str) -> bool:
        """Whether a normalised word stands anywhere in the pack, in any of its forms."""
        return stem(word) in self._weights

    def _nearest(self, word: str) -> tuple[str, float]:
        if word in self._weights or len(word) < SHORTEST_TYPO:
            return word, 1.0
        near = process.extractOne(word, self._weights.keys(), scorer=fuzz.ratio, score_cutoff=NEAR)
        return (near[0], near[1] / 100) if near else (word, 0.0)


def _texts(pack: Pack, found: Topic | Subject) -> Iterator[tuple[float, list[str]]]:
    """The texts of a topic or subject with what their words count, the least first."""
    if isinstance(found, Topic):
        quotes = [pack.quotes[quote].text for reading in found.readings for quote in reading.quotes]
        yield IN_THE_TEXT, [found.summary, found.note or "", *(reading.text for reading in found.readings), *quotes]
    else:
        yield IN_THE_TEXT, [found.intro]
    yield IN_AN_ALIAS, list(found.aliases)
    yield 1.0, [found.id, found.title]


def _words(text: str) -> list[str]:
    return [stem(word) for word in normalise(text).split()]


def stem(word: str) -> str:
    """A word without the commonest English endings: “leaves” and “leaving” both become “leav”."""
    ending = next((each for each in ENDINGS if word.endswith(each) and len(word) - len(each) >= SHORTEST_STEM), "")
    stem = word.removesuffix(ending)
    return stem[:-1] if stem.endswith("e") and len(stem) > SHORTEST_STEM else stem
