"""Copies of an SQLite database: made while it is in use, checked, and put in its place."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.engine import StoreError
from bot.store.files import Tell, sides, sync
from bot.store.schema import REVISIONS

STEP = 1_000
"""Pages that are copied between two looks at the progress bar: 4 MB with SQLite's usual page."""
PATIENCE = 1.0
"""Seconds to wait for another program that is just leaving the database."""
SHOWN = 5
"""Damages that are named; there can be millions."""


def copy_database(source: Path, target: Path, tell: Tell, *, readonly: bool = False) -> None:
    """Copy one state of a database, that of the moment at which the copy begins, while others write.

    Raises:
        StoreError: the source is not there, is no database, or can't be read.
    """
    with _connected(source, "ro" if readonly else "rw") as origin, _connected(target, "rw") as copy:
        try:
            # Within a transaction of its own: a copy between whose steps others may write begins anew at each write.
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
            # Whoever wants the copy to last brings it to the disk as a whole.
            copy.execute("PRAGMA synchronous=OFF")
            origin.backup(copy, pages=STEP, progress=lambda _status, left, total: tell(total - left, total))
            origin.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode=DELETE")
            if not readonly:
                # A poll that closed meanwhile could not drop its key from the log while this copy was being read.
                origin.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise StoreError(_why(source, error)) from error


def check_file(path: Path, name: Path) -> str:
    """Check every page, index and reference of a database, and return the revision of its schema.

    `name` is what an error calls it.

    Raises:
        StoreError: it is no database, not one of this program, one of a newer version of it, or damaged.
    """
    # Not "ro": read only, SQLite 3.40 checks pages and indexes but no constraint.
    with _connected(path, "rw") as connection:
        try:
            damage = [row[0] for row in connection.execute(f"PRAGMA integrity_check({SHOWN})") if row[0] != "ok"]
            loose = [row[0] for row in connection.execute("PRAGMA foreign_key_check")]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            query = "SELECT version_num FROM alembic_version"
            versions = connection.execute(query).fetchall() if "alembic_version" in tables else []
        except sqlite3.Error as error:
            raise StoreError(_why(name, error)) from error
    if damage:
        raise StoreError(f"{name} is damaged: {'; '.join(damage)}. Use another backup.")
    if loose:
        raise StoreError(f"{name} has {len(loose)} rows in {loose[0]} that belong to nothing. Use another backup.")
    if not versions:
        raise StoreError(f"{name} is a database, but not one of this program. Name another file.")
    revision = str(versions[0][0])
    if revision not in REVISIONS:
        raise StoreError(
            f"{name} was made by a newer version of this program (schema {revision}). Update the program first."
        )
    return revision


def in_one_file(path: Path) -> None:
    """Fold what SQLite keeps beside a database into it, so that the file alone is all of it."""
    with _connected(path, "rw") as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


class Held:
    """A database that nobody else has open, as long as this object holds it."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    def fold(self) -> bool:
        """Fold the write-ahead log into the file. False if the database is not there, or too damaged to be opened."""
        if self._connection is None:
            return False
        self._connection.execute("ROLLBACK")
        self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.execute("BEGIN EXCLUSIVE")
        return True


@contextmanager
def held_alone(database: Path) -> Iterator[Held]:
    """Keep every other program out of a database, if it is there.

    A running bot has it open all the time, and whoever has a database with a write-ahead log open shares a lock on its
    file. So who gets the lock that is not shared is alone.

    Raises:
        StoreError: another program has it open.
    """
    if not database.exists():
        yield Held(None)
        return
    with _connected(database, "rw") as connection:
        held = Held(connection)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise StoreError(_why(database, error)) from error
            raise StoreError(
                f"{database} is in use, so the bot may be running. Stop it first, then try again."
            ) from error
        except sqlite3.DatabaseError:
            # Too damaged to be locked, so no bot runs on it either; it is what a backup is there to replace.
            held = Held(None)
        yield held


def is_in_use(database: Path) -> bool:
    """Whether another program has a database open."""
    try:
        with held_alone(database):
            return False
    except StoreError:
        return True


def put_in_place(new: Path, database: Path, kept: Path, held: Held) -> None:
    """Give a database the place of another, which is kept under a name of its own.

    Killed at any moment, it leaves the old one or the new one in place, whole.

    Raises:
        StoreError: the disk does not allow it; the old database is still in its place.
    """
    try:
        # A log that stayed behind would be taken for the new database's and written over it.
        left_behind = [] if held.fold() else list(sides(database))
        if database.exists():
            _like(database, new)
            _keep(database, kept)
        for side in left_behind:
            side.replace(kept.with_name(side.name.replace(database.name, kept.name, 1)))
        sync(new)
        sync(database.parent)
        new.replace(database)
        sync(database.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{database} can't be replaced: {error}. Check the disk and who may write there.") from error


def _keep(database: Path, kept: Path) -> None:
    """Give a file a second name; where the disk has no such thing, copy it. At its own name it stays."""
    try:
        os.link(database, kept)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(database, kept)
        sync(kept)


def _like(old: Path, new: Path) -> None:
    """Let the same people read and write: the bot may run as another user than who restores."""
    was = old.stat()
    if (was.st_uid, was.st_gid) != (new.stat().st_uid, new.stat().st_gid):
        os.chown(new, was.st_uid, was.st_gid)
    new.chmod(was.st_mode & 0o777)


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None
        )
    except sqlite3.Error as error:
        raise StoreError(_why(path, error)) from error
    with contextlib.closing(connection):
        yield connection


def _why(path: Path, error: sqlite3.Error) -> str:
    reason = str(error)
    if not path.exists():
        return f"There is no file {path}. Name one that is there."
    if "not a database" in reason or "malformed" in reason:
        return f"{path} is not a database, or is damaged. Use another backup."
    if "full" in reason:
        return f"The disk is full, so {path} can't be copied. Make room, then try again."
    return f"{path} can't be read: {reason}. Check who may read it, and its folder."
