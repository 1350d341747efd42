"""`ending-bot db export` and `db import`: everything as lines of text, from one database engine to the other."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.backup import tell_settled
from bot.cli.failures import Failure
from bot.cli.progress import steps
from bot.clock import system_clock
from bot.polls.inventory import Inventory, take_inventory
from bot.polls.restored import Settled, settle
from bot.settings import read_settings
from bot.store.backup import is_in_use
from bot.store.dump import Dump, Header, count_rows, others_connected, write_dump
from bot.store.engine import open_store
from bot.store.files import Tell, sqlite_file, written_whole
from bot.store.schema import NEWEST

console = Console(highlight=False, soft_wrap=True)

ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file of this name.")]


def export(file: Annotated[Path, typer.Argument(help="The file to make.")], force: ForceOption = False) -> None:
    """Write everything that is kept as lines of JSON, which `db import` takes into SQLite and PostgreSQL alike."""
    url = read_settings().database_url.get_secret_value()
    database = sqlite_file(url)
    if database == file.resolve():
        raise Failure(f"{file} is the database itself. Name another file.")
    with written_whole(file, replace=force) as path, steps() as bars, bars.step("Exporting") as tell:
        header = asyncio.run(_export(url, database, path, tell))
    console.print(f"{file} is written, {header.rows:,} rows: {_list(header)}.", markup=False)
    console.print("Keep it safe: its ballots and keys together can tell who voted.")
    if header.in_use:
        console.print(
            "The bot may be running, so votes from now on are not in the file. To move, stop it and export again."
        )


def import_(file: Annotated[Path, typer.Argument(help="A file of `db export`.")]) -> None:
    """Put an export into the database that is set, which must hold nothing yet: all of it, or nothing."""
    url = read_settings().database_url.get_secret_value()
    try:
        lines = file.open(encoding="utf-8", newline="\n")
    except OSError as error:
        raise Failure(f"{file} can't be read: {error.strerror}. Name a file of `ending-bot db export`.") from error
    with lines, steps() as bars, bars.step("Importing") as tell:
        dump = Dump(file, lines)
        if dump.header.revision != NEWEST:
            raise Failure(
                f"{file} has the schema {dump.header.revision}, this program has {NEWEST}. "
                "Export and import with the same version."
            )
        held, settled = asyncio.run(_import(url, dump, tell))
    console.print(f"{file} is imported, {dump.header.rows:,} rows: {_list(dump.header)}.", markup=False)
    console.print(f"It held {held}. Every tally is what its ballots add up to.", markup=False)
    if settled is not None:
        console.print("The export was made while the bot may have been running, so it is taken for a backup.")
        tell_settled(settled)


async def _export(url: str, database: Path | None, path: Path, tell: Tell) -> Header:
    # Before it is opened here, or it would be in use by this program.
    in_use = database is not None and await asyncio.to_thread(is_in_use, database)
    store = await open_store(url, create=False)
    try:
        async with store.read() as connection:
            if database is None:
                in_use = await others_connected(connection)
            with await asyncio.to_thread(path.open, "w", encoding="utf-8", newline="\n") as file:
                header = await write_dump(connection, file, in_use=in_use, tell=tell)
        # A poll that closed meanwhile could not drop its key from the log while this was being read.
        await store.forget_traces()
    finally:
        await store.close()
    return header


async def _import(url: str, dump: Dump, tell: Tell) -> tuple[Inventory, Settled | None]:
    store = await open_store(url)
    try:
        async with store.write() as connection:
            if used := [name for name, rows in (await count_rows(connection)).items() if rows]:
                raise Failure(f"The database has rows in {', '.join(used)} already. Import into an empty one.")
            await dump.load(connection, tell)
            held = await take_inventory(connection)
            if held.mismatches:
                wrong = "\n".join(str(mismatch) for mismatch in held.mismatches)
                raise Failure(f"{wrong}\nThe votes in the file do not add up. Nothing was imported.")
            settled = await settle(connection, system_clock()) if dump.header.in_use else None
    finally:
        await store.close()
    return held, settled


def _list(header: Header) -> str:
    return ", ".join(f"{name} {rows:,}" for name, rows in header.tables.items())
