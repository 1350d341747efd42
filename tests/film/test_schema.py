"""Editors check the packs against schemas that say what the program itself demands."""

import json
import re
from pathlib import Path

import pytest

from bot.film.library import CHECKOUT
from bot.film.schema import FILES, schema_text, write_schemas

PACK_FILES = sorted((CHECKOUT / "her").rglob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_the_schema_in_the_repository_is_the_models_own(name: str) -> None:
    written = (CHECKOUT / "schema" / f"{name}.json").read_text(encoding="utf-8")

    assert written == schema_text(name), "run `ending-bot content schema`"


def test_there_is_a_schema_for_every_kind_of_file_and_no_other() -> None:
    assert {path.stem for path in (CHECKOUT / "schema").iterdir()} == set(FILES)


@pytest.mark.parametrize("path", PACK_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_pack_file_names_the_schema_of_its_kind_in_its_first_line(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)

    assert named is not None
    schema = (path.parent / named[1]).resolve()
    assert schema.is_file()
    assert schema.stem == {"topics": "topic", "phrases": "phrases"}.get(path.parent.name, path.stem)


def test_a_schema_knows_the_fields_by_the_names_that_the_files_use() -> None:
    schema = json.loads(schema_text("quotes"))

    critic = schema["$defs"]["CriticQuote"]
    line = schema["$defs"]["FilmLine"]
    assert {"text", "source", "sha256"} <= set(critic["required"])
    assert {"passages", "source", "sha256"} <= set(line["required"])
    assert critic["additionalProperties"] is False
    assert line["properties"]["status"]["enum"] == ["confirmed", "confirmed-variant", "plausible"]


def test_schemas_are_written_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "new" / "schema")

    assert {path.name for path in written} == {f"{name}.json" for name in FILES}
    assert all(json.loads(path.read_text(encoding="utf-8"))["type"] == "object" for path in written)
