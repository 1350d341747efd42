"""`ending-bot ask` answers in the terminal what /ending answers on Discord."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.film.pack import Pack
from tests.cli.conftest import Run
from tests.packs import CRITIC_LINE, FILM_LINE, put, tiny_files, write_pack


def answer(run: Run, question: str, *options: str) -> dict[str, Any]:
    """The answer for programs."""
    ran = run("ask", question, "--json", *options)
    assert (ran.code, ran.err) == (0, "")
    data: dict[str, Any] = json.loads(ran.out)
    return data


def flat(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def test_an_answer_has_every_reading_with_its_source_and_its_quotes(run: Run, her: Pack) -> None:
    ran = run("ask", "samantha")

    assert ran.code == 0
    printed = flat(ran.out)
    topic = her.topics["why-samantha-left"]
    subject = her.subjects["samantha"]
    assert printed.startswith(f"Samantha · Her (2013) {flat(subject.intro)} Why Samantha leaves · Her (2013)")
    for reading in topic.readings:
        assert f"{her.sources[reading.source].label} {flat(reading.text)}" in printed
        assert all(f"“{flat(her.quotes[quote].text)}”" in printed for quote in reading.quotes)
    more = printed.split("More about Samantha ")[1]
    for further in (her.topics[name] for name in subject.topics[1:]):
        assert f"{further.title} {flat(further.summary)}" in more
    assert "Did you mean" not in printed
    assert "Where they differ: Left, or decommissioned?" in printed
    assert f"Good to know: {flat(topic.note or '?')}" in printed


def test_a_question_that_no_source_speaks_to_is_not_answered(run: Run) -> None:
    ran = run("ask", "explain the end of Interstellar")

    assert ran.code == 0
    assert ran.out.startswith("I'm not sure which topic on Her (2013) you mean")
    assert "don't say" not in ran.out
    assert "What comes nearest: " in ran.out
    assert "“" not in ran.out


def test_nonsense_is_not_answered_and_what_can_be_asked_is_said(run: Run) -> None:
    assert flat(run("ask", "qwertz asdf").out).startswith("The sources on Her (2013) don't say. Ask about a topic, ")


@pytest.mark.parametrize("question", ["", " ", "?!"])
def test_who_asks_nothing_is_told_what_can_be_asked(run: Run, question: str) -> None:
    printed = flat(run("ask", question).out)

    assert "don't say" not in printed
    assert printed.startswith(
        "Nothing was asked. Ask about a topic, a name or in a sentence of your own, such as: Samantha,"
    )


def test_an_unsure_answer_comes_with_what_else_may_have_been_meant(run: Run) -> None:
    assert "Did you mean? " in flat(run("ask", "is amy his girlfriend now").out)


def test_the_answer_for_programs_has_the_documented_form(run: Run, her: Pack) -> None:
    data = answer(run, "samantha")

    assert list(data) == ["answered", "topics", "readings"]
    assert data["answered"] is True
    assert all(list(topic) == ["id", "score"] for topic in data["topics"])
    assert all(list(reading) == ["source", "text", "quotes"] for reading in data["readings"])
    assert data["topics"][0] == {"id": "why-samantha-left", "score": 1.0}
    assert data["readings"] == [
        {
            "source": reading.source,
            "text": reading.text,
            "quotes": [her.quotes[quote].text for quote in reading.quotes],
        }
        for reading in her.topics["why-samantha-left"].readings
    ]


@pytest.mark.parametrize("question", ["samantha", "the letter", "wheres she even go lol", "catherin lettr", "x"])
def test_topics_are_named_once_the_best_first_with_scores_from_0_to_1(run: Run, her: Pack, question: str) -> None:
    data = answer(run, question)

    ids = [topic["id"] for topic in data["topics"]]
    scores = [topic["score"] for topic in data["topics"]]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(her.topics)
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_person_stands_for_their_topics_in_order(run: Run, her: Pack) -> None:
    ids = [topic["id"] for topic in answer(run, "samantha")["topics"]]

    subject = her.subjects["samantha"].topics
    assert tuple(ids[: len(subject)]) == subject


@pytest.mark.parametrize("question", ["best horror movies of the 80s", "qwertz asdf", "", "?!", "🎬"])
def test_what_is_not_answered_has_no_readings(run: Run, question: str) -> None:
    data = answer(run, question)

    assert data["answered"] is False
    assert data["readings"] == []
    assert isinstance(data["topics"], list)


def test_another_folder_of_films_can_be_named(run: Run, content: Path) -> None:
    write_pack(content)

    data = answer(run, "last shot")

    assert data["topics"][0] == {"id": "the-end", "score": 1.0}
    assert [reading["quotes"] for reading in data["readings"]] == [[FILM_LINE]]


def test_another_film_can_be_asked_about(run: Run, content: Path) -> None:
    write_pack(content)
    files = tiny_files()
    put(files, "film.yaml", ("id",), "her")
    put(files, "topics/the-garden.yaml", ("aliases",), ["green place"])
    write_pack(content, files, "her")

    assert answer(run, "hedge", "--film", "tiny")["readings"][0]["quotes"] == [CRITIC_LINE]
    assert answer(run, "hedge")["topics"][0]["score"] < 1


def test_an_unknown_film_is_told_in_one_sentence_with_those_that_are_there(run: Run) -> None:
    ran = run("ask", "samantha", "--film", "casablanca")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "There is no film “casablanca”. There is: her.\n"


def test_markup_in_a_question_or_a_pack_is_printed_as_it_is(run: Run, content: Path) -> None:
    files = tiny_files()
    put(files, "topics/the-end.yaml", ("title",), "How [bold]Tiny[/bold] ends [/]")
    write_pack(content, files)

    ran = run("ask", "last shot")

    assert ran.code == 0
    assert ran.out.startswith("How [bold]Tiny[/bold] ends [/] · Tiny (2001)")


def test_the_module_is_the_same_program(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "samantha", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert json.loads(ran.stdout)["topics"][0]["id"] == "why-samantha-left"
    assert ran.stderr == ""


def test_questions_of_the_standard_input_are_answered_a_line_each_in_their_order(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "samantha\nwheres she even go lol\n\nbest pizza in town\n\xff\n"
    monkeypatch.setenv("UNDERSTANDING", "on")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(asked.encode("latin-1"))))

    ran = run("ask", "--stdin")

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [answer["answered"] for answer in answers] == [True, True, False, False, False]
    assert [answer["topics"][0]["id"] for answer in answers[:2]] == ["why-samantha-left", "where-they-went"]
    assert all({"answered", "topics", "readings"} == set(answer) for answer in answers)
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("arguments", [(), ("samantha", "--stdin")])
def test_either_one_question_is_asked_or_many(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run("ask", *arguments)

    assert ran.code == 1
    assert "Ask one question, or give --stdin" in ran.err
