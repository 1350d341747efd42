"""From what a member typed to what they mean, in order of certainty: a name, a name with typos, the meaning."""

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.answers.lexical import Lexicon
from bot.answers.matches import Certainty, Match, Resolution
from bot.film.names import normalise
from bot.film.pack import Pack

if TYPE_CHECKING:
    from bot.answers.meaning import Meaning

QUERY_LIMIT = 200
"""Characters of a question that are looked at; a question is seldom longer than 100."""
REMEMBERED = 256
"""Questions whose answer is remembered, in memory only."""


class Resolver:
    """Finds the topics of one pack. Until it is told what questions mean, names and words alone decide."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._lexicon = Lexicon(pack)
        self.meaning: Meaning | None = None
        # The same completions and questions come again and again.
        self._resolved = lru_cache(maxsize=REMEMBERED)(self._resolve)

    def understand(self, meaning: "Meaning") -> None:
        """Answer by what questions mean from now on."""
        self.meaning = meaning
        self._resolved.cache_clear()

    def resolve(self, question: str) -> Resolution:
        """What a question means, the most likely first; nothing for a question without words."""
        return self._resolved(question[:QUERY_LIMIT])

    def _resolve(self, question: str) -> Resolution:
        query = normalise(question)
        if not query:
            return Resolution()
        if self.meaning is None:
            return self._lexicon.resolve(query)
        understood = self.meaning.topics(question)
        matches = [Match(self._pack.topics[name], score) for name, score in understood.scores]
        if named := self._lexicon.named(query):
            rest = (match for match in matches if match.found is not named.found)
            return Resolution((named, *rest), Certainty.SURE, is_named=True)
        return Resolution(tuple(matches), understood.certainty, claimed=self.meaning.claimed(question), by_meaning=True)
