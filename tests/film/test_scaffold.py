"""A new film starts as a pack that passes the check."""

from pathlib import Path

import pytest
import yaml

from bot.answers.cards import card_problems
from bot.film.loading import load_pack
from bot.film.pack import ContentError
from bot.film.scaffold import PackExists, new_pack


def test_a_new_pack_passes_the_check_and_its_cards_fit(tmp_path: Path) -> None:
    folder = new_pack(tmp_path, "ex-machina", "Ex Machina", 2014)

    pack = load_pack(folder)
    assert folder == tmp_path / "ex-machina"
    assert pack.film.name == "Ex Machina (2014)"
    assert pack.film.id == "ex-machina"
    assert card_problems(pack) == []


@pytest.mark.parametrize(
    "title",
    [
        'Say "Her"',
        "Back\\slash",
        "Colon: the film",
        "# 1",
        "- dash",
        "{curly}",
        "Amélie 🎬",
        "null",
        "2001",
        "'",
        "%TAG",
    ],
)
def test_a_title_is_taken_as_it_is_whatever_stands_in_it(title: str, tmp_path: Path) -> None:
    assert load_pack(new_pack(tmp_path, "film", title, 1999)).film.title == title


def test_every_file_of_a_new_pack_names_its_schema(tmp_path: Path) -> None:
    folder = new_pack(tmp_path, "film", "Film", 1999)

    for path in folder.rglob("*.yaml"):
        depth = "../" * len(path.relative_to(tmp_path).parents[:-1])
        assert path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={depth}schema/")
        assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_a_taken_folder_is_left_as_it_is(tmp_path: Path) -> None:
    taken = tmp_path / "film"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(PackExists, match="is there already"):
        new_pack(tmp_path, "film", "Film", 1999)

    assert [path.name for path in taken.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("slug", ["", "Film", "a b", "../film", "a--b", "-a", "a-", "a_b", "filmé", "x" * 25, "film\n"])
def test_what_can_be_no_id_is_refused_and_nothing_is_written(slug: str, tmp_path: Path) -> None:
    with pytest.raises(PackExists, match="can't be an id"):
        new_pack(tmp_path, slug, "Film", 1999)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("title", "year"), [("", 1999), ("x" * 81, 1999), ("Film", 1066), ("Film", 9999)])
def test_a_film_that_would_not_pass_the_check_leaves_nothing_behind(title: str, year: int, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"film\.yaml:\d+: (title|year): "):
        new_pack(tmp_path, "film", title, year)

    assert list(tmp_path.iterdir()) == []
