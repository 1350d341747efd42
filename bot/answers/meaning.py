"""What questions about one film mean."""

from functools import lru_cache

from bot.answers.classifier import Judgement, Text, places
from bot.answers.encoder import Encoder
from bot.answers.features import count
from bot.answers.matches import Certainty
from bot.answers.weights import Weights

REMEMBERED = 256
"""Questions whose embedding is kept: the buttons of a card ask the same again."""


class Meaning:
    """Understands questions about one film, by what was learned from its phrases."""

    def __init__(self, encoder: Encoder, weights: Weights) -> None:
        self.encoder = encoder
        self._weights = weights
        self._understood = lru_cache(maxsize=REMEMBERED)(self._understand)

    def _understand(self, question: str) -> Text:
        (embedding,) = self.encoder.encode([question])
        return Text(embedding, places(embedding, self._weights.directions), count(question))

    def topics(self, question: str) -> Judgement:
        """The topics that a question means."""
        return self._weights.topics.judge(self._understood(question))

    def claimed(self, question: str) -> str | None:
        """The difference of which a question takes one side for granted."""
        judgement = self._weights.claims.judge(self._understood(question))
        return None if judgement.certainty is Certainty.NONE else judgement.scores[0][0]

    def quotes(self, question: str) -> Judgement:
        """The quotes that a question looks for."""
        return self._weights.quotes.judge(self._understood(question))
