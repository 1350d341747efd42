"""A slip of the keyboard keeps a name; another word makes another question of it."""

import pytest

from bot.answers.typos import is_misspelt

KNOWN = {"the", "letter", "left", "felt", "leave", "love", "samantha", "theodore", "moving", "loving", "dead"}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("teh letter", "the letter"),
        ("letter", "the letter"),
        ("the lettr", "the letter"),
        ("samantha leav", "samantha leave"),
        ("theodor", "theodore"),
        ("ok so the letter", "letter"),
    ],
)
def test_slips_articles_and_fillers_keep_a_name(typed: str, name: str) -> None:
    assert is_misspelt(typed, name, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("samantha felt", "samantha left"),
        ("samantha lie", "samantha die"),
        ("samantha bad", "samantha dead"),
        ("samantha moving", "samantha loving"),
        ("samantha not leave", "samantha leave"),
        ("samantha", "samantha leave"),
        ("leave samantha", "samantha leave"),
    ],
)
def test_another_word_makes_another_question(typed: str, name: str) -> None:
    assert not is_misspelt(typed, name, KNOWN.__contains__)
