"""The films that the bot answers about: on a shelf whose content can be replaced, and as commands name them."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from discord import app_commands

from bot.discord_internals import HideableOption
from bot.errors import Refusal
from bot.film.library import Library
from bot.film.pack import Pack
from bot.layout import clip

CHOICES = 25
"""Choices that Discord takes."""


class Films(Protocol):
    """Packs by film id: a library, or a shelf with the present one. Whoever holds it asks it anew for each answer."""

    @property
    def default(self) -> Pack: ...

    def get(self, film: str | None) -> Pack | None: ...

    def __iter__(self) -> Iterator[Pack]: ...

    def __len__(self) -> int: ...


class Shelf:
    """Holds the library that is answered from, so that all who hold the shelf see another one in the same moment.

    `edition` counts the libraries, for those who keep what they have made from one.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.edition = 0

    def put(self, library: Library) -> None:
        """Answer from this library from now on."""
        self.library = library
        self.edition += 1

    @property
    def default(self) -> Pack:
        return self.library.default

    def get(self, film: str | None) -> Pack | None:
        """The pack of a film id; the default one for None; None for a film that is not here."""
        return self.library.get(film)

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.library)

    def __len__(self) -> int:
        return len(self.library)


class FilmOption:
    """The option `film` of some commands, which members see only where there is more than one film."""

    def __init__(self, commands: Iterable[app_commands.Command[Any, ..., Any]]) -> None:
        self._options = [HideableOption(command, "film") for command in commands]

    def fit(self, films: Films) -> None:
        """Show or hide it, as there are several films or one. Discord has to be told of it."""
        for option in self._options:
            option.show(len(films) > 1)


def named_film(films: Films, film: str | None) -> Pack:
    """The pack of a film id, the default one for None.

    Raises:
        Refusal: there is no such film.
    """
    pack = films.get(film)
    if pack is None:
        raise Refusal(f"I don’t know that film. I know: {', '.join(pack.film.name for pack in films)}.")
    return pack


def film_choices(films: Films, typed: str) -> list[app_commands.Choice[str]]:
    """The films whose title holds what a member has typed."""
    found = [pack.film for pack in films if typed.casefold() in pack.film.name.casefold()]
    return [app_commands.Choice(name=clip(film.name, 100), value=film.id) for film in found[:CHOICES]]
