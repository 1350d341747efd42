"""What to offer while a member types: what is called so, titles with that word, then names that begin like it, names
that hold it, and names with its words."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from math import log

from rapidfuzz import fuzz, process

from bot.answers.words import FILLERS
from bot.film.models import Subject, Topic
from bot.film.names import normalise
from bot.film.pack import Pack

TYPED_LIMIT = 100
"""Characters that are looked at while a member types."""
ENOUGH = 0.5
"""Share of what was typed, by the weight of its words (0 to 1), that the names of a topic must have."""
NEAR = 75
"""From this likeness on (0 to 100) a word is another one with a typo."""
SHORTEST_TYPO = 4
MANY = 0.2
"""A word that more than this share of the titles have, such as “the”, says nothing; it may be a word’s beginning."""
REMEMBERED = 2_000
"""Words whose nearest one is remembered: a member types the same word again with every letter of the next."""


class Completion:
    """The names of one pack's topics and subjects, ready for every keystroke."""

    def __init__(self, pack: Pack) -> None:
        everything: list[Topic | Subject] = [*pack.subjects.values(), *pack.topics.values()]
        self._found = {found.id: found for found in everything}
        self._first = [self._found[name] for name in (*pack.subjects, *pack.film.featured)]
        self._names = [
            (normalise(name), found.id) for found in everything for name in (found.id, found.title, *found.aliases)
        ]
        self._named = dict(reversed(self._names))
        self._titled: defaultdict[str, list[str]] = defaultdict(list)
        for found in everything:
            for word in dict.fromkeys(normalise(found.title).split()):
                self._titled[word].append(found.id)
        self._begun: defaultdict[str, set[str]] = defaultdict(set)
        for name, called in self._names:
            for word in name.split():
                self._begun[word].add(called)
        self._words = sorted(self._begun)
        self._fillers = set(FILLERS.split())
        self._meant = lru_cache(maxsize=REMEMBERED)(self._leading)

    def complete(self, typed: str, limit: int) -> list[Topic | Subject]:
        """At most `limit` topics and subjects for what was typed; the featured ones for nothing typed."""
        query = normalise(typed[:TYPED_LIMIT])
        if not query:
            return self._first[:limit]
        offered: dict[str, None] = {}
        ways = (self._called, self._having_word, self._beginning, self._holding, self._by_words)
        for each in (way(query) for way in ways):
            for found in each:
                offered[found] = None
                if len(offered) == limit:
                    return [self._found[name] for name in offered]
        return [self._found[name] for name in offered]

    def _called(self, query: str) -> Iterator[str]:
        if query in self._named:
            yield self._named[query]

    def _having_word(self, query: str) -> list[str]:
        """The titles with the one word that was typed: who types “letter” does not begin “Letterboxd”."""
        titles = self._titled.get(query, [])
        return titles if len(titles) <= MANY * len(self._found) else []

    def _beginning(self, query: str) -> Iterator[str]:
        return (found for name, found in self._names if name.startswith(query))

    def _holding(self, query: str) -> Iterator[str]:
        return (found for name, found in self._names if query in name)

    def _by_words(self, query: str) -> list[str]:
        """The topics whose names have most of the words, the last of which may be unfinished."""
        scores: defaultdict[str, float] = defaultdict(float)
        total = 0.0
        for word in dict.fromkeys(query.split()):
            if word in self._fillers:
                continue
            found = self._meant(word)
            weight = log(1 + len(self._found) / max(len(found), 1))
            total += weight
            for name in found:
                scores[name] += weight
        enough = [name for name, score in scores.items() if score >= ENOUGH * total]
        return sorted(enough, key=lambda name: -scores[name])

    def _leading(self, word: str) -> frozenset[str]:
        """What has a word that begins like this one, or else the word that this one is with a typo."""
        start = bisect_left(self._words, word)
        found: set[str] = set()
        for known in self._words[start:]:
            if not known.startswith(word):
                break
            found |= self._begun[known]
        if not found and len(word) >= SHORTEST_TYPO:
            near = process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=NEAR)
            found = self._begun[near[0]] if near else found
        return frozenset(found)
