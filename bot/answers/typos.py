"""Whether what was typed is a name with slips of the keyboard in it, rather than a name with another word."""

from collections.abc import Callable

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from bot.answers.words import FILLERS

NEAR = 80
"""From this likeness on (0 to 100) a word that the pack doesn't know is another one with a slip."""
ALIKE = 90
"""From this likeness on two long words are the same one, even where the pack knows both: “theodor” and “theodore”."""
SHORTEST_SLIP = 4
"""Letters from which on a word may lack a letter or have a wrong one: “lie” is not “die”."""
SHORTEST_ALIKE = 6
PASSED_OVER = {"a", "an", "the", *FILLERS.split()}
"""Words that may be there or not without another meaning."""


def is_misspelt(typed: str, name: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a normalised text has the words of a name, one by one, up to slips. `is_known` tells a pack's words."""
    pairs = (typed.split(), name.split())
    without = tuple([word for word in words if word not in PASSED_OVER] for words in pairs)
    return any(
        len(words) == len(wanted)
        and all(word == meant or _is_slip(word, meant, is_known) for word, meant in zip(words, wanted, strict=True))
        for words, wanted in (pairs, without)
    )


def _is_slip(word: str, meant: str, is_known: Callable[[str], bool]) -> bool:
    shortest = min(len(word), len(meant))
    likeness = fuzz.ratio(word, meant)
    if (shortest >= SHORTEST_ALIKE and likeness >= ALIKE) or _is_swapped(word, meant):
        return True
    return shortest >= SHORTEST_SLIP and likeness >= NEAR and not is_known(word)


def _is_swapped(word: str, meant: str) -> bool:
    """Whether two letters side by side have changed places: “teh” for “the”."""
    return sorted(word) == sorted(meant) and OSA.distance(word, meant) == 1
