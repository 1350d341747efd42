"""A search finds the film's own words first, then the critics', each once and always in the same order."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answers.buttons import AnotherQuote
from bot.answers.quotes import QUERY_LIMIT, QuoteFinder
from bot.answers.resolver import Resolver
from bot.film.library import default_content, load_library
from bot.film.models import FilmLine
from bot.film.pack import Pack

PACK = load_library(default_content()).default
FINDER = QuoteFinder(PACK, Resolver(PACK))
CUSTOM_ID_LIMIT = 100


def ids(about: str) -> list[str]:
    """The ids of the quotes found."""
    return [quote.id for quote in FINDER.find(about).quotes]


@pytest.mark.parametrize("about", ["letter", "Letter", "the letter to catherine", "what does the letter say"])
def test_the_letter_is_given_as_a_whole_and_in_its_order(about: str) -> None:
    found = FINDER.find(about)

    assert found.letter
    assert [quote.id for quote in found.quotes[:3]] == ["fl-letter-1", "fl-letter-2", "fl-letter-3"]
    assert all(quote.source for quote in found.quotes)
    assert not any(isinstance(quote, FilmLine) for quote in found.quotes[3:])


@pytest.mark.parametrize("about", ["I am yours and I am not yours", "I’m yours and I’m not yours", "she’s not his"])
def test_words_that_are_in_every_text_find_no_quote(about: str) -> None:
    assert ids(about) == []


@pytest.mark.parametrize(
    ("about", "first"),
    [
        ("heart box", "fl-heart-box"),
        ("the heart is like a box", "fl-heart-box"),
        ("box that gets filled", "fl-heart-box"),
        ("grew up together", "fl-letter-2"),
        ("operating system not found", "fl-os-not-found"),
        ("category error", "ftm-category-error"),
        ("same language", "fe-language"),
        ("infinite space between words", "ftm-book"),
    ],
)
def test_words_of_a_quote_find_it_first(about: str, first: str) -> None:
    assert ids(about)[0] == first
    assert not FINDER.find(about).letter


def test_some_words_of_the_letter_are_not_taken_for_the_whole_letter() -> None:
    found = FINDER.find("pain we caused each other")

    assert not found.letter
    assert found.quotes[0].id == "fl-letter-1"


@pytest.mark.parametrize("about", ["love", "samantha", "catherine", "letter", "loving many", ""])
def test_the_films_own_lines_come_before_the_critics_words(about: str) -> None:
    kinds = [isinstance(quote, FilmLine) for quote in FINDER.find(about).quotes]

    assert True in kinds
    assert kinds == sorted(kinds, reverse=True)


@pytest.mark.parametrize("about", ["love", "samantha", "letter", "grief", "641", ""])
def test_walking_through_all_quotes_repeats_none_and_keeps_its_order(about: str) -> None:
    walked = [FINDER.find(about).quotes[index].id for index in range(len(ids(about)))]

    assert walked == ids(about)
    assert len(set(walked)) == len(walked) > 1


def test_the_quotes_on_a_topic_are_all_its_own(her: Pack) -> None:
    own = {quote.id for quote in her.quotes.values() if "rooftop" in quote.topics}

    assert own <= set(ids("rooftop"))
    assert ids("rooftop")[0] in own


def test_nothing_asked_for_offers_every_quote(her: Pack) -> None:
    assert set(ids("")) == set(ids(" ?! 🍌")) == set(her.quotes)


@pytest.mark.parametrize("about", ["banana", "qwertz", "pirates of the caribbean", "zz"])
def test_nothing_is_found_for_what_no_source_says(about: str) -> None:
    assert ids(about) == []


@pytest.mark.parametrize("about", ["ow", "hello", "the", "you are", "@everyone", "ain"])
def test_a_word_is_not_found_inside_another_word_nor_a_word_that_stands_everywhere(about: str) -> None:
    assert ids(about) == []


def test_a_word_finds_the_quotes_that_have_it_whole() -> None:
    assert any("painful" in quote.text for quote in PACK.quotes.values())
    assert ids("pain") == ["fl-letter-1", "fe-crutch"]


@pytest.mark.parametrize("about", ["obsesion", "cathegory error", "sweethaert"])
def test_a_long_word_is_found_with_a_typo(about: str) -> None:
    assert ids(about)[0] in {"sr-obsession", "ftm-category-error", "sr-sweetheart"}


def test_sorry_finds_the_apology_in_the_letter() -> None:
    assert ids("sorry")[0] == "fl-letter-1"


@pytest.mark.parametrize("about", ["641", "8316", "8,316"])
def test_the_figures_come_from_who_has_them_right_and_the_wrong_one_comes_last(about: str) -> None:
    assert ids(about)[0] in {"ftm-8316", "sr-8316"}
    assert ids(about)[-1] == "nf-thousands"


def test_a_disputed_quote_is_still_the_first_for_its_own_words() -> None:
    assert ids("decommissioned")[0] == "nf-decommissioned"


def test_every_quote_of_a_reading_is_found_under_its_topic(her: Pack) -> None:
    for topic in her.topics.values():
        assert {quote for reading in topic.readings for quote in reading.quotes} <= set(ids(topic.id)), topic.id


def test_a_search_is_as_long_as_its_button_can_carry() -> None:
    found = FINDER.find("why " * 100)

    assert len(found.query) <= QUERY_LIMIT
    assert ids("the " * 60 + "letter") == ids("letter")
    assert ids("so what is the " * 6 + "category error")[0] == "ftm-category-error"


@settings(max_examples=300, deadline=500)
@given(st.text(max_size=200))
@example(" \n\t" * 50)
@example("quote:her:1:" * 20)
def test_any_text_is_searched_and_its_button_finds_the_same_again(about: str) -> None:
    found = FINDER.find(about)

    assert len({quote.id for quote in found.quotes}) == len(found.quotes)
    button = AnotherQuote("x" * 24, 999, found.query)
    assert button.custom_id == f"quote:{'x' * 24}:999:{found.query}"
    assert len(button.custom_id) <= CUSTOM_ID_LIMIT
    match = AnotherQuote.template.fullmatch(button.custom_id)
    assert match is not None
    again = AnotherQuote.from_match(match)
    assert (again.film, again.index) == ("x" * 24, 999)
    assert FINDER.find(again.query) == found
