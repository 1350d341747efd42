"""The numbers that a table's next rows get, on both engines. A number is never given twice."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import metadata


def numbered_columns() -> dict[str, Column[Any]]:
    """By table the column that the database numbers, but for tables that only pass something between processes."""
    return {
        table.name: column
        for table in metadata.sorted_tables
        if (column := table.autoincrement_column) is not None and not table.info.get("passing")
    }


async def last_numbers(connection: AsyncConnection) -> dict[str, int]:
    """The last number that each table has given, also to a row that is gone; 0 for none."""
    found = {}
    for name, column in numbered_columns().items():
        if connection.dialect.name == "sqlite":
            query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
            last = (await connection.execute(query, {"name": name})).scalar_one_or_none()
        else:
            query = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")
            last = (await connection.execute(query, {"sequence": await _sequence(connection, column)})).scalar_one()
        found[name] = last or 0
    return found


async def set_last_numbers(connection: AsyncConnection, numbers: Mapping[str, int]) -> None:
    """Let each table go on after these numbers. Undone with the transaction on both engines."""
    for name, column in numbered_columns().items():
        number = numbers[name]
        if connection.dialect.name == "sqlite":
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            insert = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)")
            await connection.execute(insert, {"name": name, "number": number})
        elif number:
            # Not setval, which no rollback undoes.
            sequence = await _sequence(connection, column)
            await connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART WITH {int(number)}"))
            await connection.execute(text("SELECT nextval(CAST(:sequence AS regclass))"), {"sequence": sequence})


async def _sequence(connection: AsyncConnection, column: Column[Any]) -> str:
    """The name of a column's sequence in PostgreSQL, quoted as it must be."""
    query = text("SELECT pg_get_serial_sequence(:table, :column)")
    named = {"table": column.table.name, "column": column.name}
    return str((await connection.execute(query, named)).scalar_one())
