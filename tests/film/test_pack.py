"""A pack is refused with the place of every mistake, and nothing without a source ever gets in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.film.library import load_library
from bot.film.loading import load_pack
from bot.film.models import FilmLine
from bot.film.pack import ContentError
from bot.film.yamlfile import Problem
from tests.packs import CRITIC_LINE, OPTIONAL, Place, drop, line_of, put, sha256, tiny_files, write_pack


def problems_of(folder: Path) -> list[Problem]:
    """What is wrong with the pack in a folder."""
    with pytest.raises(ContentError) as refused:
        load_pack(folder)
    return refused.value.problems


@dataclass(frozen=True)
class Mistake:
    """A field set to something that is refused, and what must be said about it."""

    file: str
    place: Place
    value: Any
    line: str
    """A text that only the reported line holds."""
    field: str
    message: str


END = "topics/the-end.yaml"
GARDEN = "topics/the-garden.yaml"
MISTAKES = {
    "a quote from an unknown source": Mistake(
        "quotes.yaml",
        ("critics", 0, "source"),
        "nobody",
        "source: nobody",
        "critics[0].source",
        "there is no source “nobody”",
    ),
    "a film line from an unknown source": Mistake(
        "quotes.yaml",
        ("film_lines", 0, "source"),
        "nobody",
        "source: nobody",
        "film_lines[0].source",
        "there is no source “nobody”",
    ),
    "a quote on an unknown topic": Mistake(
        "quotes.yaml",
        ("critics", 0, "topics"),
        ["the-garden", "the-moon"],
        "- the-moon",
        "critics[0].topics[1]",
        "there is no topic “the-moon”",
    ),
    "a reading of an unknown source": Mistake(
        END,
        ("readings", 0, "source"),
        "nobody",
        "source: nobody",
        "readings[0].source",
        "there is no source “nobody”",
    ),
    "a reading that rests on an unknown quote": Mistake(
        END,
        ("readings", 0, "quotes"),
        ["fl-home", "fl-moon"],
        "- fl-moon",
        "readings[0].quotes[1]",
        "there is no quote “fl-moon”",
    ),
    "an unknown related topic": Mistake(
        END, ("related",), ["the-moon"], "- the-moon", "related[0]", "there is no topic “the-moon”"
    ),
    "an unknown featured topic": Mistake(
        "film.yaml", ("featured",), ["the-moon"], "- the-moon", "featured[0]", "there is no topic “the-moon”"
    ),
    "a subject with an unknown topic": Mistake(
        "subjects.yaml",
        ("subjects", 0, "topics"),
        ["the-moon"],
        "- the-moon",
        "subjects[0].topics[0]",
        "there is no topic “the-moon”",
    ),
    "a difference on an unknown topic": Mistake(
        "differences.yaml",
        ("differences", 0, "topics"),
        ["the-moon"],
        "- the-moon",
        "differences[0].topics[0]",
        "there is no topic “the-moon”",
    ),
    "a side of an unknown source": Mistake(
        "differences.yaml",
        ("differences", 0, "sides", 1, "sources"),
        ["fox-paper", "nobody"],
        "- nobody",
        "differences[0].sides[1].sources[1]",
        "there is no source “nobody”",
    ),
    "a side with an unknown quote": Mistake(
        "differences.yaml",
        ("differences", 0, "sides", 0, "quotes"),
        ["fl-moon"],
        "- fl-moon",
        "differences[0].sides[0].quotes[0]",
        "there is no quote “fl-moon”",
    ),
    "a step of an unknown source": Mistake(
        "timeline.yaml",
        ("steps", 0, "sources"),
        ["fox-paper", "nobody"],
        "- nobody",
        "steps[0].sources[1]",
        "there is no source “nobody”",
    ),
    "a step with an unknown quote": Mistake(
        "timeline.yaml",
        ("steps", 1, "quotes"),
        ["fl-moon"],
        "- fl-moon",
        "steps[1].quotes[0]",
        "there is no quote “fl-moon”",
    ),
    "a step out of order": Mistake(
        "timeline.yaml", ("steps", 1, "step"), 3, "step: 3", "steps[1].step", "step 2 should stand here"
    ),
    "a question raised by an unknown source": Mistake(
        "discussion.yaml",
        ("questions", 0, "raised_by"),
        ["fox-paper", "nobody"],
        "- nobody",
        "questions[0].raised_by[1]",
        "there is no source “nobody”",
    ),
    "a question on an unknown topic": Mistake(
        "discussion.yaml",
        ("questions", 0, "topics"),
        ["the-moon"],
        "- the-moon",
        "questions[0].topics[0]",
        "there is no topic “the-moon”",
    ),
    "a question with an unknown quote": Mistake(
        "discussion.yaml",
        ("questions", 0, "quotes"),
        ["fl-moon"],
        "- fl-moon",
        "questions[0].quotes[0]",
        "there is no quote “fl-moon”",
    ),
    "an alias that is another topic's": Mistake(
        GARDEN, ("aliases",), ["Last  Shot!"], "- Last  Shot!", "aliases[0]", "already leads to the topic the-end"
    ),
    "an alias that is another topic's title": Mistake(
        END,
        ("aliases",),
        ["what the garden means"],
        "- what the garden means",
        "aliases[0]",
        "already leads to the topic the-garden",
    ),
    "an alias of a subject that is a topic's": Mistake(
        "subjects.yaml",
        ("subjects", 0, "aliases"),
        ["cub", "hedge"],
        "- hedge",
        "subjects[0].aliases[1]",
        "“hedge” already leads to the topic the-garden",
    ),
    "an alias that stands twice": Mistake(
        END, ("aliases",), ["last shot", "Last Shot?"], "Last Shot?", "aliases[1]", "already leads to the topic the-end"
    ),
    "an alias without a letter": Mistake(
        END, ("aliases",), ["last shot", "?!"], "?!", "aliases[1]", "has no letter or digit"
    ),
    "a topic with a subject's title": Mistake(
        "subjects.yaml",
        ("subjects", 0, "title"),
        "The end",
        "title: The end",
        "subjects[0].title",
        "“The end” already leads to the topic the-end",
    ),
    "words that are not the quoted ones": Mistake(
        "quotes.yaml",
        ("critics", 0, "text"),
        CRITIC_LINE.replace("never", "always"),
        "- id: garden",
        "critics[0]",
        "the words do not match their sha256",
    ),
    "a source's address without encryption": Mistake(
        "sources.yaml",
        ("sources", 0, "url"),
        "http://fox.example",
        "url: http://fox.example",
        "sources[0].url",
        "String should match pattern",
    ),
    "an unknown field": Mistake("film.yaml", ("rating",), 9, "rating: 9", "rating", "Extra inputs are not permitted"),
    "a number for a text": Mistake(
        "film.yaml", ("director",), 12, "director: 12", "director", "Input should be a valid string"
    ),
    "a text for a number": Mistake(
        "film.yaml", ("year",), "2001", "year: '2001'", "year", "Input should be a valid integer"
    ),
    "a label too long for a phone": Mistake(
        END, ("label",), "x" * 35, "label: xxx", "label", "String should have at most 34 characters"
    ),
    "a reading too long for a card": Mistake(
        END,
        ("readings", 0, "text"),
        "x" * 321,
        "xxx",
        "readings[0].text",
        "String should have at most 320 characters",
    ),
    "a kind of film line that does not exist": Mistake(
        "quotes.yaml",
        ("film_lines", 0, "status"),
        "not-found-in-film",
        "status: not-found-in-film",
        "film_lines[0].status",
        "Input should be 'confirmed', 'confirmed-variant' or 'plausible'",
    ),
    "a poll with one option": Mistake(
        "poll.yaml",
        ("options",),
        [{"id": "warm", "label": "Warm"}],
        "options:",
        "options",
        "List should have at least 2 items",
    ),
    "an option that stands twice": Mistake(
        "poll.yaml", ("options", 1, "id"), "warm", "label: Cold", "options[1].id", "the id warm is taken"
    ),
    "percentages without a survey": Mistake(
        "poll.yaml",
        ("options", 0, "survey_percent"),
        100,
        "question:",
        "(file)",
        "survey_percent needs a survey with its source",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_file_line_and_field(mistake: Mistake, tmp_path: Path) -> None:
    files = tiny_files()
    put(files, mistake.file, mistake.place, mistake.value)
    folder = write_pack(tmp_path, files)
    line = line_of(folder / mistake.file, mistake.line)
    # An id is written one line above what else is told apart here.
    line -= mistake.field == "options[1].id"

    found = [problem for problem in problems_of(folder) if mistake.message in problem.message]

    assert [(each.file, each.line, each.field) for each in found] == [(f"tiny/{mistake.file}", line, mistake.field)]
    assert str(found[0]).startswith(f"tiny/{mistake.file}:{line}: {mistake.field}: ")


MISSING: dict[str, tuple[str, Place, str, str]] = {
    "a quote without a source": ("quotes.yaml", ("critics", 0, "source"), "- id: garden", "critics[0].source"),
    "a film line without a source": (
        "quotes.yaml",
        ("film_lines", 0, "source"),
        "- id: fl-home",
        "film_lines[0].source",
    ),
    "a quote without its sha256": ("quotes.yaml", ("critics", 0, "sha256"), "- id: garden", "critics[0].sha256"),
    "a reading without a source": (END, ("readings", 0, "source"), "- text: ", "readings[0].source"),
    "a reading without a quote": (END, ("readings", 0, "quotes"), "- source: ", "readings[0].quotes"),
    "a side without a source": (
        "differences.yaml",
        ("differences", 0, "sides", 0, "sources"),
        "- position: Asleep",
        "differences[0].sides[0].sources",
    ),
    "a step without a source": ("timeline.yaml", ("steps", 1, "sources"), "- step: 2", "steps[1].sources"),
    "a question without a source": (
        "discussion.yaml",
        ("questions", 0, "raised_by"),
        "- id: d1",
        "questions[0].raised_by",
    ),
    "a film without a year": ("film.yaml", ("year",), "id: tiny", "year"),
}


@pytest.mark.parametrize(("file", "place", "line", "field"), MISSING.values(), ids=MISSING)
def test_what_has_no_source_or_quote_is_refused_with_its_place(
    file: str, place: Place, line: str, field: str, tmp_path: Path
) -> None:
    files = tiny_files()
    drop(files, file, place)
    folder = write_pack(tmp_path, files)

    expected = Problem(f"tiny/{file}", line_of(folder / file, line), field, "Field required")
    assert expected in problems_of(folder)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("sources.yaml", "sources"),
        ("quotes.yaml", "critics"),
        ("quotes.yaml", "film_lines"),
        ("subjects.yaml", "subjects"),
        ("differences.yaml", "differences"),
        ("discussion.yaml", "questions"),
    ],
)
def test_an_id_is_given_only_once(file: str, field: str, tmp_path: Path) -> None:
    files = tiny_files()
    files[file][field] *= 2
    own = files[file][field][0]["id"]

    problems = problems_of(write_pack(tmp_path, files))

    taken = [problem for problem in problems if problem.message == f"the id {own} is taken"]
    assert [(each.file, each.field) for each in taken] == [(f"tiny/{file}", f"{field}[1].id")]


def test_a_list_names_nothing_twice(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, END, ("related",), ["the-garden", "the-garden"])
    folder = write_pack(tmp_path, files)

    line = line_of(folder / END, "related:") + 2
    assert problems_of(folder) == [Problem(f"tiny/{END}", line, "related[1]", "the topic the-garden stands here twice")]


def test_a_critic_can_not_take_the_id_of_a_film_line(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("critics", 0, "id"), "fl-home")

    messages = [problem.message for problem in problems_of(write_pack(tmp_path, files))]

    assert "the id fl-home is taken" in messages


def test_a_quote_is_shown_only_under_the_source_that_it_is_from(tmp_path: Path) -> None:
    files = tiny_files()
    other = {**files["sources.yaml"]["sources"][0], "id": "other-paper", "sha256": sha256("another text")}
    files["sources.yaml"]["sources"].append(other)
    put(files, END, ("readings", 0, "source"), "other-paper")
    folder = write_pack(tmp_path, files)

    line = line_of(folder / END, "- fl-home")
    assert problems_of(folder) == [
        Problem(f"tiny/{END}", line, "readings[0].quotes[0]", "the quote fl-home is from fox-paper")
    ]


def test_a_source_reads_a_topic_once(tmp_path: Path) -> None:
    files = tiny_files()
    files[END]["readings"] *= 2

    messages = [problem.message for problem in problems_of(write_pack(tmp_path, files))]

    assert messages == ["fox-paper has more than one reading of this topic; join them"]


def test_a_quote_has_at_most_300_characters(tmp_path: Path) -> None:
    files = tiny_files()
    halves = ["x" * 149, "y" * 149]
    put(files, "quotes.yaml", ("film_lines", 0, "passages"), halves)
    put(files, "quotes.yaml", ("film_lines", 0, "sha256"), sha256(" … ".join(halves)))
    put(files, "quotes.yaml", ("critics", 0, "text"), "x" * 301)
    put(files, "quotes.yaml", ("critics", 0, "sha256"), sha256("x" * 301))

    problems = {problem.field: problem.message for problem in problems_of(write_pack(tmp_path, files))}

    assert problems == {
        "film_lines[0]": "a quote has at most 300 characters, this one has 301",
        "critics[0].text": "String should have at most 300 characters",
    }


def test_an_altered_quote_is_told_the_sha256_of_its_new_words(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("critics", 0, "text"), "other words")

    problem = problems_of(write_pack(tmp_path, files))[0]

    assert problem.message.endswith(f"set sha256 to {sha256('other words')}")


@pytest.mark.parametrize(
    ("percents", "message"),
    [
        ((60, 39), "the survey's percentages add up to 99, not 100"),
        ((60, None), "with a survey every option needs its survey_percent"),
        ((60, 40), None),
    ],
)
def test_a_surveys_percentages_add_up_to_100(
    percents: tuple[int | None, int | None], message: str | None, tmp_path: Path
) -> None:
    files = tiny_files()
    put(
        files,
        "poll.yaml",
        ("survey",),
        {"source": "fox-paper", "quote": "garden", "credited_to": "Readers", "caveat": "Made up."},
    )
    for index, percent in enumerate(percents):
        put(files, "poll.yaml", ("options", index, "survey_percent"), percent)
    folder = write_pack(tmp_path, files)

    if message is None:
        poll = load_pack(folder).poll
        assert poll is not None
        assert [option.survey_percent for option in poll.options] == list(percents)
    else:
        assert problems_of(folder) == [Problem("tiny/poll.yaml", 1, "(file)", message)]


@pytest.mark.parametrize(("field", "kind"), [("source", "source"), ("quote", "quote")])
def test_a_survey_names_a_source_and_a_quote_that_are_there(field: str, kind: str, tmp_path: Path) -> None:
    files = tiny_files()
    survey = {"source": "fox-paper", "quote": "garden", "credited_to": "Readers", "caveat": "Made up.", field: "gone"}
    files["poll.yaml"] = {
        "question": "How was it?",
        "options": [{"id": "a", "label": "A", "survey_percent": 1}, {"id": "b", "label": "B", "survey_percent": 99}],
        "survey": survey,
    }
    folder = write_pack(tmp_path, files)

    line = line_of(folder / "poll.yaml", f"{field}: gone")
    expected = Problem("tiny/poll.yaml", line, f"survey.{field}", f"there is no {kind} “gone”")
    assert expected in problems_of(folder)


def test_a_topic_stands_in_the_file_of_its_name(tmp_path: Path) -> None:
    files = tiny_files()
    files["topics/finale.yaml"] = files.pop(END)

    problems = problems_of(write_pack(tmp_path, files))

    assert problems == [
        Problem("tiny/topics/finale.yaml", 1, "id", "the id is the-end, but the file is called finale.yaml")
    ]


def test_a_film_stands_in_the_folder_of_its_name(tmp_path: Path) -> None:
    write_pack(tmp_path, name="small")

    with pytest.raises(ContentError, match=r"^small/film\.yaml:1: id: the folder is called small$"):
        load_library(tmp_path)


def test_broken_yaml_is_refused_with_its_line_and_causes_no_other_complaint(tmp_path: Path) -> None:
    files = tiny_files()
    files["quotes.yaml"] = "critics:\n  - id: garden\n    text: [unclosed\n"
    files["sources.yaml"] = "sources:\n\t- id: x\n"
    files[GARDEN] = "id: the-garden\n}\n"
    folder = write_pack(tmp_path, files)

    problems = problems_of(folder)

    assert [(problem.file, problem.line, problem.field) for problem in problems] == [
        ("tiny/quotes.yaml", 4, "(YAML)"),
        ("tiny/sources.yaml", 2, "(YAML)"),
        ("tiny/topics/the-garden.yaml", 2, "(YAML)"),
    ]


def test_a_key_that_stands_twice_is_refused_where_it_stands_again(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    path = folder / "film.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "title: Tinier\n", encoding="utf-8")

    line = line_of(path, "title: Tinier")
    assert problems_of(folder) == [Problem("tiny/film.yaml", line, "(YAML)", "“title” stands here twice")]


@pytest.mark.parametrize("name", ["film.yaml", "sources.yaml", "quotes.yaml"])
def test_a_missing_file_is_named_and_causes_no_other_complaint(name: str, tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / name).unlink()

    assert problems_of(folder) == [Problem(f"tiny/{name}", 1, "(file)", "this file is missing")]


def test_a_pack_without_a_topic_is_refused(tmp_path: Path) -> None:
    files = tiny_files()
    del files[END], files[GARDEN]

    assert Problem("tiny/topics", 1, "(folder)", "there is no topic here") in problems_of(write_pack(tmp_path, files))


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        (END, ("id",), ["the-end"]),
        ("quotes.yaml", ("critics",), 5),
        ("quotes.yaml", ("critics",), "garden"),
        ("sources.yaml", ("sources", 0, "id"), {"fox": "paper"}),
        ("timeline.yaml", ("steps",), {"step": 1}),
        ("subjects.yaml", ("subjects", 0), "fox"),
        (END, ("readings",), None),
        ("film.yaml", ("featured",), 3),
    ],
)
def test_a_field_of_another_shape_is_refused_and_crashes_nothing(
    file: str, place: Place, value: Any, tmp_path: Path
) -> None:
    files = tiny_files()
    put(files, file, place, value)

    problems = problems_of(write_pack(tmp_path, files))

    assert any(problem.file == f"tiny/{file}" and "Input should be" in problem.message for problem in problems)


def test_all_mistakes_of_a_pack_are_named_at_once_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "film.yaml", ("year",), "long ago")
    put(files, "film.yaml", ("featured",), ["the-moon"])
    put(files, "quotes.yaml", ("critics", 0, "text"), "other words")
    put(files, "poll.yaml", ("options", 0, "label"), "")
    put(files, END, ("readings", 0, "source"), "nobody")
    drop(files, "timeline.yaml", ("steps", 0, "quotes"))

    problems = problems_of(write_pack(tmp_path, files))

    assert [(problem.file.removeprefix("tiny/"), problem.field) for problem in problems] == [
        ("film.yaml", "year"),
        ("film.yaml", "featured[0]"),
        ("poll.yaml", "options[0].label"),
        ("quotes.yaml", "critics[0]"),
        ("timeline.yaml", "steps[0].quotes"),
        (END, "readings[0].source"),
        (END, "readings[0].quotes[0]"),
    ]


def test_the_mistakes_of_all_packs_are_named_at_once(tmp_path: Path) -> None:
    first, second = tiny_files(), tiny_files()
    put(first, "film.yaml", ("year",), 12)
    put(second, "film.yaml", ("director",), "")
    put(second, "film.yaml", ("id",), "other")
    write_pack(tmp_path, first)
    write_pack(tmp_path, second, "other")

    with pytest.raises(ContentError) as refused:
        load_library(tmp_path)

    assert [(each.file, each.field) for each in refused.value.problems] == [
        ("other/film.yaml", "director"),
        ("tiny/film.yaml", "year"),
    ]


def test_a_folder_without_a_film_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no film here: no folder has a film"):
        load_library(tmp_path)


def test_a_pack_needs_only_the_film_its_sources_quotes_and_topics(tmp_path: Path) -> None:
    files = tiny_files()
    for name in OPTIONAL:
        del files[name]

    pack = load_pack(write_pack(tmp_path, files))

    assert set(pack.topics) == {"the-end", "the-garden"}
    assert (pack.subjects, pack.differences, pack.timeline, pack.discussion, pack.poll) == ({}, (), (), (), None)


def test_a_whole_pack_loads_with_everything_in_it(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))

    assert pack.film.name == "Tiny (2001)"
    assert list(pack.quotes) == ["fl-home", "garden"]
    assert isinstance(pack.quotes["fl-home"], FilmLine)
    assert pack.quotes["garden"].text == CRITIC_LINE
    assert [difference.id for difference in pack.differences_on("the-end")] == ["asleep-or-dead"]
    assert pack.differences_on("the-garden") == ()
    assert pack.letter == ()
    assert pack.labels(["fox-paper"]) == "The Fox Paper"


def test_two_packs_are_a_library_with_her_first(tmp_path: Path) -> None:
    write_pack(tmp_path)
    for name in ("her", "aaa"):
        files = tiny_files()
        put(files, "film.yaml", ("id",), name)
        write_pack(tmp_path, files, name)

    library = load_library(tmp_path)

    assert [pack.film.id for pack in library] == ["her", "aaa", "tiny"]
    assert library.default.film.id == "her"
    assert library.get(None) is library.default
    assert library.get("tiny") is library.packs["tiny"]
    assert library.get("no-such-film") is None
    assert [pack.film.id for pack in load_library(tmp_path, first="tiny")] == ["tiny", "aaa", "her"]


def test_a_loaded_pack_can_not_be_changed(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))

    with pytest.raises(ValidationError, match="frozen"):
        setattr(pack.topics["the-end"], "title", "Another title")  # noqa: B010
    with pytest.raises(ValidationError, match="frozen"):
        setattr(pack.quotes["garden"], "words", "Other words")  # noqa: B010
    with pytest.raises(AttributeError, match="cannot assign"):
        setattr(pack, "film", None)  # noqa: B010
    assert isinstance(pack.topics["the-end"].aliases, tuple)


def test_a_quote_that_a_reading_rests_on_is_on_the_readings_topic(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("film_lines", 0, "topics"), ["the-garden"])
    folder = write_pack(tmp_path, files)

    message = "the quote fl-home is not on this topic: add the-end to its topics in quotes.yaml"
    line = line_of(folder / END, "- fl-home")
    assert problems_of(folder) == [Problem(f"tiny/{END}", line, "readings[0].quotes[0]", message)]


def test_passages_that_do_not_follow_each_other_are_shown_with_a_mark_between_them(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("film_lines", 0, "passages"), ["Come home,", "little fox."])
    put(files, "quotes.yaml", ("film_lines", 0, "sha256"), sha256("Come home, … little fox."))

    assert load_pack(write_pack(tmp_path, files)).film_lines[0].text == "Come home, … little fox."


def test_a_disputed_quote_says_in_a_note_what_is_wrong_with_it(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("critics", 0, "disputed"), True)

    (problem,) = problems_of(write_pack(tmp_path / "without", files))
    assert problem.message == "a disputed quote needs a note that says what is wrong with it"
    put(files, "quotes.yaml", ("critics", 0, "note"), "The film shows it outside.")
    assert load_pack(write_pack(tmp_path / "with", files)).quotes["garden"].disputed
