"""A member's own question, checked before it becomes a poll."""

from dataclasses import dataclass

from bot.film.models import PHONE_LABEL_LIMIT
from bot.layout import escape, hidden_by_line
from bot.polls.rules import MOST_OPTIONS, Option

QUESTION_LIMIT = 140
FEWEST_OPTIONS = 2


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """What the form asks for."""

    question: str
    options: tuple[Option, ...]
    choices: int
    role_id: int | None


class FormError(ValueError):
    """What was written in the form can't be a poll; the text names the field and says what can."""


def read_question(question: str, options: str, choices: str, role_id: int | None) -> OwnQuestion:
    """Check what was written: 2 to 10 options, one a line, each short enough for a button on a phone.

    Raises:
        FormError: with the field and what it may hold.
    """
    labels = [" ".join(line.split()) for line in hidden_by_line(options).splitlines() if line.strip()]
    text = " ".join(question.split())
    if not text:
        raise FormError("**Question**: it is empty. Write what you want to ask.")
    if not FEWEST_OPTIONS <= len(labels) <= MOST_OPTIONS:
        raise FormError(
            f"**Options**: there are {len(labels)}. "
            f"Write {FEWEST_OPTIONS} to {MOST_OPTIONS}, each on a line of its own."
        )
    for number, label in enumerate(labels, 1):
        if len(label) > PHONE_LABEL_LIMIT - 2:
            raise FormError(f"**Options**, line {number}: at most {PHONE_LABEL_LIMIT - 2} characters fit on a phone.")
        if label.casefold() in (other.casefold() for other in labels[: number - 1]):
            raise FormError(f"**Options**, line {number}: “{escape(label)}” stands there twice.")
    if not choices.strip().isdecimal() or not 1 <= int(choices) <= len(labels):
        raise FormError(f"**How many may be chosen**: write a number from 1 to {len(labels)}.")
    found = tuple(Option(f"own-{index}", label) for index, label in enumerate(labels))
    return OwnQuestion(text, found, int(choices), role_id)
