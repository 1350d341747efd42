"""Loading what questions mean: the encoder once, and for each film what was learned from its phrases."""

from collections.abc import Iterable

import structlog

from bot.answers.encoder import UniversalSentenceEncoder
from bot.answers.meaning import Meaning
from bot.answers.weights import WeightsError, read_weights
from bot.film.pack import Pack

log = structlog.get_logger(__name__)


def load_meanings(packs: Iterable[Pack]) -> dict[str, Meaning]:
    """The meanings of the films that have phrases, by film id. It takes a second or two and 130 MiB.

    A film whose weights can't be used is left out, and the log says why: names and words answer for it.
    """
    found = {}
    for pack in packs:
        if not pack.phrases:
            continue
        try:
            found[pack.film.id] = read_weights(pack)
        except WeightsError as error:
            log.warning("questions about a film are understood by names and words alone", reason=str(error))
    if not found:
        return {}
    encoder = UniversalSentenceEncoder()
    return {film: Meaning(encoder, weights) for film, weights in found.items()}
