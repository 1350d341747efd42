"""Files that hold votes: written whole or not at all, on disk before they have their name, and readable by one user."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.store.engine import USABLE, StoreError

Tell = Callable[[int, int], None]
"""Is told how much is done, and of how much."""
SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database in use, by the end of the name."""


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address, links followed; None for another engine.

    Raises:
        StoreError: it is no address, or that of a database in memory.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"DATABASE_URL is not an address that can be used. {USABLE}") from error
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"DATABASE_URL names no file. {USABLE}")
    return Path(parsed.database).resolve()


def sqlite_address(path: Path) -> str:
    """The address under which a file is opened."""
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


def address_for_tools(url: str) -> str:
    """A PostgreSQL address as PostgreSQL's own tools take it; they ask for the password."""
    return make_url(url).set(drivername="postgresql")._replace(password=None).render_as_string()


def sides(path: Path) -> Iterator[Path]:
    """The files beside a database that are there."""
    for suffix in SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            yield side


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, of mode 0600, which is removed at the end unless it has been renamed.

    Raises:
        StoreError: the folder is not there or can't be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise StoreError(
            f"The folder {target.parent} can't be written: {error.strerror}. Make it, or choose another place."
        ) from error
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        for left in (path, *sides(path)):
            left.unlink(missing_ok=True)


@contextmanager
def written_whole(target: Path, *, replace: bool) -> Iterator[Path]:
    """A file to write, that takes its name when the block ends and all of it is on disk.

    Raises:
        StoreError: there is such a file and it is not to be replaced, or the disk does not take it.
    """
    if target.is_dir():
        raise StoreError(f"{target} is a folder. Name a file in it.")
    if target.exists() and not replace:
        raise StoreError(f"{target} is there already. Choose another name, or replace it with --force.")
    with scratch(target) as path:
        try:
            yield path
            sync(path)
            path.replace(target)
            sync(target.parent)
        except OSError as error:
            raise StoreError(
                f"{target} can't be written: {error.strerror}. Check the disk, or name another."
            ) from error


def sync(path: Path) -> None:
    """Return when what a file holds, or which files a folder holds, would survive a power cut."""
    if os.name == "nt" and path.is_dir():
        # Windows opens no folder; there the file system keeps its own order.
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
