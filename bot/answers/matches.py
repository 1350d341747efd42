"""What a question leads to: topics with their scores, and how certain it is that one of them is meant."""

from dataclasses import dataclass
from enum import Enum

from bot.film.models import Subject, Topic

OFFERED = 2
"""Other topics that are offered beside an answer."""
NEAREST = 3
"""Topics that are offered in place of an answer."""


class Certainty(Enum):
    """Whether the best match is what was asked, may be it, or is only what comes nearest."""

    SURE = "sure"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """A topic or subject, and how well it fits (0 to 1)."""

    found: Topic | Subject
    score: float


@dataclass(frozen=True, slots=True)
class Resolution:
    """The matches of a question, the best first. What scores less than `faint` is chance, and offered to nobody.

    `claimed` is the difference of which the question takes one side for granted; `is_named` says that the question is
    the name of the best match, perhaps with typos; `by_meaning` that it was understood, and not only compared by words.
    """

    matches: tuple[Match, ...] = ()
    certainty: Certainty = Certainty.NONE
    faint: float = 0.0
    claimed: str | None = None
    is_named: bool = False
    by_meaning: bool = False

    @property
    def answer(self) -> Match | None:
        """What is answered; None where no match is good enough."""
        return self.matches[0] if self.certainty is not Certainty.NONE else None

    @property
    def instead(self) -> tuple[Match, ...]:
        """What a member may have meant: beside an unsure answer, or in place of one."""
        if self.certainty is Certainty.SURE:
            return ()
        candidates = self.matches[1 : 1 + OFFERED] if self.answer else self.matches[:NEAREST]
        return tuple(match for match in candidates if match.score >= self.faint)
