"""The database: opening it durably, migrating it, reading and writing."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store import schema

USABLE = "Use sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE."
BUSY_TIMEOUT = 5_000
"""Milliseconds that SQLite waits for another process's write."""
TRACES_PATIENCE = 1_000
"""Milliseconds that dropping traces waits for a reader, such as a backup: while it does, votes wait too.

What it could not drop then goes the next time, or when the reader is done.
"""

Result = TypeVar("Result")


class StoreError(Exception):
    """The database can't be used; the text says why and what to do."""


class Store:
    """An open database with its schema up to date."""

    def __init__(self, engine: AsyncEngine, writer: Engine | None) -> None:
        self._engine = engine
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, "ending-bot-writer")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database and changes nothing."""
        async with self._engine.connect() as connection:
            if self._engine.dialect.name == "postgresql":
                yield await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                yield await connection.execution_options(sqlite_begin="BEGIN")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed, and on disk, when the block ends; undone if it raises."""
        async with self._engine.begin() as connection:
            yield connection

    async def write_at_once(self, work: Callable[[Connection], Result]) -> Result:
        """Do the work of a whole transaction, and return what it returns when it is committed and on disk.

        With SQLite it runs in a thread of its own from begin to commit: to change threads for each statement, as
        `write` does, costs more than the statements.

        Raises:
            sqlalchemy.exc.DBAPIError: nothing was written.
        """
        if self._writer is None:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        return await asyncio.get_running_loop().run_in_executor(self._thread, _in_transaction, self._writer, work)

    async def answers(self, seconds: float) -> bool:
        """Whether the database answers a question, and within this time."""
        try:
            async with asyncio.timeout(seconds), self.read() as connection:
                await connection.execute(text("SELECT version_num FROM alembic_version"))
        except (TimeoutError, SQLAlchemyError, OSError):
            return False
        return True

    async def forget_traces(self) -> None:
        """Drop what was deleted from SQLite's write-ahead log too, so that destroyed keys are gone from disk."""
        if self._engine.dialect.name == "sqlite":
            async with self._engine.connect() as connection:
                await connection.execution_options(sqlite_begin=None)
                await connection.execute(text(f"PRAGMA busy_timeout={TRACES_PATIENCE}"))
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                await connection.execute(text(f"PRAGMA busy_timeout={BUSY_TIMEOUT}"))

    async def close(self) -> None:
        """Give back every connection."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._writer is not None:
            self._writer.dispose()
        await self._engine.dispose()


def _in_transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def usable_engine(url: str) -> AsyncEngine:
    """An engine for an SQLAlchemy URL. Nothing is opened yet.

    Raises:
        StoreError: the address can't be used, or needs something that is not installed.
    """
    try:
        # An error's text goes into the log, where neither ids nor keys of voters belong.
        return create_async_engine(make_url(url), hide_parameters=True)
    except (ArgumentError, InvalidRequestError, NoSuchModuleError) as error:
        why = str(error).rstrip(".")
        raise StoreError(f"DATABASE_URL is not an address that can be used: {why}. {USABLE}") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"DATABASE_URL needs {error.name}, which is not installed. {USABLE} "
            "For PostgreSQL, run: pip install 'ending-bot[postgres]'"
        ) from error


def file_of(engine: AsyncEngine) -> Path | None:
    """The file of an SQLite database; None for one that is none, or that is in memory."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


async def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database of an SQLAlchemy URL and bring its schema up to date. `create` makes a missing SQLite file.

    Raises:
        StoreError: the address, the file, its folder or its schema can't be used.
    """
    engine = usable_engine(url)
    path = file_of(engine)
    try:
        if path is not None:
            if not create and not await asyncio.to_thread(path.exists):
                raise StoreError(f"There is no database {path}. DATABASE_URL can name another place.")
            await asyncio.to_thread(probe, path)
    except OSError as error:
        raise StoreError(f"The folder of the database can't be made: {error}. Choose another place.") from error
    if engine.dialect.name == "sqlite":
        _make_durable(engine.sync_engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate)
    except (DBAPIError, OSError) as error:
        await engine.dispose()
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(explain(reason, engine.url.render_as_string())) from error
    except StoreError:
        await engine.dispose()
        raise
    store = Store(engine, _writer(engine))
    # A process that was killed right after a close could not do it any more.
    await store.forget_traces()
    return store


def probe(path: Path) -> None:
    """Try the file first: a connection of the engine that fails to open leaves its thread behind.

    Raises:
        OSError: the folder can't be made.
        StoreError: the file is no database or can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT / 1000, isolation_level=None)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreError(explain(error, str(path))) from error


def _writer(engine: AsyncEngine) -> Engine | None:
    """A second way to the same SQLite file, without asyncio; None for what is in memory, or elsewhere."""
    if file_of(engine) is None:
        return None
    writer = create_engine(engine.url.set(drivername="sqlite"), hide_parameters=True)
    _make_durable(writer)
    return writer


def _make_durable(engine: Engine) -> None:
    # FULL, because with NORMAL the last commits can be lost when the power goes.
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT}",
        "foreign_keys=ON",
        "secure_delete=ON",
    )

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A write takes its lock at once: a lock taken later can fail in the middle of a transaction.
        statement = connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE")
        if statement is not None:
            connection.exec_driver_sql(statement)


def _migrate(connection: Connection) -> None:
    schema.take_turn(connection)
    if schema.state_of(connection) == "newer":
        raise StoreError(
            f"The database was made by a newer version of this program (schema {schema.revision_of(connection)}). "
            "Update the program, or use another database."
        )
    schema.migrate(connection)


def explain(error: BaseException | None, place: str) -> str:
    """What ails a database, and what to do, for a driver's error."""
    reason = str(error)
    if "not a database" in reason or "malformed" in reason:
        return f"{place} is not a database, or is damaged. Restore a backup, or name another file."
    if "unable to open" in reason or "readonly" in reason:
        return f"{place} can't be opened for writing. Check that its folder exists and may be written."
    if "locked" in reason:
        return f"{place} is in use by another program. Stop that one first."
    return f"The database {place} can't be used: {reason}"
