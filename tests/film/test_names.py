"""What people type and what a pack calls a thing meet in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.film.names import normalise


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("The  Letter?", "the letter"),
        ("  why did SHE leave…", "why did she leave"),
        ("theodore's", "theodores"),
        ("theodore’s", "theodores"),
        ("8,316", "8316"),
        ("one, 2", "one 2"),
        ("Beyoncé naïve", "beyonce naive"),
        ("ﬁnal act", "final act"),
        ("Straße", "strasse"),
        ("℠ and Ⅷ", "sm and viii"),
        ("left-or-decommissioned", "left or decommissioned"),
        ("サマンサ", "サマンサ"),
        ("¿?!", ""),
        ("", ""),
    ],
)
def test_case_accents_punctuation_and_spaces_make_no_difference(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@given(st.text())
def test_a_normalised_text_stays_as_it_is(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once
    assert once == " ".join(once.split())
