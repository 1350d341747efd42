"""Looking at a database without changing anything in it: for the check-up."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.store.engine import StoreError, explain, file_of, probe, usable_engine
from bot.store.schema import State, state_of


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found. `file` is an SQLite database's; `schema` is None where there is no database yet."""

    engine: str
    file: Path | None
    schema: State | None
    writeable: bool


async def inspect(url: str, seconds: float) -> Inspected:
    """Look at the database of an SQLAlchemy URL; it has so many seconds to answer.

    Raises:
        StoreError: it can't be reached or read; with what to do.
    """
    engine = usable_engine(url)
    file, place = file_of(engine), engine.url.render_as_string()
    name = engine.dialect.name
    try:
        if file is not None:
            if not await asyncio.to_thread(file.exists):
                return Inspected(name, file, None, writeable=True)
            await asyncio.to_thread(probe, file)
        async with asyncio.timeout(seconds), engine.connect() as connection:
            schema = await connection.run_sync(state_of)
            # A file that is opened for writing was tried by `probe`.
            writeable = file is not None or await connection.run_sync(_may_write)
    except TimeoutError as error:
        raise StoreError(f"The database {place} did not answer within {seconds:g} s. Check that it runs.") from error
    except (DBAPIError, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(explain(reason, place)) from error
    finally:
        await engine.dispose()
    return Inspected(name, file, schema, writeable)


def _may_write(connection: Connection) -> bool:
    """Whether PostgreSQL lets this user write: not on a standby, and with the right to."""
    right = (
        "CASE WHEN to_regclass('polls') IS NULL THEN has_schema_privilege(current_schema(), 'CREATE') "
        "ELSE has_table_privilege('polls', 'INSERT') AND has_table_privilege('polls', 'UPDATE') END"
    )
    query = text(f"SELECT current_setting('transaction_read_only') = 'off' AND {right}")  # no input in it
    return bool(connection.execute(query).scalar_one())
