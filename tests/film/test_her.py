"""What the pack of Her (2013) promises: everything the research found, nothing that it warned of."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.film.library import CHECKOUT
from bot.film.models import PHONE_LABEL_LIMIT, QUOTE_LIMIT
from bot.film.pack import Pack

FOLDER = CHECKOUT / "her"
SOURCES = {"N": "nick-fore", "F": "findthismovie", "S": "screen-rant", "E": "findthismovie-emotional"}
READ_BY = {
    "what-happens": "NFSE",
    "why-samantha-left": "NFSE",
    "left-or-decommissioned": "NFSE",
    "where-they-went": "FSE",
    "os-not-found": "S",
    "numbers": "NFSE",
    "loving-many": "NFSE",
    "human-vs-ai": "NFSE",
    "samantha-growth": "NFSE",
    "samantha-conscious": "NFSE",
    "was-love-real": "NFSE",
    "projection": "FSE",
    "theodore-before": "NFSE",
    "theodore-change": "NFSE",
    "helped-or-harmed": "NFSE",
    "grief": "NFSE",
    "letter": "NFSE",
    "letter-meaning": "NFSE",
    "letter-when": "NFSE",
    "catherine": "NFSE",
    "letter-job": "FSE",
    "amy": "FSE",
    "rooftop": "FSE",
    "theodore-and-amy": "FSE",
    "happy-or-sad": "FSE",
    "audience-poll": "F",
    "breakup-metaphor": "FSE",
    "same-language": "E",
    "message": "NFSE",
    "technology": "FSE",
    "human-ai-bonds": "FSE",
    "love-lesson": "NFSE",
    "genre": "FS",
    "open-questions": "NFS",
    "music": "FE",
    "visuals": "FE",
    "jonze": "NFE",
    "other-films": "FS",
    "watch-tips": "F",
    "cast": "FSE",
}
"""The topics of the research, and the sources that say something about each."""
NEEDS_A_NOTE = [
    "what-happens",
    "why-samantha-left",
    "left-or-decommissioned",
    "where-they-went",
    "numbers",
    "loving-many",
    "human-vs-ai",
    "samantha-growth",
    "samantha-conscious",
    "was-love-real",
    "theodore-before",
    "letter",
    "letter-when",
    "letter-job",
    "amy",
    "rooftop",
    "theodore-and-amy",
    "happy-or-sad",
    "audience-poll",
    "same-language",
    "message",
    "music",
    "jonze",
]
"""Topics on which a source is wrong, unsure or of two minds, so that its reading needs a word beside it."""
DIFFERENCES = [
    "left-or-decommissioned",
    "real-love",
    "amy-couple",
    "how-many-loved",
    "human",
    "letter-order",
    "good-or-bad",
    "technology",
    "who-are-the-others",
    "what-letter-is",
    "lesson",
    "genre",
    "sound",
    "divorce-done",
]
LINKS = {"https://findthismovie.com/?p=5360", "https://findthismovie.com/her-ending-explained-emotionally"}


def written() -> Iterator[tuple[Path, str]]:
    """Every file of the pack that members are shown something of, as text; what they themselves say is not."""
    for path in sorted(FOLDER.rglob("*.yaml")):
        if path.parent.name != "phrases" and path.name not in ("unanswerable.yaml", "remembered.yaml", "claims.yaml"):
            yield path, path.read_text(encoding="utf-8")


def strings(data: Any) -> Iterator[str]:
    """Every text in a file's data."""
    if isinstance(data, str):
        yield data
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from strings(item)


def test_the_topics_are_those_of_the_research(her: Pack) -> None:
    assert len(READ_BY) == 40
    assert set(her.topics) == set(READ_BY)
    assert {path.stem for path in (FOLDER / "topics").iterdir()} == set(READ_BY)


@pytest.mark.parametrize(("topic", "letters"), READ_BY.items(), ids=READ_BY)
def test_a_topic_has_the_reading_of_every_source_that_speaks_of_it_and_of_no_other(
    her: Pack, topic: str, letters: str
) -> None:
    sources = [reading.source for reading in her.topics[topic].readings]

    assert sorted(sources) == sorted(SOURCES[letter] for letter in letters)


