"""A member's own question, checked before it becomes a poll."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.film.models import PHONE_LABEL_LIMIT
from bot.layout import hidden_by_line
from bot.polls.rules import MOST_OPTIONS, Option

QUESTION_LIMIT = 140
FEWEST_OPTIONS = 2
OPTION_LIMIT = PHONE_LABEL_LIMIT - 2
"""Characters of an option: its letter and a space stand before it."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """What the form asks for."""

    question: str
    options: tuple[Option, ...]
    choices: int
    role_id: int | None


class FormError(ValueError):
    """What was written in the form can't be a poll; each line of the text names a field and says what can."""


def read_question(question: str, options: str, choices: str, role_id: int | None) -> OwnQuestion:
    """Check what was written: 2 to 10 options, one a line, each short enough for a button on a phone.

    Raises:
        FormError: with all that is wrong, and what each field may hold.
    """
    labels = [" ".join(line.split()) for line in hidden_by_line(options).splitlines() if line.strip()]
    text = " ".join(question.split())
    problems = [] if text else ["**Question**: it is empty. Write what you want to ask."]
    most = len(labels)
    if not FEWEST_OPTIONS <= len(labels) <= MOST_OPTIONS:
        most = MOST_OPTIONS
        problems.append(
            f"**Options**: there {'is' if len(labels) == 1 else 'are'} {len(labels)}. "
            f"Write {FEWEST_OPTIONS} to {MOST_OPTIONS}, each on a line of its own."
        )
    problems += _wrong_labels(labels[:MOST_OPTIONS])
    if not choices.strip().isdecimal() or not 1 <= int(choices) <= most:
        problems.append(f"**How many may be chosen**: write a number from 1 to {most}.")
    if problems:
        raise FormError("\n".join(problems))
    found = tuple(Option(f"own-{index}", label) for index, label in enumerate(labels))
    return OwnQuestion(text, found, int(choices), role_id)


def _wrong_labels(labels: Sequence[str]) -> Iterator[str]:
    lines: dict[str, int] = {}
    for number, label in enumerate(labels, 1):
        first = lines.setdefault(label.casefold(), number)
        # Short, since all of these and what was written have to fit in one message.
        if first != number:
            yield f"**Options**, line {number}: same as line {first}."
        elif len(label) > OPTION_LIMIT:
            yield f"**Options**, line {number}: at most {OPTION_LIMIT} characters fit on a phone."
