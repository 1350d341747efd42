"""Finding quotes: by the topic that words lead to, then by the words of the quotes themselves."""

from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.answers.lexical import SURE
from bot.answers.matches import Certainty
from bot.answers.resolver import Resolver
from bot.answers.words import FILLERS, stem
from bot.film.models import FilmLine, Quote, Topic
from bot.film.names import normalise
from bot.film.pack import Pack

QUERY_LIMIT = 60
"""Characters of a search that count: they travel in the custom_id of “Another”, which has room for 100."""
ENOUGH = 0.72
"""Share of a search (0 to 1) that must be found in a quote's words for the quote to be shown."""
LIKELY = 5
"""Quotes that are offered by their meaning."""
FAINT = 0.02
"""Below this score (0 to 1) a quote is not what a search means; the best one mostly has more than 0.9."""
SHORTEST_TYPO = 5
"""Letters from which on a word of a search may hold a typo."""
NEAR = 85
"""From this likeness on (0 to 100) two words are one with a typo."""
COMMON = (
    "a about all am an and are as at be been but by can did didnt do does doesnt dont for from had has have he her "
    "hes him his how i im in into is isnt it its ive me my not of on or our she shes so than that the their them "
    "then there they theyre this to us was wasnt we were what when where which who why will with would you your "
    "youre"
)
"""Words that are in every text, so that they find nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """The quotes for a search, in an order that is the same at every call.

    `letter` says that they are the parts of the film's letter, to be shown together; `by_meaning` that the first one
    was found by what it means, since no quote has the words of the search.
    """

    query: str
    quotes: tuple[Quote, ...]
    letter: bool = False
    by_meaning: bool = False


class QuoteFinder:
    """Searches the quotes of one pack: by a topic's name, by the words of the quotes, by what they mean."""

    def __init__(self, pack: Pack, resolver: Resolver) -> None:
        self._pack = pack
        self._resolver = resolver
        self._ignored = set(_words(f"{COMMON} {FILLERS}"))
        self._words = {quote.id: frozenset(_words(_searched(quote))) for quote in pack.quotes.values()}

    def find(self, about: str) -> Found:
        """The quotes for what a member typed. All quotes of the pack for nothing typed."""
        query = self._squeezed(" ".join(about.split()))
        if not normalise(query):
            return Found("", tuple(sorted(self._pack.quotes.values(), key=_rank)))
        likeness = self._likeness(query)
        resolution = self._resolver.resolve(query)
        match = resolution.answer
        by_topic = self._quotes_on(match.found.id) if match else []
        by_words = [quote for quote in self._pack.quotes.values() if likeness[quote.id] >= ENOUGH]
        # The words of a quote win over a topic that is only likely.
        best = max((likeness[quote.id] for quote in by_words), default=0)
        if by_words and (match is None or match.score < min(SURE, best) or not resolution.is_named):
            by_words.sort(key=lambda quote: (-likeness[quote.id], _rank(quote)))
            return Found(query, _each_once(by_words + sorted(by_topic, key=_rank)))
        if not resolution.is_named and (by_meaning := self._by_meaning(query)):
            return Found(query, _each_once(by_meaning + sorted(by_topic, key=_rank)), by_meaning=True)

        def place(quote: Quote) -> tuple[bool, bool, float, bool]:
            is_critic, is_disputed = _rank(quote)
            # Whoever types the very words of a disputed quote means it; else it comes last.
            return is_critic, is_disputed and likeness[quote.id] < ENOUGH, -likeness[quote.id], is_disputed

        found = sorted(by_topic + by_words, key=place)
        return Found(query, _each_once(found), letter=match is not None and self._is_letter(match.found))

    def _squeezed(self, query: str) -> str:
        """A search as short as its button can carry: a long one without the words that say nothing."""
        if len(query) <= QUERY_LIMIT:
            return query
        telling = dict.fromkeys(word for word in query.split() if stem(normalise(word)) not in self._ignored)
        return (" ".join(telling)[:QUERY_LIMIT] or query[:QUERY_LIMIT]).strip()

    def _by_meaning(self, query: str) -> list[Quote]:
        """The quotes that a search means, those of the film first; none where it means none."""
        meaning = self._resolver.meaning
        judgement = meaning.quotes(query) if meaning else None
        if judgement is None or judgement.certainty is Certainty.NONE:
            return []
        likely = [self._pack.quotes[name] for name, score in judgement.scores[:LIKELY] if score >= FAINT]
        return sorted(likely, key=lambda quote: not isinstance(quote, FilmLine))

    def _likeness(self, query: str) -> dict[str, float]:
        """The share of a search's words (0 to 1) that each quote has, by id."""
        wanted = [word for word in dict.fromkeys(_words(query)) if word not in self._ignored]
        return {
            name: sum(_is_among(word, words) for word in wanted) / max(len(wanted), 1)
            for name, words in self._words.items()
        }

    def _is_letter(self, found: object) -> bool:
        """Whether a topic is the letter itself: all lines of the letter belong to it."""
        letter = self._pack.letter
        return isinstance(found, Topic) and bool(letter) and all(found.id in line.topics for line in letter)

    def _quotes_on(self, name: str) -> list[Quote]:
        topics = self._pack.subjects[name].topics if name in self._pack.subjects else (name,)
        return [quote for topic in topics for quote in self._pack.quotes.values() if topic in quote.topics]


def _rank(quote: Quote) -> tuple[bool, bool]:
    """The film's own words come first, and what the film contradicts comes last."""
    return not isinstance(quote, FilmLine), quote.disputed


def _each_once(quotes: list[Quote]) -> tuple[Quote, ...]:
    return tuple({quote.id: quote for quote in quotes}.values())


def _words(text: str) -> list[str]:
    return [stem(word) for word in normalise(text).split()]


def _searched(quote: Quote) -> str:
    """The words that find a quote: its own, and what a part of the letter is called."""
    part = quote.letter_part if isinstance(quote, FilmLine) else None
    return f"{quote.text} {part.title}" if part else quote.text


def _is_among(word: str, words: frozenset[str]) -> bool:
    """Whether a word is one of a quote's, whole; a long one also with a typo."""
    return word in words or (
        len(word) >= SHORTEST_TYPO
        and any(len(other) >= SHORTEST_TYPO and fuzz.ratio(word, other) >= NEAR for other in words)
    )