def test_every_reading_rests_on_its_own_sources_words(her: Pack) -> None:
    for topic in her.topics.values():
        for reading in topic.readings:
            assert {her.quotes[quote].source for quote in reading.quotes} == {reading.source}


def test_every_quote_is_short_and_its_topic_can_be_opened(her: Pack) -> None:
    assert max(len(quote.text) for quote in her.quotes.values()) <= QUOTE_LIMIT
    assert all(set(quote.topics) <= set(her.topics) for quote in her.quotes.values())
    assert {topic for quote in her.quotes.values() for topic in quote.topics} == set(READ_BY)


def test_the_differences_are_those_of_the_research(her: Pack) -> None:
    assert [difference.id for difference in her.differences] == DIFFERENCES
    assert len(DIFFERENCES) == 14


def test_the_timeline_has_its_twelve_steps_and_the_discussion_its_twenty_questions(her: Pack) -> None:
    assert [step.step for step in her.timeline] == list(range(1, 13))
    assert [question.id for question in her.discussion] == [f"d{number}" for number in range(1, 21)]


def test_every_topic_goes_by_at_least_ten_other_names(her: Pack) -> None:
    few = {topic.id: len(topic.aliases) for topic in her.topics.values() if len(topic.aliases) < 10}

    assert few == {}


def test_a_line_that_the_film_does_not_have_is_no_film_line_and_its_topic_says_so(her: Pack) -> None:
    assert len(her.film_lines) == 5
    assert not any("language" in line.text.casefold() for line in her.film_lines)
    quote = her.quotes["fe-language"]
    assert (quote.source, quote.topics) == ("findthismovie-emotional", ("same-language",))
    topic = her.topics["same-language"]
    assert "No such line was found in the film’s dialogue" in (topic.note or "")
    assert "no such line was found" in topic.summary
    assert "No such line was found" in (quote.note or "")


def test_a_paraphrase_is_not_given_as_the_films_words(her: Pack) -> None:
    assert not any("infinite" in line.text or "8,316" in line.text for line in her.film_lines)
    assert her.quotes["ftm-book"].note == "A paraphrase, not Samantha’s words."


def test_the_letter_has_its_three_parts_in_order(her: Pack) -> None:
    assert [line.id for line in her.letter] == ["fl-letter-1", "fl-letter-2", "fl-letter-3"]


def test_only_the_two_pages_that_were_found_are_linked() -> None:
    for path, text in written():
        without_schema = re.sub(r"^# yaml-language-server: .*$", "", text, flags=re.MULTILINE)
        links = set(re.findall(r"(?:https?://|www\.)\S+", without_schema))
        assert links == (LINKS if path.name == "sources.yaml" else set()), path.name


@pytest.mark.parametrize(
    "unwanted",
    [
        pytest.param("weeks of consistent effort", id="the template text about habits that ends one source"),
        pytest.param("individual circumstances", id="the template text's other half"),
        pytest.param("subtitle", id="what was only used to check lines"),
        pytest.param("ortec.site", id="the site of a copy"),
    ],
)
def test_what_does_not_belong_here_is_nowhere(unwanted: str) -> None:
    assert [path.name for path, text in written() if unwanted in text.casefold()] == []


def test_nothing_names_a_time_in_the_film() -> None:
    clock = re.compile(r"\b\d{1,2}:\d{2}\b|\b\d+(?:st|nd|rd|th)? minutes?\b|\bminute \d+")

    assert [(path.name, clock.findall(text)) for path, text in written() if clock.search(text)] == []


def test_the_survey_adds_up_and_never_stands_without_its_caveat(her: Pack) -> None:
    assert her.poll is not None
    assert her.poll.survey is not None
    percents = {option.id: option.survey_percent for option in her.poll.options}
    assert percents == {"happy": 12, "sad": 28, "bittersweet": 41, "open-ended": 11, "ambiguous": 8}
    assert sum(percent or 0 for percent in percents.values()) == 100
    survey = her.poll.survey
    assert (survey.source, survey.quote) == ("findthismovie", "ftm-poll")
    assert survey.credited_to == "Letterboxd User Surveys"
    assert "no such survey was found" in survey.caveat
    assert "The figures are not what viewers in general think" in survey.caveat
    topic = her.topics["audience-poll"]
    assert "unverified" in topic.title
    assert "no such survey was found" in (topic.note or "")


