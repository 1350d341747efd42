"""The commands in other languages: names, descriptions and choices, from one file for each language."""

from collections.abc import Mapping
from pathlib import Path

import discord
import yaml
from discord import app_commands

LOCALES = Path(__file__).parent / "locales"


def load_locale(path: Path) -> Mapping[str, str]:
    """The translations of one file: English text to the other language's."""
    return {str(english): str(other) for english, other in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


class Translator(app_commands.Translator):
    """Gives Discord each command in the languages that `locales/` has; English stands for all others."""

    def __init__(self) -> None:
        self._texts = {path.stem: load_locale(path) for path in LOCALES.glob("*.yaml")}

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, _context: app_commands.TranslationContextTypes
    ) -> str | None:
        return self._texts.get(locale.value, {}).get(string.message)
