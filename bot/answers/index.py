"""A library made ready to be asked: for each film who resolves, completes and finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.answers.completion import Completion
from bot.answers.quotes import QuoteFinder
from bot.answers.resolver import Resolver
from bot.film.library import Library
from bot.film.pack import Pack

if TYPE_CHECKING:
    from bot.answers.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Ready:
    """One film's pack, and what finds things in it."""

    resolver: Resolver
    completion: Completion
    finder: QuoteFinder


class Index:
    """Answers from one library; for another library there is another index."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._ready = {pack.film.id: _made_ready(pack) for pack in library}

    def of(self, pack: Pack) -> Ready:
        """What finds things in a pack of the library."""
        return self._ready[pack.film.id]

    def understand(self, meanings: Mapping[str, "Meaning"]) -> None:
        """Answer by what questions about these films mean from now on; until then names and words answer."""
        for film, meaning in meanings.items():
            self._ready[film].resolver.understand(meaning)


def _made_ready(pack: Pack) -> Ready:
    resolver = Resolver(pack)
    return Ready(resolver, Completion(pack), QuoteFinder(pack, resolver))
