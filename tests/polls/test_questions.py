"""A member's own question is checked as a whole."""

import pytest

from bot.film.models import PHONE_LABEL_LIMIT
from bot.polls.form import QuestionForm, refusal
from bot.polls.questions import QUESTION_LIMIT, FormError, read_question
from bot.polls.rules import MOST_OPTIONS


def said(question: str, options: str, choices: str) -> str:
    with pytest.raises(FormError) as error:
        read_question(question, options, choices, None)
    return str(error.value)


def test_all_that_is_wrong_is_said_at_once_on_a_line_each() -> None:
    assert said(" ", f"Tea\n{'x' * 33}\ntea\n{'y' * 32}\n{'z' * 40}", "9").splitlines() == [
        "**Question**: it is empty. Write what you want to ask.",
        "**Options**, line 2: at most 32 characters fit on a phone.",
        "**Options**, line 3: same as line 1.",
        "**Options**, line 5: at most 32 characters fit on a phone.",
        "**How many may be chosen**: write a number from 1 to 5.",
    ]


@pytest.mark.parametrize(("count", "there"), [(0, "are 0"), (1, "is 1"), (11, "are 11")])
def test_a_wrong_number_of_options_does_not_limit_how_many_may_be_chosen(count: int, there: str) -> None:
    options = "\n".join(map(str, range(count)))
    wrong_number = f"**Options**: there {there}. Write 2 to 10, each on a line of its own."
    assert said("What?", options, "2") == wrong_number
    assert said("What?", options, "11") == (f"{wrong_number}\n**How many may be chosen**: write a number from 1 to 10.")


def test_the_form_says_beforehand_how_long_an_option_may_be() -> None:
    described = QuestionForm.options.description or ""
    assert described == "2 to 10, each on a line of its own and of at most 32 characters"
    assert len(described) <= 100


MANY = "||" + 168 * "\n*" + "||"
LONG = "\n".join("*" * 32 + letter for letter in "abcdefghij")


@pytest.mark.parametrize("options", [MANY, LONG], ids=["many", "long"])
def test_all_that_is_wrong_fits_in_a_message_with_all_that_was_written(options: str) -> None:
    # As much as the form takes, and all of it made longer by being escaped.
    question = "*" * QUESTION_LIMIT
    assert len(options) <= MOST_OPTIONS * PHONE_LABEL_LIMIT
    assert len(refusal(question, options, FormError(said(question, options, "x")))) <= 2_000
