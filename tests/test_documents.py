"""The documents agree with the program: what they name is there, and what is stored they tell of."""

import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
import sqlalchemy as sa
import typer.main
from typer.core import TyperGroup

from bot.answers.recent import FRESH
from bot.cli import app
from bot.client import GRACE
from bot.film.models import QUOTE_LIMIT
from bot.limits import COMMANDS
from bot.polls.together import FEWEST_VOTERS
from bot.settings import Settings
from bot.store.tables import metadata
from tests.discord.world import World
from tests.test_codebase import LONGEST_FILE

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "CONTRIBUTING.md", "PRIVACY.md", "SECURITY.md", "TERMS.md")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
TEXT_NAMES = pytest.mark.parametrize("name", NAMES)
ELSEWHERE = {"discord.com", "localhost"}
"""Addresses that a document may name: where tokens come from, and this computer."""
POINTS_TO_SOMEBODY = re.compile(r"(_id|_by|voter|_key|user|member|guild|channel|role)$")


def anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def words_of_commands(text: str, program: str) -> Iterator[list[str]]:
    """The words after the name of a program, wherever it is used, without comments."""
    for match in re.finditer(rf"(?<![\w-]){re.escape(program)}((?: [^\n`|#]*)?)", text):
        yield match[1].split()


def options_of(words: list[str]) -> set[str]:
    """The options of the command that words begin with.

    Raises:
        KeyError: there is no such command.
    """
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands[words[0]]
    if isinstance(command, TyperGroup):
        command = command.commands[words[1]]
    return {option for parameter in command.params for option in parameter.opts}


@TEXT_NAMES
class TestEveryDocument:
    def test_its_links_lead_somewhere(self, name: str) -> None:
        for target in re.findall(r"\]\(([^)]+)\)", TEXTS[name]):
            file, _, place = target.partition("#")
            assert not file or (ROOT / file).is_file(), target
            headings = re.findall(r"^#+ (.+)$", TEXTS.get(file or name, ""), re.MULTILINE)
            assert not place or place in map(anchor, headings), target

    def test_it_invents_no_address(self, name: str) -> None:
        hosts = set(re.findall(r"https?://([\w.-]+)", TEXTS[name]))
        assert {host for host in hosts if host not in ELSEWHERE} == set()
        assert re.findall(r"[\w.]+@[\w-]+\.\w+", TEXTS[name]) == []

    def test_the_files_that_it_names_are_there(self, name: str) -> None:
        known = r"`((?:bot|tests|content|deploy|scripts|docs)/[\w./-]*)"
        # What the reader is to make has a part in capitals, or is the film of the example.
        named = [path for path in re.findall(known, TEXTS[name]) if not re.search(r"[A-Z]|ex-machina", path)]
        assert [path for path in named if not (ROOT / path).exists()] == []
        scripts = re.findall(r"(?<![\w/])scripts/[\w.]+\w", TEXTS[name])
        assert [path for path in scripts if not (ROOT / path).is_file()] == []
        modules = [module.replace(".", "/") for module in re.findall(r"python -m ((?:bot|tests)[\w.]*)", TEXTS[name])]
        assert [path for path in modules if not any((ROOT / path).with_suffix(s).exists() for s in (".py", ""))] == []

    def test_the_commands_that_it_names_are_there_with_their_options(self, name: str) -> None:
        for words in words_of_commands(TEXTS[name], "ending-bot"):
            if not words or words[0].startswith(("(", "“")):
                continue
            used = {word for word in words if word.startswith("--")}
            assert used <= options_of(words), f"ending-bot {' '.join(words)}"

    def test_the_settings_that_it_names_are_there(self, name: str) -> None:
        settings = {field.upper() for field in Settings.model_fields}
        named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", TEXTS[name])) - {"READ_BY", "SOURCES_DIR"}
        assert {setting.removesuffix("_FILE") for setting in named} <= settings

    async def test_the_slash_commands_that_it_names_are_there(self, name: str, world: World) -> None:
        there = {command.name for command in world.bot.tree.get_commands(type=discord.AppCommandType.chat_input)}
        # `/metrics`, `/healthz` and `/readyz` are addresses.
        named = set(re.findall(r"`/(\w+)[^`/]*`", TEXTS[name])) - {"metrics", "healthz", "readyz", "data"}
        assert named <= there


def test_nobody_has_to_search_for_a_document() -> None:
    for name in NAMES[1:]:
        assert f"]({name})" in TEXTS["README.md"], name


class TestWhatIsStored:
    def rows(self) -> dict[str, str]:
        """What PRIVACY.md says of each table."""
        return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", TEXTS["PRIVACY.md"], re.MULTILINE))

    def test_every_table_is_told_of(self) -> None:
        assert metadata.tables.keys() - self.rows().keys() == set()

    @pytest.mark.parametrize("table", metadata.tables.values(), ids=metadata.tables)
    def test_every_column_that_points_to_somebody_is_told_of(self, table: sa.Table) -> None:
        told = set(re.findall(r"`(\w+)`", self.rows()[table.name]))
        pointing = {column.name for column in table.columns if POINTS_TO_SOMEBODY.search(column.name)}
        # A number of Discord's own is the only thing that needs so much room.
        wide = {column.name for column in table.columns if isinstance(column.type, sa.BigInteger)}
        times = {column for column in wide if column.endswith(("_at", "_since"))}
        assert (pointing | wide) - times - told == set()
        assert told - {column.name for column in table.columns} == set(), "there is no such column"

    def test_the_figures_are_those_of_the_program(self) -> None:
        days = f"{GRACE.days} days"
        assert GRACE.days == Settings.model_fields["grace_days"].default
        assert f"gone from the server for {days}" in TEXTS["PRIVACY.md"]
        assert f"gone for {days}" in TEXTS["TERMS.md"]
        assert f"after {days}" in TEXTS["README.md"]
        assert f"more than {FEWEST_VOTERS} voters" in TEXTS["PRIVACY.md"]
        assert (FRESH.total_seconds(), COMMANDS) == (600, (8, 20.0))
        assert "for ten minutes which answer" in TEXTS["PRIVACY.md"]
        assert "Eight commands in twenty seconds, and the same question" in TEXTS["SECURITY.md"]
        assert f"at most {LONGEST_FILE} lines" in TEXTS["CONTRIBUTING.md"]
        assert f"of at most {QUOTE_LIMIT} characters" in " ".join(TEXTS["CONTRIBUTING.md"].split())
