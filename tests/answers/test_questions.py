"""What understanding is measured with was not learned from."""

from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from bot.film.names import normalise
from bot.film.pack import Pack

QUESTIONS = Path(__file__).parent.parent / "questions"
NEARLY_THE_SAME = 88
"""From this likeness of their sorted words on (0 to 100) a question and a phrase are nearly the same."""


def test_no_question_is_nearly_the_same_as_a_phrase(her: Pack) -> None:
    groups = [*her.phrases.values(), her.unanswerable, *her.remembered.values(), *her.claims.values()]
    phrases = [normalise(phrase.text) for group in groups for phrase in group]
    alike = []
    for path in sorted(QUESTIONS.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]:
            asked = normalise(entry["ask"])
            near = process.extractOne(asked, phrases, scorer=fuzz.token_sort_ratio, score_cutoff=NEARLY_THE_SAME)
            if asked and near:
                alike.append((entry["ask"], near[0]))

    assert len(phrases) > 5_000
    assert alike == []


def test_the_questions_are_on_topics_and_quotes_that_exist(her: Pack) -> None:
    def entries(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = yaml.safe_load((QUESTIONS / name).read_text(encoding="utf-8"))["questions"]
        return found

    assert {entry["topic"] for entry in entries("answerable.yaml")} == set(her.topics)
    quotes = [quote for entry in entries("quotes.yaml") for quote in entry["quotes"]]
    assert set(quotes) <= set(her.quotes)
    assert {entry["difference"] for entry in entries("claims.yaml")} - {None} == {each.id for each in her.differences}
