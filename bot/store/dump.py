"""The whole database as lines of JSON that belong to no engine: a header, then a row a line, table after table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import INTEGER, ValueRefused, from_json, to_json
from bot.store.engine import StoreError
from bot.store.files import Tell
from bot.store.sequences import last_numbers, numbered_columns, set_last_numbers
from bot.store.tables import metadata

FORMAT = "ending-bot export"
VERSION = 1
BATCH = 1_000
"""Rows that are in memory at once."""
LONGEST_LINE = 1_000_000
"""Characters; the longest row that the program makes has some thousand."""


class DumpError(StoreError):
    """An export can't be read; the text says where in it and what is wrong."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an export says of itself: the schema, rows by table, last numbers given, and whether the bot was running."""

    revision: str
    in_use: bool
    tables: Mapping[str, int]
    numbers: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many rows follow."""
        return sum(self.tables.values())


def moved_tables() -> tuple[Table, ...]:
    """The tables that hold something, each after those it refers to. What passes between processes is not moved."""
    return tuple(table for table in metadata.sorted_tables if not table.info.get("passing"))


async def count_rows(connection: AsyncConnection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in moved_tables()
    }


async def others_connected(connection: AsyncConnection) -> bool:
    """Whether somebody else is connected to a PostgreSQL database."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return bool((await connection.execute(others)).scalar_one())


async def write_dump(connection: AsyncConnection, file: IO[str], *, in_use: bool, tell: Tell) -> Header:
    """Write all rows, some at a time, as the one state that the connection sees."""
    revision = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    header = Header(revision, in_use, await count_rows(connection), await last_numbers(connection))
    _write(file, {"format": FORMAT, "version": VERSION, **asdict(header)})
    done = 0
    for table in moved_tables():
        query = select(table).order_by(*table.primary_key).execution_options(yield_per=BATCH)
        async with connection.stream(query) as rows:
            async for batch in rows.partitions():
                for row in batch:
                    values = {column.name: to_json(column, value) for column, value in zip(table.c, row, strict=True)}
                    _write(file, {table.name: values})
                done += len(batch)
                tell(done, header.rows)
    return header


def _write(file: IO[str], value: Mapping[str, Any]) -> None:
    file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


class Dump:
    """An export that is being read, line after line. Every error names the file, the line and the field."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path = path
        self._file = file
        self._line = 0
        self._tables = {table.name: table for table in moved_tables()}
        self.header = self._header()

    def _header(self) -> Header:
        """
        Raises:
            DumpError: it is no export, of another version, or of other tables.
        """
        found = self._next()
        if found is None or found.get("format") != FORMAT:
            raise self.error("this is no export of `ending-bot db export`")
        if found.get("version") != VERSION:
            raise self.error(f"must be {VERSION}; update the program that imports", "version")
        if not isinstance(found.get("revision"), str):
            raise self.error("must be a text", "revision")
        if not isinstance(found.get("in_use"), bool):
            raise self.error("must be true or false", "in_use")
        tables, numbers = self._counts(found, "tables"), self._counts(found, "numbers")
        if set(tables) != set(self._tables):
            raise self.error(f"must be exactly {', '.join(self._tables)}", "tables")
        return Header(found["revision"], found["in_use"], tables, numbers)

    def _counts(self, header: Mapping[str, Any], field: str) -> dict[str, int]:
        counts = header.get(field)
        if not isinstance(counts, dict) or not all(
            type(count) is int and 0 <= count < INTEGER for count in counts.values()
        ):
            raise self.error("must have a count for each table", field)
        return counts

    async def load(self, connection: AsyncConnection, tell: Tell) -> None:
        """Put every row into a database of the same schema that has none, and compare the counts.

        Raises:
            DumpError: at the first line that can't be used; the transaction is then to be undone.
        """
        done = 0
        for table, batch in self._batches():
            await self._insert(connection, table, batch)
            done += len(batch)
            tell(done, self.header.rows)
        if (counted := await count_rows(connection)) != self.header.tables:
            raise DumpError(f"{self._path}: {_differ(self.header.tables, counted)}. The file is not whole.")
        highest = await _highest(connection)
        await set_last_numbers(
            connection, {name: max(number, self.header.numbers.get(name, 0)) for name, number in highest.items()}
        )

    def _batches(self) -> Iterator[tuple[Table, list[tuple[int, dict[str, Any]]]]]:
        """Rows of one table with their line numbers, some at a time."""
        current: Table | None = None
        batch: list[tuple[int, dict[str, Any]]] = []
        for table, row in self._rows():
            if current is not None and (table is not current or len(batch) == BATCH):
                yield current, batch
                batch = []
            current = table
            batch.append((self._line, row))
        if current is not None:
            yield current, batch

    def _rows(self) -> Iterator[tuple[Table, dict[str, Any]]]:
        order = list(self._tables)
        reached = 0
        while (found := self._next()) is not None:
            name, values = next(iter(found.items()), ("", None))
            if len(found) != 1 or name not in self._tables or not isinstance(values, dict):
                raise self.error("must be one row of a table, under the table's name")
            if order.index(name) < reached:
                raise self.error(f"comes after the rows of {order[reached]}; the tables' order has been changed", name)
            reached = order.index(name)
            yield self._tables[name], self._row(self._tables[name], values)

    def _row(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        names = {column.name for column in table.c}
        for name in (*(names - values.keys()), *(values.keys() - names)):
            raise self.error("is missing" if name in names else "is no field of this table", f"{table.name}.{name}")
        row = {}
        for column in table.c:
            try:
                row[column.name] = from_json(column, values[column.name])
            except ValueRefused as error:
                raise self.error(str(error), f"{table.name}.{column.name}") from error
        return row

    async def _insert(
        self, connection: AsyncConnection, table: Table, batch: Sequence[tuple[int, dict[str, Any]]]
    ) -> None:
        try:
            async with connection.begin_nested():
                await connection.execute(table.insert(), [row for _, row in batch])
        except DBAPIError as error:
            if len(batch) == 1:
                why = str(error.orig).splitlines()[0]
                raise self.error(f"the database refuses this row: {why}", table.name, batch[0][0]) from error
            # One of them; which one is found by halves.
            middle = len(batch) // 2
            await self._insert(connection, table, batch[:middle])
            await self._insert(connection, table, batch[middle:])

    def _next(self) -> dict[str, Any] | None:
        """The next line's object; None at the end."""
        try:
            line = self._file.readline(LONGEST_LINE)
        except UnicodeDecodeError as error:
            self._line += 1
            raise self.error("this is not UTF-8") from error
        if not line:
            return None
        self._line += 1
        if len(line) == LONGEST_LINE:
            raise self.error(f"has more than {LONGEST_LINE:,} characters")
        try:
            found = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise self.error("this is not JSON; the line may be cut off") from error
        if not isinstance(found, dict):
            raise self.error("must be an object")
        return found

    def error(self, what: str, field: str | None = None, line: int | None = None) -> DumpError:
        """An error at a line, by default at the one that was read last."""
        place = ":".join(str(part) for part in (self._path, line or max(1, self._line), field) if part is not None)
        return DumpError(f"{place}: {what}. Nothing was imported.")


async def _highest(connection: AsyncConnection) -> dict[str, int]:
    """The highest number in use, by table."""
    return {
        name: (await connection.execute(select(func.max(column)))).scalar_one_or_none() or 0
        for name, column in numbered_columns().items()
    }


def _differ(said: Mapping[str, int], counted: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} should have {said[name]} rows and has {counted[name]}" for name in said if said[name] != counted[name]
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
