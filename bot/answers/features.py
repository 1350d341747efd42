"""What a text looks like to the classifier: its words, and the pieces of its words, which survive typos."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from bot.film.names import normalise

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint32]
Counts = tuple[tuple[Hashes, Floats], ...]
"""The features of a text for each kind, words and pieces: which, and how often."""
Sparse = tuple[npt.NDArray[np.int64], Floats]
"""The features that a text has, by index, and how much each counts."""

PIECES = range(2, 5)
"""Letters of the pieces of a word, whose beginning and end count as letters."""
SEEN_IN = 2
"""Phrases in which a feature must stand to be kept: what stands in one says nothing about others."""


def count(text: str) -> Counts:
    """The features of a text. A feature is known by a hash, which takes a tenth of the memory of its letters."""
    words = normalise(text).split()
    return _counted(_words(words)), _counted(_pieces(words))


def _words(words: list[str]) -> Iterator[str]:
    """Words, and two words in a row."""
    yield from (f"w{word}" for word in words)
    yield from (f"w{first} {second}" for first, second in pairwise(words))


def _pieces(words: list[str]) -> Iterator[str]:
    for word in words:
        marked = f" {word} "
        for length in PIECES:
            yield from (f"p{marked[at : at + length]}" for at in range(max(len(marked) - length + 1, 1)))


def _counted(features: Iterable[str]) -> tuple[Hashes, Floats]:
    counts = Counter(crc32(feature.encode()) for feature in features)
    hashes = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
    return hashes, np.fromiter(counts.values(), dtype=np.float32, count=len(counts))


@dataclass(frozen=True, slots=True)
class Features:
    """A vocabulary of features, by their hashes in ascending order, with their weights (TF-IDF, sublinear)."""

    hashes: Hashes
    weights: Floats

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Features":
        """The features of a collection of texts, weighed by how rare they are in it."""
        seen = [np.concatenate([hashes for hashes, _ in count(text)]) for text in texts]
        hashes, counts = np.unique(np.concatenate(seen), return_counts=True)
        kept = counts >= SEEN_IN
        weights = np.log((1 + len(seen)) / (1 + counts[kept])) + 1
        return cls(hashes[kept], weights.astype(np.float32))

    def vector(self, counts: Counts) -> Sparse:
        """The known features among those of a text; those of each kind together have length 1."""
        indices, values = zip(*(self._known(*counted) for counted in counts), strict=True)
        return np.concatenate(indices), np.concatenate(values)

    def _known(self, hashes: Hashes, counts: Floats) -> Sparse:
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self.hashes)] = 0
        known = self.hashes[places] == hashes
        indices = places[known]
        values = (1 + np.log(counts[known])) * self.weights[indices]
        # Every weight is at least 1, so that only a text without known features has a length of less.
        return indices, values / max(float(np.linalg.norm(values)), 1.0)
