"""While a member types, the right topics are offered, few and at once."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answers.completion import Completion
from bot.film.library import default_content, load_library
from bot.film.pack import Pack

COMPLETION = Completion(load_library(default_content()).default)
AUTOCOMPLETION_LIMIT = 25
"""Choices that Discord takes."""


def test_nothing_typed_yet_offers_the_people_and_the_featured_topics(her: Pack) -> None:
    offered = [found.id for found in COMPLETION.complete("", AUTOCOMPLETION_LIMIT)]

    assert offered == [*her.subjects, *her.film.featured]
    assert [found.id for found in COMPLETION.complete(" ?", 2)] == offered[:2]


@pytest.mark.parametrize("typed", ["", "a", "the", "samantha", "why did she leave", "zzz"])
def test_no_more_is_offered_than_discord_takes_and_nothing_twice(typed: str) -> None:
    offered = [found.id for found in COMPLETION.complete(typed, AUTOCOMPLETION_LIMIT)]

    assert len(offered) <= AUTOCOMPLETION_LIMIT
    assert len(set(offered)) == len(offered)


def test_names_that_begin_as_typed_come_before_those_that_only_hold_it(her: Pack) -> None:
    offered = [found.id for found in COMPLETION.complete("lett", AUTOCOMPLETION_LIMIT)]

    begins = [
        topic.id
        for topic in her.topics.values()
        if any(name.startswith("lett") for name in (topic.id, topic.title.casefold(), *topic.aliases))
    ]
    assert offered[0] in begins
    assert set(offered[: len(begins)]) == set(begins)
    assert "letter" in begins
    holds = [topic.id for topic in her.topics.values() if any("lett" in alias for alias in topic.aliases)]
    assert set(holds) <= set(offered)
    assert set(holds) - set(begins)


@pytest.mark.parametrize(
    ("typed", "first"),
    [("theodore", "theodore"), ("letter", "letter"), ("catherine", "catherine"), ("Samantha", "samantha")],
)
def test_what_is_called_just_so_comes_first(typed: str, first: str) -> None:
    assert COMPLETION.complete(typed, 1)[0].id == first


def test_titles_with_the_very_word_come_before_words_that_only_begin_so() -> None:
    offered = [found.title.split() for found in COMPLETION.complete("letter", AUTOCOMPLETION_LIMIT)]

    having = [title for title in offered if "letter" in title]
    assert len(having) > 1
    assert offered[: len(having)] == having
    assert any("letters" in title for title in offered[len(having) :])


def test_a_typo_while_typing_still_offers_the_topic() -> None:
    assert "letter" in [found.id for found in COMPLETION.complete("leter to cathrine", AUTOCOMPLETION_LIMIT)]


def test_what_no_name_has_is_not_offered_while_typing() -> None:
    assert COMPLETION.complete("qwertz asdf", AUTOCOMPLETION_LIMIT) == []


@settings(max_examples=200, deadline=500)
@given(st.text(max_size=400))
@example("x" * 10_000)
@example("why " * 500)
def test_whatever_is_typed_the_offer_is_bounded(typed: str) -> None:
    assert len(COMPLETION.complete(typed, AUTOCOMPLETION_LIMIT)) <= AUTOCOMPLETION_LIMIT
