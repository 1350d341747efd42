"""Every card fits into a Discord message, works when it is pressed, and says where its words come from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answers import cards
from bot.answers.cards import (
    card_problems,
    found_card,
    letter_card,
    no_quote_card,
    question_card,
    quote_card,
    sources_card,
    timeline_card,
    unknown_card,
)
from bot.answers.matches import Match, Resolution
from bot.answers.quotes import Found, QuoteFinder
from bot.answers.resolver import Resolver
from bot.film.library import default_content, load_library
from bot.film.loading import load_pack
from bot.film.models import PHONE_LABEL_LIMIT, FilmLine, Subject, Topic
from bot.film.pack import Pack
from bot.layout import Card, escape, measure
from tests.answers.views import custom_ids, labels, parts, text_of
from tests.packs import put, tiny_files, write_pack

PACK = load_library(default_content()).default
ALL_QUOTES = tuple(PACK.quotes.values())


def every_card(pack: Pack) -> Iterator[tuple[str, Card]]:
    """All cards that a pack can lead to, each with what it shows, in its longest form."""
    resolver = Resolver(pack)
    everything: dict[str, Topic | Subject] = {**pack.topics, **pack.subjects}
    for name, found in everything.items():
        others = [match for match in resolver.resolve(name).matches if match.found != found][:3]
        yield f"topic {name}", found_card(pack, found, private=True, unsure=others)
        yield f"shared topic {name}", found_card(pack, found, private=False)
        yield f"unknown {name}", unknown_card(pack, Resolution(tuple(others)))
    for index, quote in enumerate(pack.quotes.values()):
        yield f"quote {quote.id}", quote_card(pack, Found("x" * 60, tuple(pack.quotes.values())), index)
        yield f"only quote {quote.id}", quote_card(pack, Found("", (quote,)), 0)
    for index, question in enumerate(pack.discussion):
        yield f"question {question.id}", question_card(pack, index)
    if pack.letter:
        yield "letter", letter_card(pack, QuoteFinder(pack, resolver).find("letter"))
    yield "no quote", no_quote_card(pack)
    yield "unknown", unknown_card(pack, Resolution())
    yield "timeline", timeline_card(pack)
    yield "sources", sources_card(pack)


def single(text: str) -> str:
    """A text whose quotation marks are those inside a quotation."""
    return text.replace("“", "‘").replace("”", "’")


CARDS = dict(every_card(PACK))


def test_every_card_of_the_pack_is_looked_at() -> None:
    assert len(CARDS) > 2 * len(PACK.topics) + 2 * len(PACK.quotes) + len(PACK.discussion)


def test_every_card_fits_into_a_message() -> None:
    assert [name for name, card in CARDS.items() if not measure(card).fits] == []


def test_a_card_is_measured_as_it_is_sent() -> None:
    for name, card in CARDS.items():
        sent = list(parts(card))
        texts = [part["content"] for part in sent if "content" in part]
        size = measure(card)
        assert size.components == len(sent) <= 40, name
        assert size.characters == sum(map(len, texts)) <= 4000, name
        assert all(texts), f"{name} has an empty text, which Discord refuses"


def test_a_text_of_few_characters_but_many_bytes_is_too_much_for_a_message() -> None:
    assert measure(Card().text("x" * 4_000)).fits
    assert not measure(Card().text("x" * 4_001)).fits
    assert measure(Card().text("語" * 3_386)).fits
    assert not measure(Card().text("語" * 3_387)).fits
    assert not measure(Card().text("語" * 1_700).text("語" * 1_686)).fits


def test_no_button_is_cut_off_on_a_phone() -> None:
    long = {label for card in CARDS.values() for label in labels(card) if len(label) > PHONE_LABEL_LIMIT}

    assert long == set()


def test_no_card_has_a_custom_id_twice_or_one_that_is_too_long() -> None:
    for name, card in CARDS.items():
        found = custom_ids(card)
        assert len(set(found)) == len(found), f"Discord refuses the card {name}: {sorted(found)}"
        assert max(map(len, found), default=0) <= 100, name


def test_every_card_names_the_film_with_its_year() -> None:
    assert [name for name, card in CARDS.items() if "Her (2013)" not in text_of(card)] == []


@pytest.mark.parametrize("name", PACK.topics)
def test_a_reading_is_shown_with_its_source_and_its_quote(name: str) -> None:
    shown = [part["content"] for part in parts(CARDS[f"shared topic {name}"]) if "content" in part]

    for reading in PACK.topics[name].readings:
        (own,) = [text for text in shown if escape(reading.text) in text]
        label, text, quote = own.split("\n")
        assert label == f"**{escape(PACK.sources[reading.source].label)}**"
        assert text == escape(reading.text)
        assert quote == f"> “{escape(single(PACK.quotes[reading.quotes[0]].text))}”"


def test_a_topic_shows_its_summary_its_note_and_where_the_sources_differ() -> None:
    topic = PACK.topics["left-or-decommissioned"]

    text = text_of(CARDS["shared topic left-or-decommissioned"])

    assert escape(topic.summary) in text
    assert escape(topic.note or "?") in text
    (difference,) = PACK.differences_on(topic.id)
    assert escape(difference.film_check) in text
    for side in difference.sides:
        assert f"- {escape(side.position)} — {escape(PACK.labels(side.sources))}" in text


def test_a_reading_that_stands_alone_says_so() -> None:
    assert "one source alone" in text_of(CARDS["shared topic same-language"])
    assert "what 4 sources say" in text_of(CARDS["shared topic letter"])


def test_a_private_card_can_be_shared_and_a_shared_one_not_again() -> None:
    topic = PACK.topics["letter"]

    assert "share:her:letter" in custom_ids(found_card(PACK, topic, private=True))
    assert "share:her:letter" not in custom_ids(found_card(PACK, topic, private=False))


def test_a_topic_that_is_offered_as_another_meaning_is_not_offered_as_related_too() -> None:
    topic = PACK.topics["letter"]
    related = [PACK.topics[name] for name in topic.related]

    card = found_card(PACK, topic, private=False, unsure=[Match(related[0], 0.5), Match(PACK.topics["music"], 0.4)])

    offered = [custom_id for custom_id in custom_ids(card) if custom_id.startswith("topic:")]
    assert sorted(offered) == sorted(f"topic:her:{each.id}" for each in (*related, PACK.topics["music"]))


def test_a_subject_answers_its_first_topic_and_offers_all_of_them() -> None:
    subject = PACK.subjects["samantha"]
    first = PACK.topics[subject.topics[0]]

    card = found_card(PACK, subject, private=False)

    text = text_of(card)
    assert all(escape(reading.text) in text for reading in first.readings)
    (menu,) = [part for part in parts(card) if "options" in part]
    assert [option["value"] for option in menu["options"]] == list(subject.topics)
    assert all(len(option["description"]) <= 100 for option in menu["options"])


def test_an_unknown_card_invents_nothing_and_names_the_nearest_topics() -> None:
    nearest = (Match(PACK.topics["letter"], 0.4), Match(PACK.subjects["samantha"], 0.3))

    card = unknown_card(PACK, Resolution(nearest))

    assert "I don’t make things up" in text_of(card)
    assert labels(card) == [PACK.topics["letter"].label, "Samantha"]
    assert custom_ids(card) == ["topic:her:letter", "topic:her:samantha"]
    assert labels(unknown_card(PACK, Resolution())) == []
    assert "/ending" in text_of(unknown_card(PACK, Resolution()))


def test_a_quote_says_whose_words_it_gives() -> None:
    for index, quote in enumerate(ALL_QUOTES):
        text = text_of(quote_card(PACK, Found("", ALL_QUOTES), index))

        assert f"> “{escape(single(quote.text))}”" in text
        assert escape(PACK.sources[quote.source].label) in text
        assert text.startswith("## The film’s own words" if isinstance(quote, FilmLine) else "## A critic’s words")
        assert escape(quote.speaker if isinstance(quote, FilmLine) else PACK.sources[quote.source].title) in text
        assert escape(quote.note or "") in text


def test_the_last_quote_says_so_and_leads_no_further() -> None:
    before = quote_card(PACK, Found("love", ALL_QUOTES[:2]), 0)
    last = quote_card(PACK, Found("love", ALL_QUOTES[:2]), 1)

    assert "quote:her:1:love" in custom_ids(before)
    assert not any(custom_id.startswith("quote:") for custom_id in custom_ids(last))
    assert "That was the last of 2 quotes" in text_of(last)
    assert "That is the only quote" in text_of(quote_card(PACK, Found("love", ALL_QUOTES[:1]), 0))


def test_the_letter_is_shown_in_its_order_with_its_parts_and_goes_on_to_the_critics() -> None:
    card = CARDS["letter"]

    text = text_of(card)
    places = [text.index(f"> “{escape(line.text)}”") for line in PACK.letter]
    assert places == sorted(places)
    assert [f"**{number}. " in text for number in (1, 2, 3)] == [True, True, True]
    assert "Screen Rant" in text
    assert "quote:her:3:letter" in custom_ids(card)
    assert not isinstance(QuoteFinder(PACK, Resolver(PACK)).find("letter").quotes[3], FilmLine)


def test_the_timeline_names_who_tells_each_step() -> None:
    lines = text_of(CARDS["timeline"])

    for step in PACK.timeline:
        assert f"**{step.step}. {escape(step.what)}**\n-# {escape(PACK.labels(step.sources))}" in lines


def test_the_sources_are_linked_only_where_the_page_was_found() -> None:
    text = text_of(CARDS["sources"])

    assert text.count("](https://") == 2
    assert text.count("(no link)") == 2
    for source in PACK.sources.values():
        assert escape(source.label) in text
        assert escape(source.unknown) in text
    assert text.count("not an independent witness") == 2


def test_a_question_says_whether_a_source_asks_it_and_goes_round() -> None:
    asked, built = PACK.discussion[0], PACK.discussion[8]
    assert asked.asked_by_source
    assert not built.asked_by_source

    assert "asked by FindThisMovie" in text_of(question_card(PACK, 0))
    assert "from what Nick Fore" in text_of(question_card(PACK, 8))
    assert "discuss:her:1" in custom_ids(question_card(PACK, 0))
    assert "discuss:her:0" in custom_ids(question_card(PACK, len(PACK.discussion) - 1))


def test_markup_in_a_packs_texts_is_shown_and_does_not_come_alive(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "topics/the-end.yaml", ("title",), "How *Tiny* ends @everyone")
    pack = load_pack(write_pack(tmp_path, files))

    text = text_of(found_card(pack, pack.topics["the-end"], private=False))

    assert "\\*Tiny\\*" in text
    assert "@everyone" not in text


def test_the_packs_cards_have_no_problems(tmp_path: Path) -> None:
    assert card_problems(PACK) == []
    assert card_problems(load_pack(write_pack(tmp_path))) == []


def test_a_card_must_leave_room_for_what_is_added_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_card(_pack: Pack) -> Iterator[tuple[str, Card]]:
        for lines in (36, 37):
            card = Card()
            for _ in range(lines):
                card.text("line")
            yield str(lines), card

    monkeypatch.setattr(cards, "_every_card", every_card)
    assert [problem.file for problem in card_problems(PACK)] == ["her/37"]


def test_a_pack_whose_card_is_too_long_is_refused_with_the_file(tmp_path: Path) -> None:
    files = tiny_files()
    reading = files["topics/the-end.yaml"]["readings"][0]
    source = files["sources.yaml"]["sources"][0]
    quote = files["quotes.yaml"]["film_lines"][0]
    names = [f"paper-{number}" for number in range(6)]
    files["sources.yaml"]["sources"] += [{**source, "id": name, "site": name} for name in names]
    files["quotes.yaml"]["film_lines"] += [{**quote, "id": f"fl-{name}", "source": name} for name in names]
    long = [{**reading, "source": name, "quotes": [f"fl-{name}"], "text": "*" * 320} for name in names]
    put(files, "topics/the-end.yaml", ("readings",), long)
    pack = load_pack(write_pack(tmp_path, files))

    problems = card_problems(pack)

    assert [problem.file for problem in problems] == ["tiny/topics/the-end.yaml"]
    assert "too much for one message" in problems[0].message


def test_a_timeline_with_too_many_parts_is_refused_with_the_file(tmp_path: Path) -> None:
    files = tiny_files()
    step = {**files["timeline.yaml"]["steps"][0], "note": "n" * 160, "what": "w" * 120}
    put(files, "timeline.yaml", ("steps",), [{**step, "step": number} for number in range(1, 31)])

    problems = card_problems(load_pack(write_pack(tmp_path, files)))

    assert [problem.file for problem in problems] == ["tiny/timeline.yaml"]


def test_a_quotation_inside_a_quotation_has_single_marks() -> None:
    place = list(PACK.quotes).index("fe-language")

    assert "> “When she says, ‘We won’t talk the same language,’”" in text_of(
        quote_card(PACK, Found("", ALL_QUOTES), place)
    )
    assert [
        name
        for name, card in CARDS.items()
        for line in text_of(card).splitlines()
        if line.startswith("> ") and line.count("“") > 1
    ] == []


def test_a_person_is_answered_in_full_once_and_their_further_topics_are_titles_only() -> None:
    for subject in PACK.subjects.values():
        text = text_of(CARDS[f"shared topic {subject.id}"])
        first, *further = (PACK.topics[name] for name in subject.topics)
        assert escape(first.summary) in text
        more = text.split("### More about ")[1]
        assert more.splitlines()[1:] == [f"- {escape(topic.title)}" for topic in further]


def test_a_question_that_only_the_matcher_failed_on_is_not_said_to_be_unknown_to_the_sources() -> None:
    matches = (Match(PACK.topics["letter"], 0.4),)
    by_words = text_of(unknown_card(PACK, Resolution(matches)))

    assert "I’m not sure which topic you mean" in by_words
    assert "The sources don’t say" not in by_words
    assert "The sources don’t say" in text_of(unknown_card(PACK, Resolution()))
    assert "The sources don’t say" in text_of(unknown_card(PACK, Resolution(matches, by_meaning=True)))


def test_the_sources_are_shown_with_who_made_them_and_the_film_with_its_director(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "sources.yaml", ("sources", 0, "author"), "Anna Fox")
    put(files, "sources.yaml", ("sources", 0, "date"), "1 May 2001")
    pack = load_pack(write_pack(tmp_path, files))

    assert "Tiny (2001), directed by Nobody Known" in text_of(sources_card(pack))
    assert "-# Anna Fox, The Fox Paper, 1 May 2001\n" in text_of(sources_card(pack))
    assert "-# Nick Fore, Script Doctor / Script Consultant\n" in text_of(CARDS["sources"])
