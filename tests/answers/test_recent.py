"""The memory of what was answered just now stays small and forgets in time."""

from datetime import timedelta

import pytest

from bot.answers import recent
from bot.answers.pages import Page, quote_page
from bot.answers.recent import FRESH, Recent
from tests.conftest import HandClock

GRIEF, ROOF = Page("her", "grief"), Page("her", "rooftop")


def test_an_answer_is_known_by_channel_and_page_while_it_is_fresh(clock: HandClock) -> None:
    memory = Recent(clock)
    memory.note(1, GRIEF, "first")
    assert memory.find(2, GRIEF) is None
    assert memory.find(1, ROOF) is None
    clock.move(FRESH - timedelta(seconds=1))
    earlier = memory.find(1, GRIEF)
    assert earlier is not None
    assert earlier.token == "first"
    clock.move(timedelta(seconds=1))
    assert memory.find(1, GRIEF) is None


def test_the_latest_of_two_answers_is_the_one_that_is_pointed_to(clock: HandClock) -> None:
    memory = Recent(clock)
    memory.note(1, GRIEF, "first")
    memory.note(1, GRIEF, "second")
    found = memory.find(1, GRIEF)
    assert found is not None
    assert found.token == "second"


def test_past_its_bound_the_oldest_answer_is_forgotten(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 2)
    memory = Recent(clock)
    memory.note(1, GRIEF, "first")
    memory.note(1, ROOF, "second")
    memory.note(1, GRIEF, "third")
    memory.note(2, GRIEF, "fourth")
    assert memory.find(1, ROOF) is None
    assert memory.find(1, GRIEF)
    assert memory.find(2, GRIEF)


def test_a_search_is_the_same_in_capitals(clock: HandClock) -> None:
    memory = Recent(clock)
    memory.note(1, quote_page("her", 0, "The Letter"), "first")
    assert memory.find(1, quote_page("her", 0, "the letter"))
    assert memory.find(1, quote_page("her", 1, "the letter")) is None
