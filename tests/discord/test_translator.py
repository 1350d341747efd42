"""The commands are complete in English and in German, within Discord's limits."""

import re
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.translator import LOCALES, Translator, load_locale
from tests.discord.world import World

LANGUAGES = sorted(path.stem for path in LOCALES.glob("*.yaml"))


def texts(command: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of a command with its kind: name, description or choice."""
    if "description" not in command:
        # Discord allows what it wants for a menu: it is read, not typed.
        yield "menu", command["name"]
        return
    yield "name", command["name"]
    yield "description", command["description"]
    for option in command.get("options", []):
        yield "name", option["name"]
        yield "description", option["description"]
        yield from (("choice", choice["name"]) for choice in option.get("choices", []))


def test_german_is_there() -> None:
    assert "de" in LANGUAGES
    assert all(language in {locale.value for locale in discord.Locale} for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_text_of_every_command_is_translated_and_no_other(world: World, language: str) -> None:
    translations = load_locale(LOCALES / f"{language}.yaml")
    used = {"film", "Which film"}
    for command in world.bot.tree.get_commands():
        for kind, text in texts(command.to_dict(world.bot.tree)):
            used.add(text)
            assert text in translations, f"{language}.yaml lacks: {text}"
            if kind == "name":
                assert re.fullmatch(r"[\w-]{1,32}", translations[text])
                assert translations[text] == translations[text].lower()
            assert 1 <= len(translations[text]) <= 100
    assert set(translations) == used


@pytest.mark.parametrize("language", LANGUAGES)
async def test_names_stay_different_in_every_language(world: World, language: str) -> None:
    translations = load_locale(LOCALES / f"{language}.yaml")
    names = [translations[command.name] for command in world.bot.tree.get_commands()]
    assert len(names) == len(set(names))


async def test_discord_is_given_the_translations(world: World) -> None:
    command = world.bot.tree.get_command("ending")
    assert isinstance(command, app_commands.Command)
    translator = world.bot.tree.translator
    assert isinstance(translator, Translator)
    payload = await command.get_translated_payload(world.bot.tree, translator)
    assert payload["name_localizations"] == {"de": "ende"}
    assert "Was die Quellen" in payload["description_localizations"]["de"]
    assert len(str(payload)) < 8_000
