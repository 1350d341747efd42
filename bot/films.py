"""The film that a command is about: the one that a member names, or the default one."""

from discord import app_commands

from bot.errors import Refusal
from bot.film.library import Library
from bot.film.pack import Pack
from bot.layout import clip

CHOICES = 25
"""Choices that Discord takes."""


def named_film(library: Library, film: str | None) -> Pack:
    """The pack of a film id, the default one for None.

    Raises:
        Refusal: there is no such film.
    """
    pack = library.get(film)
    if pack is None:
        raise Refusal(f"I don’t know that film. I know: {', '.join(pack.film.name for pack in library)}.")
    return pack


def film_choices(library: Library, typed: str) -> list[app_commands.Choice[str]]:
    """The films whose title holds what a member has typed."""
    films = [pack.film for pack in library if typed.casefold() in pack.film.name.casefold()]
    return [app_commands.Choice(name=clip(film.name, 100), value=film.id) for film in films[:CHOICES]]
