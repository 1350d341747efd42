"""Shares, intervals and what may be said of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.polls.survey import Row, in_words, leaders, wilson


@pytest.mark.parametrize(
    ("votes", "total", "low", "high"),
    [
        # Worked examples from the literature: E. B. Wilson's interval for 0 of 10, 5 of 10, 10 of 10 and 81 of 263.
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_the_interval_is_wilsons(votes: int, total: int, low: float, high: float) -> None:
    assert wilson(votes, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(min_value=0, max_value=10**6), st.data())
def test_an_interval_holds_the_share_and_stays_a_share(total: int, data: st.DataObject) -> None:
    votes = data.draw(st.integers(min_value=0, max_value=total))
    low, high = wilson(votes, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= votes / total <= high


def row(label: str, votes: int, total: int, survey: int | None = None) -> Row:
    low, high = wilson(votes, total)
    return Row(label, votes, votes / total if total else 0.0, low, high, survey)


def test_a_tie_is_said_as_a_tie() -> None:
    rows = [row("Happy", 2, 5), row("Sad", 2, 5), row("Bittersweet", 1, 5)]
    assert [leader.label for leader in leaders(rows)] == ["Happy", "Sad"]
    assert in_words(rows, 5) == "A tie: **Happy** and **Sad** have 2 of 5 votes each."


def test_a_poll_without_votes_has_no_leader() -> None:
    assert in_words([row("Happy", 0, 0, 12), row("Sad", 0, 0, 88)], 0) == "Nobody voted."


def test_few_votes_that_agree_prove_nothing_and_it_is_said() -> None:
    rows = [row("Happy", 1, 5, 12), row("Sad", 4, 5, 88)]
    assert "With so few votes the server can’t be told apart" in in_words(rows, 5)


def test_few_votes_that_clearly_differ_are_told_apart() -> None:
    rows = [row("Happy", 15, 15, 12), row("Sad", 0, 15, 88)]
    assert "Clearly" in in_words(rows, 15)


def test_enough_votes_say_where_the_server_differs_and_in_which_direction() -> None:
    rows = [row("Happy", 60, 100, 12), row("Sad", 40, 100, 88)]
    assert "Clearly more here than in the survey say happy." in in_words(rows, 100)
    assert rows[0].difference == pytest.approx(48)


def test_agreement_is_said_with_its_limit() -> None:
    rows = [row("Happy", 12, 100, 12), row("Sad", 88, 100, 88)]
    assert "agrees with the survey, as far as 100 votes can tell" in in_words(rows, 100)


def test_a_members_own_words_stay_words_in_the_sentence() -> None:
    rows = [Row(label, 1, 0.5, 0.0, 1.0, None) for label in ("a*b", "[c||d](e)")]
    assert in_words(rows[:1], 1) == r"Most votes: **a\*b**, with 1 of 1."
    assert in_words(rows, 2) == r"A tie: **a\*b** and **\[c\|\|d](e)** have 1 of 2 votes each."
