"""Loading what questions mean: the encoder once, and for each film what was learned from its phrases.

numpy and what needs it are imported with the first load: a bot that is told to do without them saves their memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.film.pack import Pack

if TYPE_CHECKING:
    from bot.answers.encoder import Encoder
    from bot.answers.meaning import Meaning

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Meanings:
    """What questions mean, by film id, and in a sentence for each why it can't be told of other films with phrases."""

    by_film: Mapping[str, "Meaning"]
    missing: tuple[str, ...]


class Understanding:
    """Loads meanings, and keeps the encoder, so that only its first use takes a second or two and 130 MiB."""

    def __init__(self) -> None:
        self._encoder: Encoder | None = None

    def load(self, packs: Iterable[Pack]) -> Meanings:
        """The meanings of the films that have phrases.

        A film whose weights can't be used is left out, and the log says why: names and words answer for it.
        """
        from bot.answers.encoder import UniversalSentenceEncoder
        from bot.answers.meaning import Meaning
        from bot.answers.weights import WeightsError, read_weights

        found = {}
        missing = []
        for pack in packs:
            if not pack.phrases:
                continue
            try:
                found[pack.film.id] = read_weights(pack)
            except WeightsError as error:
                log.warning("questions about a film are understood by names and words alone", reason=str(error))
                missing.append(str(error))
        if not found:
            return Meanings({}, tuple(missing))
        encoder = self._encoder = self._encoder or UniversalSentenceEncoder()
        return Meanings({film: Meaning(encoder, weights) for film, weights in found.items()}, tuple(missing))


def load_meanings(packs: Iterable[Pack]) -> Mapping[str, "Meaning"]:
    """The meanings of the films that have phrases, by film id, with an encoder of their own."""
    return Understanding().load(packs).by_film
