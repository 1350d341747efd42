"""Which label a text means, and whether it means any: two judges, and a gate before them.

One judge looks at the meaning (logistic regression on sentence embeddings), the other at words and pieces of words
(the same on TF-IDF); their log-probabilities are added. The gate weighs how sure both are against how near the text is
to examples with and without an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.answers.features import Counts, Features, Floats
from bot.answers.matches import Certainty

NEIGHBOURS = 3
"""Nearest examples whose likeness is averaged."""
Bytes = npt.NDArray[np.int8]
SHORTEST = 1e-6
"""A length to divide by where there is none."""
LARGEST = 127
"""The largest number of a byte."""


def in_bytes(values: Floats) -> tuple[Bytes, Floats]:
    """Numbers in bytes, and by what to multiply each column to have them back, nearly."""
    scale = np.maximum(np.abs(values).max(axis=0) / LARGEST, SHORTEST)
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as classifiers see it: its meaning, where that lies among a film's texts (see `places`), and its words."""

    embedding: Floats
    place: Floats
    counts: Counts


@dataclass(frozen=True, slots=True)
class Judgement:
    """The labels with their scores (0 to 1, together 1), the best first, and whether the best is an answer."""

    scores: tuple[tuple[str, float], ...]
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Judge:
    """A linear classifier: a column of weights for each label, and last one for “no answer”.

    The weights are in bytes, to be multiplied by the `scale` of their column: a quarter of the size, and as good.
    """

    weights: Bytes
    scale: Floats
    bias: Floats

    def of_embedding(self, embedding: Floats) -> Floats:
        """The log-probability of each label for an embedding."""
        return log_softmax(embedding @ self.weights * self.scale + self.bias)

    def of_features(self, indices: npt.NDArray[np.int64], values: Floats) -> Floats:
        """The log-probability of each label for some features."""
        return log_softmax(values @ self.weights[indices] * self.scale + self.bias)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a text has an answer: a logistic regression over the signs that `signs` gathers."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    def opens(self, signs: Floats) -> float:
        """The probability (0 to 1) that a text has an answer."""
        return float(1 / (1 + np.exp(-((signs - self.mean) / self.scale @ self.weights + self.bias))))


@dataclass(frozen=True, slots=True)
class Classifier:
    """All that was learned for one set of labels.

    `answered` and `unanswered` are the places of texts with and without an answer, a row for each. A text whose gate
    stays below `refused_below` has none; a best label with a score from `sure_from` on is taken without doubt.
    """

    labels: Sequence[str]
    features: Features
    by_meaning: Judge
    by_words: Judge
    gate: Gate
    answered: Floats
    unanswered: Floats
    refused_below: float
    sure_from: float

    def judge(self, text: Text) -> Judgement:
        """What a text means."""
        meaning = self.by_meaning.of_embedding(text.embedding)
        words = self.by_words.of_features(*self.features.vector(text.counts))
        near = nearest(self.answered @ text.place), nearest(self.unanswered @ text.place)
        scores = np.exp(log_softmax((meaning + words)[:-1]))
        order = np.argsort(-scores)
        return Judgement(
            tuple((self.labels[index], float(scores[index])) for index in order),
            self._certainty(self.gate.opens(signs(meaning, words, near)), float(scores[order[0]])),
        )

    def _certainty(self, answerable: float, best: float) -> Certainty:
        if answerable < self.refused_below:
            return Certainty.NONE
        return Certainty.SURE if best >= self.sure_from else Certainty.UNSURE


def signs(meaning: Floats, words: Floats, near: tuple[float, float]) -> Floats:
    """What the gate looks at: how far “no answer” is from the best label for both judges together and for each, how far
    the second label is, how sure each judge is, and how near the nearest examples with and without an answer are."""
    both = log_softmax(meaning + words)
    second, best = np.argsort(both[:-1])[-2:]
    return np.array(
        [
            both[-1] - both[best],
            both[best] - both[second],
            meaning[-1] - meaning[best],
            words[-1] - words[best],
            meaning[best],
            words[best],
            *near,
        ],
        dtype=np.float32,
    )


def places(embeddings: Floats, directions: Floats) -> Floats:
    """Where texts lie, seen in the few directions in which the texts of a film differ most; each has length 1."""
    seen = embeddings @ directions
    length = np.linalg.norm(seen, axis=-1, keepdims=True)
    return np.asarray(seen / np.maximum(length, SHORTEST), dtype=np.float32)


def nearest(likeness: Floats) -> float:
    """The likeness of the few nearest examples (-1 to 1)."""
    if len(likeness) <= NEIGHBOURS:
        return float(likeness.mean()) if len(likeness) else 0.0
    return float(np.partition(likeness, -NEIGHBOURS)[-NEIGHBOURS:].mean())


def log_softmax(values: Floats) -> Floats:
    """Log-probabilities of scores, safe from overflow."""
    shifted = values - values.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), dtype=np.float32)