def test_no_label_is_cut_off_on_a_phone(her: Pack) -> None:
    def labels(data: Any) -> Iterator[str]:
        if isinstance(data, dict):
            yield from (value for key, value in data.items() if key == "label")
        for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
            yield from labels(item)

    found = [label for _, text in written() for label in labels(yaml.safe_load(text))]

    assert len(found) == len(her.topics) + len(her.sources) + 5 + sum(len(each.sides) for each in her.differences)
    assert [label for label in found if len(label) > PHONE_LABEL_LIMIT] == []
    assert PHONE_LABEL_LIMIT == 34


def test_a_note_stands_wherever_a_reading_needs_one(her: Pack) -> None:
    assert [topic for topic in NEEDS_A_NOTE if not her.topics[topic].note] == []


def test_a_topic_that_one_source_alone_reads_names_it_in_its_summary(her: Pack) -> None:
    names = {"S": "Screen Rant", "F": "FindThisMovie", "E": "emotional piece"}
    alone = {topic: names[letters] for topic, letters in READ_BY.items() if len(letters) == 1}

    assert [topic for topic, name in alone.items() if name not in her.topics[topic].summary] == []


def test_sources_that_share_a_site_are_told_apart_from_independent_ones(her: Pack) -> None:
    sites = [source.site for source in her.sources.values()]

    assert set(her.sources) == set(SOURCES.values())
    assert her.sources["findthismovie"].site == her.sources["findthismovie-emotional"].site
    assert len(set(sites)) == 3


def test_the_film_is_never_named_without_its_year(her: Pack) -> None:
    assert her.film.name == "Her (2013)"
    assert her.poll is not None
    assert her.film.name in her.poll.question


def test_no_text_has_a_doubled_space_or_a_loose_end() -> None:
    for path, text in written():
        for value in strings(yaml.safe_load(text)):
            assert value == value.strip(), path.name
            assert "  " not in value, path.name


def test_what_the_film_contradicts_is_marked_so(her: Pack) -> None:
    disputed = {quote.id for quote in her.quotes.values() if quote.disputed}

    assert disputed == {"nf-decommissioned", "nf-thousands", "fe-language", "ftm-coppola"}


def test_a_line_that_a_source_prints_in_two_parts_shows_the_gap_and_no_other_does(her: Pack) -> None:
    assert [line.id for line in her.film_lines if len(line.passages) > 1] == ["fl-heart-box"]
    assert her.quotes["fl-heart-box"].text == (
        "The heart’s not like a box that gets filled up, … It expands in size the more you love."
    )


def test_a_question_is_said_to_be_asked_only_by_those_who_ask_it(her: Pack) -> None:
    questions = {question.id: question for question in her.discussion}

    assert (questions["d8"].raised_by, questions["d8"].asked_by_source) == (("findthismovie",), True)
    assert not questions["d18"].asked_by_source
    for question in questions.values():
        if question.asked_by_source:
            assert {her.quotes[quote].source for quote in question.quotes} == set(question.raised_by), question.id


def test_only_what_all_named_sources_tell_stands_in_a_step(her: Pack) -> None:
    # Of the three sources only Screen Rant has him visit her.
    assert her.timeline[9].what.startswith("He is with Amy")


def test_a_source_that_also_warns_is_not_given_as_one_that_does_not(her: Pack) -> None:
    (difference,) = [each for each in her.differences if each.id == "technology"]
    side = next(side for side in difference.sides if side.sources == ("findthismovie",))

    assert "care" in side.position
    assert "ftm-risks" in side.quotes
    reading = next(each for each in her.topics["technology"].readings if each.source == "findthismovie")
    assert "caution" in reading.text


def test_every_source_that_draws_a_lesson_has_its_side(her: Pack) -> None:
    (difference,) = [each for each in her.differences if each.id == "lesson"]

    assert {source for side in difference.sides for source in side.sources} == set(SOURCES.values())


def test_nick_fores_readings_claim_no_more_than_he_does(her: Pack) -> None:
    def reading(topic: str) -> str:
        return next(each.text for each in her.topics[topic].readings if each.source == "nick-fore")

    assert "may put down" in reading("left-or-decommissioned")
    assert "will blame" not in reading("left-or-decommissioned")
    assert "makes it hard" not in reading("catherine")
