"""How names are compared: what people type and what a pack calls a thing meet in one form."""

import re
import unicodedata

THOUSANDS_MARK = re.compile(r"(?<=\d),(?=\d)")


def normalise(text: str) -> str:
    """A text without case, accents, punctuation and doubled spaces: “The  8,316?” becomes “the 8316”."""
    # Twice, since folding the case can compose characters and decomposing can bring capitals: “℠” is “SM”.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (
        character if character.isalnum() else " "
        for character in THOUSANDS_MARK.sub("", decomposed)
        if character not in "'’" and not unicodedata.combining(character)
    )
    return " ".join("".join(kept).split())
