"""The README tells of every command, option and setting that exists, and of none that does not."""

import re
from collections.abc import Iterator
from pathlib import Path

import discord
import typer.main
from typer.core import TyperGroup as Group

from bot.cli import app
from bot.settings import Settings
from tests.discord.world import World

SLASH = discord.AppCommandType.chat_input
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parent.parent


def commands(group: Group, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_of_the_command_line_is_documented_and_no_other() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, Group)
    documented = {
        " ".join(word for word in match.split() if (word.islower() and word[0].isalpha()) or word == "ending-bot")
        for match in re.findall(r"^\| `(ending-bot [^`]*?)(?: --[^`]*| \"[^`]*)?` \|", README, re.MULTILINE)
    }
    assert documented == set(commands(group, "ending-bot"))


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE))
    assert set(table) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = default.get_secret_value() if hasattr(default, "get_secret_value") else default
        written = {None: "", True: "on", False: "off"}.get(shown, str(shown))
        assert table[name.upper()] == written


def test_every_file_that_the_readme_names_exists() -> None:
    for name in re.findall(r'src="([^"]+)"', README) + re.findall(r"(scripts/\w+(?:\.py)?)", README):
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"`((?:bot|tests|content)/[\w./]*)`", README):
        assert (ROOT / name).exists(), name


def test_the_first_screen_has_the_two_commands_and_a_picture_with_alt_text() -> None:
    first = README.split("## On the page")[0]
    assert "\n    scripts/preview\n" in first
    assert "\n    scripts/test\n" in first
    assert re.search(r'<img src="docs/images/ending\.png"[^>]* alt="[^"]{20,}"', first)


def test_ci_runs_exactly_the_readmes_test_command() -> None:
    assert "\nexec scripts/test " in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


async def test_every_slash_command_and_option_is_documented_and_no_other(world: World) -> None:
    documented = set(re.findall(r"^\| `/(\w+)[^`]*` \|", README, re.MULTILINE))
    commands = {command.name: command for command in world.bot.tree.get_commands(type=SLASH)}
    assert documented == set(commands)
    for command in commands.values():
        row = next(line for line in README.splitlines() if line.startswith(f"| `/{command.name}"))
        for option in command.to_dict(world.bot.tree).get("options", []):
            assert re.search(rf"\b{option['name']}\b", row), f"/{command.name} {option['name']}"


async def test_every_menu_is_documented_and_no_other(world: World) -> None:
    documented = set(re.findall(r"^\| menu “([^”]*)”", README, re.MULTILINE))
    assert documented == {menu.name for menu in world.bot.tree.get_commands(type=discord.AppCommandType.message)}
