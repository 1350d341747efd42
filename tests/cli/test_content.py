"""`ending-bot content` checks, proves and starts film packs."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.film.library import default_content
from bot.film.schema import FILES
from tests.answers.test_weights import taught
from tests.cli.conftest import Run
from tests.packs import SOURCE_TEXT, drop, line_of, put, tiny_files, write_pack


def test_the_pack_that_comes_with_the_program_is_in_order(run: Run) -> None:
    ran = run("content", "check")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Her (2013): 40 topics, ")
    assert "5 film lines" in ran.out
    assert "14 differences, 12 timeline steps, 20 questions, 4 sources. All in order." in ran.out


def test_every_film_of_another_folder_is_checked(run: Run, content: Path) -> None:
    write_pack(content)
    files = tiny_files()
    put(files, "film.yaml", ("id",), "other")
    put(files, "film.yaml", ("title",), "Other [film]")
    write_pack(content, files, "other")

    lines = run("content", "check").out.splitlines()

    assert [line.split(":")[0] for line in lines] == ["Other [film] (2001)", "Tiny (2001)"]
    assert lines[1] == (
        "Tiny (2001): 2 topics, 2 readings, 2 quotes (1 film lines), 1 differences, 2 timeline steps, 1 questions, "
        "1 sources. All in order."
    )


def test_a_broken_pack_ends_with_2_and_every_problem_with_file_line_and_field(run: Run, content: Path) -> None:
    files = tiny_files()
    put(files, "topics/the-end.yaml", ("readings", 0, "source"), "nobody")
    put(files, "topics/the-end.yaml", ("related",), ["[bold]moon"])
    drop(files, "quotes.yaml", ("critics", 0, "source"))
    folder = write_pack(content, files)

    ran = run("content", "check")

    assert (ran.code, ran.out) == (2, "")
    *problems, summary = ran.err.splitlines()
    quotes, end = folder / "quotes.yaml", folder / "topics" / "the-end.yaml"
    assert f"tiny/quotes.yaml:{line_of(quotes, '- id: garden')}: critics[0].source: Field required" in problems
    source = f"tiny/topics/the-end.yaml:{line_of(end, 'source: nobody')}: readings[0].source: "
    assert source + "there is no source “nobody”" in problems
    related = f"tiny/topics/the-end.yaml:{line_of(end, '[bold]moon')}: related[0]: there is no topic “[bold]moon”"
    assert related in problems
    assert summary == f"{len(problems)} problems: the content is refused."


def test_one_problem_is_called_one(run: Run, content: Path) -> None:
    files = tiny_files()
    put(files, "film.yaml", ("year",), 1)
    write_pack(content, files)

    assert run("content", "check").err.splitlines()[-1] == "1 problem: the content is refused."


def test_a_card_that_fits_no_message_is_a_problem_too(run: Run, content: Path) -> None:
    files = tiny_files()
    step = {**files["timeline.yaml"]["steps"][0], "note": "n" * 160, "what": "w" * 120}
    put(files, "timeline.yaml", ("steps",), [{**step, "step": number} for number in range(1, 31)])
    write_pack(content, files)

    ran = run("content", "check")

    assert ran.code == 2
    assert ran.err.startswith("tiny/timeline.yaml:1: (card): the card has ")


@pytest.mark.parametrize("command", [("ask", "fox"), ("content", "verify", "--sources", "."), ("content", "check")])
def test_every_command_refuses_a_broken_pack_alike(run: Run, content: Path, command: tuple[str, ...]) -> None:
    files = tiny_files()
    put(files, "film.yaml", ("year",), 1)
    folder = write_pack(content, files)

    ran = run(*command)

    assert ran.code == 2
    assert f"tiny/film.yaml:{line_of(folder / 'film.yaml', 'year:')}: year: " in ran.err


def test_a_folder_without_a_film_is_told(run: Run, content: Path) -> None:
    ran = run("content", "check")

    assert ran.code == 2
    assert f"{content}: no film here" in ran.err


def test_a_folder_that_is_not_there_is_told_with_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "nope"))

    ran = run("content", "check")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        f"{tmp_path / 'nope'}: there is no such folder. "
        "Set CONTENT_DIR to the folder of your films, or leave it out to use those that come with the program",
        "1 problem: the content is refused.",
    ]


def test_a_broken_pack_ends_the_process_with_2(tmp_path: Path) -> None:
    files = tiny_files()
    put(files, "film.yaml", ("year",), 1)
    write_pack(tmp_path, files)

    ran = subprocess.run(
        [sys.executable, "-m", "bot", "content", "check"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=Path(__file__).parents[2],
        env={"CONTENT_DIR": str(tmp_path), "PATH": "", "PYTHONUTF8": "1"},
    )

    assert ran.returncode == 2
    assert ran.stderr.startswith("tiny/film.yaml:3: year: ")
    assert "Traceback" not in ran.stderr


def test_quotes_are_proved_against_the_sources_texts(run: Run, content: Path, tmp_path: Path) -> None:
    write_pack(content)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "fox.txt").write_text(SOURCE_TEXT, encoding="utf-8")

    ran = run("content", "verify", "--sources", str(texts))

    assert (ran.code, ran.err) == (0, "")
    assert "The Fox Paper" in ran.out
    assert "40%" in ran.out
    assert ran.out.endswith("All 2 quotes stand in their sources, word for word.\n")


def test_without_a_name_all_films_are_proved(run: Run, content: Path, tmp_path: Path) -> None:
    write_pack(content)
    files = tiny_files()
    put(files, "film.yaml", ("id",), "other")
    put(files, "film.yaml", ("title",), "Other")
    write_pack(content, files, "other")
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "fox.txt").write_text(SOURCE_TEXT, encoding="utf-8")

    ran = run("content", "verify", "--sources", str(texts))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.index("Other (2001)") < ran.out.index("Tiny (2001)")
    assert ran.out.endswith("All 4 quotes stand in their sources, word for word.\n")


def test_every_film_whose_texts_are_missing_is_a_problem(run: Run, content: Path, tmp_path: Path) -> None:
    write_pack(content)
    files = tiny_files()
    put(files, "film.yaml", ("id",), "other")
    put(files, "sources.yaml", ("sources", 0, "sha256"), "0" * 64)
    write_pack(content, files, "other")
    texts = tmp_path / "texts"
    texts.mkdir()

    ran = run("content", "verify", "--sources", str(texts))

    assert (ran.code, ran.out) == (2, "")
    assert [line.split(":")[0] for line in ran.err.splitlines()[:2]] == ["other/sources.yaml", "tiny/sources.yaml"]
    (texts / "fox.txt").write_text(SOURCE_TEXT, encoding="utf-8")
    assert run("content", "verify", "--sources", str(texts), "--film", "tiny").code == 0


def test_a_text_that_was_altered_proves_nothing(run: Run, content: Path, tmp_path: Path) -> None:
    write_pack(content)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "fox.txt").write_text(SOURCE_TEXT.replace("fox", "dog"), encoding="utf-8")

    ran = run("content", "verify", "--sources", str(texts))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tiny/sources.yaml:1: fox-paper: no file in ")


def test_a_folder_of_texts_that_is_not_there_is_told(run: Run) -> None:
    ran = run("content", "verify", "--sources", "nowhere")

    assert ran.code == 2
    assert "--sources" in ran.err
    assert "nowhere" in ran.err


def test_an_unknown_film_can_not_be_proved(run: Run, tmp_path: Path) -> None:
    ran = run("content", "verify", "--sources", str(tmp_path), "--film", "casablanca")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("There is no film “casablanca”.")


def test_a_new_film_is_started_and_passes_the_check(run: Run, content: Path) -> None:
    ran = run("content", "new", "ex-machina", "--title", "Ex Machina", "--year", "2014")

    assert ran.code == 0
    assert ran.out.startswith(f"{content / 'ex-machina'} is ready.")
    assert run("content", "check").out.startswith("Ex Machina (2014): 1 topics, ")


def test_a_taken_id_is_told_in_one_sentence(run: Run, content: Path) -> None:
    write_pack(content)

    ran = run("content", "new", "tiny", "--title", "Tiny", "--year", "2001")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("is there already. Choose another id, or go on with that one.\n")
    assert ran.err.count("\n") == 1


def test_what_can_be_no_id_is_told_in_one_sentence(run: Run, content: Path) -> None:
    ran = run("content", "new", "Ex Machina", "--title", "Ex Machina", "--year", "2014")

    assert ran.code == 1
    assert ran.err.startswith("“Ex Machina” can't be an id: use a-z, 0-9 and single hyphens")
    assert list(content.iterdir()) == []


def test_a_year_without_films_is_refused_and_leaves_nothing_behind(run: Run, content: Path) -> None:
    ran = run("content", "new", "old", "--title", "Old", "--year", "1066")

    assert ran.code == 2
    assert "old/film.yaml:4: year: " in ran.err
    assert list(content.iterdir()) == []


def test_the_schemas_are_written_beside_the_packs(run: Run, content: Path) -> None:
    ran = run("content", "schema")

    assert ran.code == 0
    assert ran.out.splitlines() == [str(content / "schema" / f"{name}.json") for name in FILES]
    for name in FILES:
        own = (default_content() / "schema" / f"{name}.json").read_bytes()
        assert (content / "schema" / f"{name}.json").read_bytes() == own


@pytest.mark.parametrize("command", [("schema",), ("new", "film", "--title", "Film", "--year", "1999")])
def test_a_folder_that_can_not_be_written_is_told_in_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "file"))

    ran = run("content", *command)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(str(tmp_path / "file"))
    assert "can't be written: " in ran.err
    assert ran.err.endswith("Set CONTENT_DIR to a folder of your own that can be written.\n")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("command", [("ask", "fox"), ("content", "check")])
def test_a_default_film_that_is_not_there_is_refused_by_its_settings_name(
    run: Run, content: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    write_pack(content)
    monkeypatch.setenv("DEFAULT_FILM", "nope")

    ran = run(*command)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "DEFAULT_FILM is “nope”, and there is no such film. There is: tiny.\n"


def test_a_folder_without_a_film_is_told_with_what_to_do(run: Run, content: Path) -> None:
    assert "Check CONTENT_DIR, or start a film with `ending-bot content new`" in run("content", "check").err


def test_a_film_learns_from_its_phrases_by_one_command(run: Run, content: Path) -> None:
    pack = taught(content)

    ran = run("content", "fit", "--film", "tiny")

    assert ran.code == 0, ran.err
    assert pack.weights.exists()
    assert "understanding.npz is written" in ran.out


def test_a_film_with_too_few_phrases_is_told_what_is_missing(run: Run, content: Path) -> None:
    write_pack(content)

    ran = run("content", "fit", "--film", "tiny")

    assert ran.code == 1
    assert ran.err.startswith("Tiny (2001): There are too few phrases")


def test_understanding_is_measured_beside_simpler_ways(
    run: Run, content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(content)
    assert run("content", "fit", "--film", "tiny").code == 0
    questions = tmp_path / "asked"
    questions.mkdir()
    (questions / "answerable.yaml").write_text(
        "questions:\n  - {ask: how did it end, topic: the-end, kind: question, language: en}\n"
    )
    (questions / "unanswerable.yaml").write_text(
        "questions:\n  - {ask: 'hello, thanks', kind: small-talk, language: en}\n"
    )
    monkeypatch.setenv("COLUMNS", "120")

    ran = run("content", "evaluate", "--questions", str(questions), "--film", "tiny", "--cross-check")

    assert ran.code == 0, ran.err
    for way in ("the bot", "names and words", "BM25", "embeddings", "on phrases held out", "small-talk"):
        assert way in ran.out
    assert "100.0%" in ran.out


def test_a_question_on_no_topic_field_is_told_with_its_place(run: Run, content: Path, tmp_path: Path) -> None:
    taught(content)
    (tmp_path / "answerable.yaml").write_text("questions:\n  - {ask: how, topic: the-end, kind: question}\n")

    ran = run("content", "evaluate", "--questions", str(tmp_path), "--film", "tiny")

    assert ran.code == 2
    assert "answerable.yaml:2: questions[0].language" in ran.err
