"""Durations as people write them, and voters whom nobody can name."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.film.pack import Pack
from bot.polls.rules import LONGEST, SHORTEST, DurationError, ending_poll, new_voter_key, parse_duration, voter


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("3 days", timedelta(days=3)),
        ("90m", timedelta(minutes=90)),
        ("1 h 30 min", timedelta(hours=1, minutes=30)),
        ("2 weeks", timedelta(weeks=2)),
        ("1 day and 2 hours", timedelta(days=1, hours=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("3 Tage", timedelta(days=3)),
        ("1 Stunde und 30 Minuten", timedelta(hours=1, minutes=30)),
        ("1.5 h", timedelta(minutes=90)),
        (" 5 MINUTES ", timedelta(minutes=5)),
        ("90 days", timedelta(days=90)),
    ],
)
def test_a_duration_is_read_as_people_write_it(typed: str, expected: timedelta | None) -> None:
    if expected is None:
        with pytest.raises(DurationError, match="Write it like"):
            parse_duration(typed)
    else:
        assert parse_duration(typed) == expected


@pytest.mark.parametrize("typed", ["4 minutes", "91 days", "0 days", "", "99999 weeks"])
def test_a_duration_out_of_bounds_names_the_bounds(typed: str) -> None:
    with pytest.raises(DurationError, match="from 5 minutes to 90 days"):
        parse_duration(typed)


@pytest.mark.parametrize(
    "typed", ["soon", "3", "days", "3 parsecs", "-3 days", "3 days!", "3 d a y s", "6 months", "1 decade", "2 whatever"]
)
def test_what_is_no_duration_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(DurationError, match="Write it like `90 minutes`"):
        parse_duration(typed)


@given(st.text(max_size=50))
def test_any_text_is_a_duration_in_bounds_or_refused(typed: str) -> None:
    with contextlib.suppress(DurationError):
        assert SHORTEST <= parse_duration(typed) <= LONGEST


@given(st.integers(min_value=0, max_value=2**64 - 1), st.integers(min_value=0, max_value=2**64 - 1))
def test_a_voter_is_the_same_in_one_poll_and_another_in_the_next(one: int, other: int) -> None:
    key = new_voter_key()
    assert voter(key, one) == voter(key, one)
    assert (voter(key, one) == voter(key, other)) == (one == other)
    assert voter(key, one) != voter(new_voter_key(), one)


def test_the_poll_of_her_is_the_five_way_question_with_its_year(her: Pack) -> None:
    poll = ending_poll(her)
    assert [option.id for option in poll.options] == ["happy", "sad", "bittersweet", "open-ended", "ambiguous"]
    assert [option.survey_percent for option in poll.options] == [12, 28, 41, 11, 8]
    assert "Her (2013)" in poll.question
