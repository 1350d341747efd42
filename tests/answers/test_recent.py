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
    memory.note(1, GRIEF, 100)
    assert memory.find(2, GRIEF) is None
    assert memory.find(1, ROOF) is None
    clock.move(FRESH - timedelta(seconds=1))
    earlier = memory.find(1, GRIEF)
    assert earlier is not None
    assert earlier.message_id == 100
    clock.move(timedelta(seconds=1))
    assert memory.find(1, GRIEF) is None


def test_the_latest_of_two_answers_is_the_one_that_is_pointed_to(clock: HandClock) -> None:
    memory = Recent(clock)
    memory.note(1, GRIEF, 100)
    memory.note(1, GRIEF, 101)
    memory.forget(100)
    found = memory.find(1, GRIEF)
    assert found is not None
    assert found.message_id == 101


def test_past_its_bound_the_oldest_answer_is_forgotten(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 2)
    memory = Recent(clock)
    memory.note(1, GRIEF, 100)
    memory.note(1, ROOF, 101)
    memory.note(1, GRIEF, 102)
    memory.note(2, GRIEF, 103)
    assert memory.find(1, ROOF) is None
    assert memory.find(1, GRIEF)
    assert memory.find(2, GRIEF)


def test_a_search_is_the_same_in_capitals(clock: HandClock) -> None:
    memory = Recent(clock)
    memory.note(1, quote_page("her", 0, "The Letter"), 100)
    assert memory.find(1, quote_page("her", 0, "the letter"))
    assert memory.find(1, quote_page("her", 1, "the letter")) is None
