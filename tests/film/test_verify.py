"""Every quote is proved against its source's text, and no source is quoted too far."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.film.loading import load_pack
from bot.film.pack import ContentError, Pack
from bot.film.verify import verify_pack
from tests.packs import CRITIC_LINE, FILM_LINE, SOURCE_TEXT, Files, put, sha256, tiny_files, write_pack


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "fox.txt").write_text(SOURCE_TEXT, encoding="utf-8")
    return folder


def quoting(files: Files, source: str, text: str, share: float, file: Path) -> None:
    """Let a source's text be of letters, and quote a share of it."""
    file.write_text(text, encoding="utf-8")
    entry = {**tiny_files()["sources.yaml"]["sources"][0], "id": source, "site": source, "sha256": sha256(text)}
    files["sources.yaml"]["sources"].append(entry)
    words = text[: round(share * len(text))]
    quote = {"id": f"q-{source}", "source": source, "text": words, "sha256": sha256(words), "topics": ["the-end"]}
    files["quotes.yaml"]["critics"].append(quote)


def refused(pack: Pack, texts: Path) -> list[str]:
    """The problems that a proof ends with."""
    with pytest.raises(ContentError) as error:
        verify_pack(pack, texts)
    return [str(problem) for problem in error.value.problems]


def test_every_quote_that_stands_in_its_source_is_proved(tmp_path: Path, texts: Path) -> None:
    proofs = verify_pack(load_pack(write_pack(tmp_path)), texts)

    assert [(proof.source, proof.label, proof.quotes) for proof in proofs] == [("fox-paper", "The Fox Paper", 2)]
    assert proofs[0].quoted_share == pytest.approx(len(FILM_LINE + CRITIC_LINE) / len(SOURCE_TEXT))


def test_a_text_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path, texts: Path) -> None:
    (texts / "fox.txt").rename(texts / "000.txt")
    (texts / "another.txt").write_text("Something else.", encoding="utf-8")

    assert len(verify_pack(load_pack(write_pack(tmp_path)), texts)) == 1


def test_an_altered_text_is_refused(tmp_path: Path, texts: Path) -> None:
    (texts / "fox.txt").write_text(SOURCE_TEXT + " ", encoding="utf-8")

    (problem,) = refused(load_pack(write_pack(tmp_path)), texts)

    assert problem.startswith("tiny/sources.yaml:1: fox-paper: no file in ")
    assert problem.endswith(f"has the sha256 {sha256(SOURCE_TEXT)}")


@pytest.mark.parametrize(
    "words",
    ["the fox never leaves the Garden", "the fox  never leaves the garden", "quiet. Come home", "the fox … garden"],
)
def test_a_passage_that_is_not_word_for_word_in_the_text_is_refused(words: str, tmp_path: Path, texts: Path) -> None:
    files = tiny_files()
    put(files, "quotes.yaml", ("critics", 0, "text"), words)
    put(files, "quotes.yaml", ("critics", 0, "sha256"), sha256(words))

    problems = refused(load_pack(write_pack(tmp_path, files)), texts)

    assert problems == [f"tiny/quotes.yaml:1: garden: not in fox-paper: “{words}”"]


def test_each_part_of_a_film_line_must_stand_in_the_text(tmp_path: Path, texts: Path) -> None:
    files = tiny_files()
    parts = ["Come home,", "little fox.", "Now."]
    put(files, "quotes.yaml", ("film_lines", 0, "passages"), parts)
    put(files, "quotes.yaml", ("film_lines", 0, "sha256"), sha256(" … ".join(parts)))

    problems = refused(load_pack(write_pack(tmp_path, files)), texts)

    assert problems == ["tiny/quotes.yaml:1: fl-home: not in fox-paper: “Now.”"]


@pytest.mark.parametrize(
    ("long_share", "short_share", "over"),
    [
        (0.30, 0.40, []),
        (0.31, 0.40, ["long: 31.0% of the text is quoted, at most 30% may be"]),
        (0.30, 0.41, ["short: 41.0% of the text is quoted, at most 40% may be"]),
        (0.35, 0.45, ["long: 35.0% of", "short: 45.0% of"]),
    ],
)
def test_at_most_three_tenths_of_a_text_are_quoted_and_four_of_the_shortest(
    long_share: float, short_share: float, over: Sequence[str], tmp_path: Path, texts: Path
) -> None:
    files = tiny_files()
    quoting(files, "long", "abcdefghij" * 40, long_share, texts / "long.txt")
    quoting(files, "short", "0123456789" * 10, short_share, texts / "short.txt")
    pack = load_pack(write_pack(tmp_path, files))

    if over:
        problems = refused(pack, texts)
        assert len(problems) == len(over)
        for problem, expected in zip(problems, over, strict=True):
            assert problem.startswith(f"tiny/quotes.yaml:1: {expected}")
    else:
        assert {proof.source: proof.limit for proof in verify_pack(pack, texts)} == {
            "fox-paper": 0.30,
            "long": 0.30,
            "short": 0.40,
        }


def test_words_that_two_quotes_share_are_counted_once(tmp_path: Path, texts: Path) -> None:
    files = tiny_files()
    words = CRITIC_LINE.removeprefix("the fox ")
    quote = {"id": "again", "source": "fox-paper", "text": words, "sha256": sha256(words), "topics": ["the-end"]}
    files["quotes.yaml"]["critics"].append(quote)

    (proof,) = verify_pack(load_pack(write_pack(tmp_path, files)), texts)

    assert proof.quotes == 3
    assert proof.quoted_share == pytest.approx(len(FILM_LINE + CRITIC_LINE) / len(SOURCE_TEXT))
