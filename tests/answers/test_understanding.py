"""However it is asked, the topic that is meant is found, and what no source answers is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answers.cards import found_card, unknown_card
from bot.answers.evaluation import Question, Verdict, confusions, finders, read_questions, score
from bot.answers.matches import OFFERED, Certainty
from bot.answers.meaning import Meaning
from bot.answers.resolver import Resolver
from bot.answers.understanding import load_meanings
from bot.film.pack import Pack
from bot.layout import measure, texts

QUESTIONS = Path(__file__).parent.parent / "questions"


def claims() -> list[tuple[str, str | None]]:
    """Questions, and the difference of which each takes one side for granted."""
    entries = yaml.safe_load((QUESTIONS / "claims.yaml").read_text(encoding="utf-8"))["questions"]
    return [(entry["ask"], entry["difference"]) for entry in entries]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("wheres she even go lol", "where-they-went"),
        ("catherin lettr", "letter"),
        ("¿acaban juntos?", "theodore-and-amy"),
        ("two people, a ledge, and the light coming up", "rooftop"),
        ("сколько человек она любила одновременно", "numbers"),
        ("なぜサマンサは去ったの", "why-samantha-left"),
    ],
)
def test_a_question_in_ones_own_words_finds_its_topic(understanding: Resolver, asked: str, expected: str) -> None:
    resolution = understanding.resolve(asked)

    assert resolution.answer is not None
    assert resolution.answer.found.id == expected


def test_the_goals_of_understanding_are_met_on_questions_that_were_not_learned_from(
    her: Pack, meaning: Meaning, understanding: Resolver
) -> None:
    asked = read_questions(QUESTIONS)
    find = finders(her, meaning)["the bot"]

    reached = score(asked, [find(each.ask) for each in asked])

    assert sum(each.topic is not None for each in asked) >= 200
    assert sum(each.topic is None for each in asked) >= 60
    assert reached.first is not None
    assert reached.first >= 0.90
    assert reached.among_the_first is not None
    assert reached.among_the_first >= 0.97
    assert reached.refused is not None
    assert reached.refused >= 0.85
    assert reached.wrongly_refused is not None
    assert reached.wrongly_refused <= 0.04


def test_a_sure_answer_is_nearly_always_right(understanding: Resolver) -> None:
    sure = [
        (each.topic, resolution.matches[0])
        for each in read_questions(QUESTIONS)
        if each.topic and (resolution := understanding.resolve(each.ask)).certainty is Certainty.SURE
    ]

    right = [topic for topic, match in sure if topic in (match.found.id, *getattr(match.found, "topics", ())[:1])]
    assert len(sure) > 150
    assert len(right) / len(sure) >= 0.97


def test_an_unsure_answer_offers_the_next_two(understanding: Resolver) -> None:
    unsure = [
        resolution
        for each in read_questions(QUESTIONS)
        if (resolution := understanding.resolve(each.ask)).certainty is Certainty.UNSURE
    ]

    assert unsure
    assert all(resolution.instead == resolution.matches[1 : 1 + OFFERED] for resolution in unsure)


def test_what_no_source_answers_is_refused_with_what_comes_nearest(her: Pack, understanding: Resolver) -> None:
    resolution = understanding.resolve("how much did the film cost to make")

    said = "\n".join(texts(unknown_card(her, resolution)))
    assert resolution.answer is None
    assert "The sources don’t say" in said
    assert "What comes nearest" in said


def test_who_takes_a_disputed_claim_for_granted_reads_the_difference_first(her: Pack, understanding: Resolver) -> None:
    resolution = understanding.resolve("when they shut her down, did she feel it?")

    assert resolution.claimed == "left-or-decommissioned"
    assert resolution.answer is not None
    difference = her.difference(resolution.claimed)
    assert difference is not None
    shown = list(texts(found_card(her, resolution.answer.found, private=True, first=difference)))
    assert "The sources differ on what you take as given" in shown[1]
    assert sum(difference.title in text for text in shown) == 1


def test_claims_are_noticed_and_neutral_questions_left_alone(understanding: Resolver) -> None:
    judged = [(difference, understanding.resolve(asked).claimed) for asked, difference in claims()]

    noticed = [meant == found for meant, found in judged if meant]
    mistaken = [found is not None for meant, found in judged if not meant]
    assert len(noticed) == 42
    assert sum(noticed) / len(noticed) >= 0.5
    assert sum(mistaken) / len(mistaken) <= 0.2


@settings(max_examples=150, deadline=1_000)
@given(asked=st.text(max_size=300))
@example(asked="why " * 500)
@example(asked="\ud800 lone half of a pair")
@example(asked="ﷺ" * 200)
@example(asked="\x00\u202e🏳️‍🌈")
def test_any_text_gets_a_card_that_fits(her: Pack, understanding: Resolver, asked: str) -> None:
    resolution = understanding.resolve(asked)

    if resolution.answer is None:
        card = unknown_card(her, resolution)
    else:
        first = her.difference(resolution.claimed or "")
        card = found_card(her, resolution.answer.found, private=True, unsure=resolution.instead, first=first)
    assert measure(card).fits
    assert all(0 <= match.score <= 1 for match in resolution.matches)


def test_a_film_whose_weights_do_not_fit_is_answered_by_names_and_words(her: Pack, tmp_path: Path) -> None:
    assert load_meanings([replace(her, weights=tmp_path / "none.npz")]) == {}
    assert load_meanings([replace(her, phrases={})]) == {}


def test_shares_and_confusions_are_counted_right() -> None:
    asked = [
        Question(ask="1", topic="a", kind="x", language="en"),
        Question(ask="2", topic="a", kind="x", language="en"),
        Question(ask="3", topic="b", kind="x", language="en"),
        Question(ask="4", topic=None, kind="y", language="en"),
    ]
    found = [
        Verdict(["a", "b"]),
        Verdict(["b", "a"], refused=True),
        Verdict(["c", "d", "e", "b"]),
        Verdict(["a"], True),
    ]

    reached = score(asked, found)

    assert reached.first == pytest.approx(1 / 3)
    assert reached.among_the_first == pytest.approx(2 / 3)
    assert reached.wrongly_refused == pytest.approx(1 / 3)
    assert reached.refused == 1.0
    assert confusions(asked, found) == [("a", "b", 1), ("b", "c", 1)]
