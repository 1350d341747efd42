"""What a check-up looks at on this computer: the database, its disk, the content and the encoder."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from bot.answers.understanding import load_meanings
from bot.film.library import Library
from bot.film.pack import ContentError
from bot.operations.findings import CheckError, Finding, failed, passed, warned
from bot.settings import SettingsError
from bot.store.engine import StoreError
from bot.store.inspection import Inspected, inspect

DATABASE_PATIENCE = 10.0
"""Seconds; a database that takes longer is too slow for members anyway."""
MEBIBYTE = 1024 * 1024
LEAST_FREE, LITTLE_FREE = 100 * MEBIBYTE, 1024 * MEBIBYTE
"""A poll with a thousand ballots takes about 0.1 MiB; most of what fills a disk is not the bot's."""


async def database(url: str) -> list[Finding]:
    """Whether the database can be reached, written to, and has the schema of this version; and its disk."""
    try:
        found = await inspect(url, DATABASE_PATIENCE)
    except StoreError as error:
        raise CheckError(str(error), "Then run this again; DATABASE_URL says which database is meant.") from error
    return [_reached(found), _schema(found), *await asyncio.to_thread(_disk, found.file)]


def _reached(found: Inspected) -> Finding:
    place = f"{found.engine}{f', {found.file}' if found.file else ''}"
    if found.schema is None:
        return warned("database", f"{place}: not there yet", "`ending-bot run` makes it.")
    if not found.writeable:
        todo = "Grant the user of DATABASE_URL the right to write, or name the primary server."
        return failed("database", f"{place}: can be read but not written to", todo)
    return passed("database", f"{place}: can be read and written to")


def _schema(found: Inspected) -> Finding:
    match found.schema:
        case "current":
            return passed("schema", "as this version has it")
        case "newer":
            return failed("schema", "of a newer version of this program", "Update the program, or restore a backup.")
        case "older":
            return warned("schema", "of an older version", "Make a backup; `ending-bot run` brings it up to date.")
        case _:
            return warned("schema", "not there yet", "`ending-bot run` makes it.")


def _disk(file: Path | None) -> list[Finding]:
    if file is None:
        return [passed("disk", "the database is not a file here")]
    folder = next(path for path in file.absolute().parents if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free // MEBIBYTE:,} MiB free in {folder}"
    todo = "Free some space, or move the database: on a full disk no vote is taken."
    if free < LEAST_FREE:
        return [failed("disk", said, todo)]
    return [warned("disk", said, todo) if free < LITTLE_FREE else passed("disk", said)]


def content(load: Callable[[], Library]) -> tuple[Library | None, list[Finding]]:
    """Whether the film packs load; and the library, where they do."""
    try:
        library = load()
    except ContentError as error:
        count = len(error.problems)
        said = f"refused for {count} problem{'' if count == 1 else 's'}; the first: {error.problems[0]}"
        return None, [failed("content", said, "`ending-bot content check` lists all of them.")]
    except SettingsError as error:
        return None, [failed("content", str(error), "Change DEFAULT_FILM or CONTENT_DIR.")]
    return library, [passed("content", f"{len(library)} film{'' if len(library) == 1 else 's'} without a problem")]


async def encoder(library: Library, *, wanted: bool) -> list[Finding]:
    """Whether questions can be understood by their meaning."""
    if not wanted:
        return [passed("encoder", "off: names and words alone decide")]
    with_phrases = {pack.film.id for pack in library if pack.phrases}
    try:
        understood = await asyncio.to_thread(load_meanings, library)
    except (ImportError, OSError, ValueError, MemoryError) as error:
        raise CheckError(
            f"it can't be loaded: {type(error).__name__}: {error}",
            "Install the program again, or set UNDERSTANDING=off: the bot then goes by names and words.",
        ) from error
    if missing := sorted(with_phrases - understood.keys()):
        return [
            warned(
                "encoder",
                f"what was learned does not belong to the phrases of: {', '.join(missing)}",
                "`ending-bot content fit` learns anew; until then names and words answer for these films.",
            )
        ]
    return [passed("encoder", f"loads, for {len(understood)} film{'' if len(understood) == 1 else 's'}")]
