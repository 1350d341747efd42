"""Reading the content anew while the bot runs: all of it takes the place of the old at once, or none of it does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import discord
import structlog

from bot.answers.index import Index
from bot.answers.understanding import Meanings, Understanding
from bot.film.changes import changes
from bot.film.library import Library
from bot.film.pack import ContentError
from bot.films import Shelf
from bot.settings import SettingsError

log = structlog.get_logger(__name__)

NOTHING = Meanings({}, ())


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of it, in sentences: what is different now and what is not as it should be, or why it was refused."""

    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Asked(Protocol):
    """Who answers from an index."""

    index: Index


class Reloader:
    """Reads the content whenever it is asked to, one time after the other, and puts it on the shelf.

    `read` reads all of it or raises ContentError or SettingsError; `understanding` is None where names and words are
    to decide; `tell_discord` tells it which options the commands have now.
    """

    def __init__(
        self,
        shelf: Shelf,
        asked: Asked,
        read: Callable[[], Library],
        understanding: Understanding | None,
        tell_discord: Callable[[], Awaitable[None]],
    ) -> None:
        self._shelf = shelf
        self._asked = asked
        self._read = read
        self._understanding = understanding
        self._tell_discord = tell_discord
        self._wanted = asyncio.Event()
        self._lock = asyncio.Lock()

    def ask(self) -> None:
        """Ask for the content to be read soon. What is asked while it is being read comes after that."""
        self._wanted.set()

    async def run(self) -> None:
        """Read the content each time it is asked for, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.reload()

    async def understand(self) -> None:
        """Load what questions mean, off the event loop; until then names and words answer."""
        async with self._lock:
            try:
                meanings = await asyncio.to_thread(self._meanings, self._shelf.library)
            except Exception:
                # It would fail again and again: whoever mends it starts the bot anew, or has the content read anew.
                log.exception("questions can't be understood by their meaning, so names and words answer")
                return
            self._asked.index.understand(meanings.by_film)
        if meanings.by_film:
            log.info("questions are understood by their meaning", films=list(meanings.by_film))

    async def reload(self) -> Reloaded:
        """Read the content off the event loop, and answer from it if it is in order."""
        async with self._lock:
            try:
                library, index, missing = await asyncio.to_thread(self._prepare)
                told = changes(self._shelf.library, library)
            except ContentError as error:
                return _refused([str(problem) for problem in error.problems])
            except (SettingsError, OSError) as error:
                return _refused([str(error)])
            except Exception as error:
                # Such as memory that ran out, or an encoder that can't be imported.
                log.exception("reading the content failed")
                return _refused([f"Reading it failed, and the log says where: {error!r}"])
            # Nothing is awaited between these two, so that nobody is answered from both.
            self._shelf.put(library)
            self._asked.index = index
            warnings = [*missing, *await self._untold()]
        log.info("the content was read anew", changes=told, warnings=warnings)
        return Reloaded(tuple(told), tuple(warnings))

    def _prepare(self) -> tuple[Library, Index, tuple[str, ...]]:
        library = self._read()
        index = Index(library)
        meanings = self._meanings(library)
        index.understand(meanings.by_film)
        return library, index, meanings.missing

    def _meanings(self, library: Library) -> Meanings:
        return self._understanding.load(library) if self._understanding else NOTHING

    async def _untold(self) -> list[str]:
        try:
            await self._tell_discord()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            return [f"Discord was not told which options the commands have now: {error}. Reload once more for that."]
        return []


def _refused(problems: list[str]) -> Reloaded:
    log.error("the content is refused, and the old one stays", problems=problems)
    return Reloaded(problems=tuple(problems))
