"""`ending-bot db backup` and `db restore`: a copy of an SQLite database while the bot runs, and back."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.failures import Failure
from bot.cli.progress import steps
from bot.clock import system_clock
from bot.polls.inventory import Inventory, take_inventory
from bot.polls.restored import Settled, settle
from bot.settings import read_settings
from bot.store.backup import check_file, copy_database, held_alone, in_one_file, put_in_place
from bot.store.engine import open_store
from bot.store.files import address_for_tools, scratch, sqlite_address, sqlite_file, written_whole
from bot.store.schema import NEWEST

console = Console(highlight=False, soft_wrap=True)

POSTGRES_BACKUP = """DATABASE_URL is a PostgreSQL, which has its own tool for this. While the bot runs, type:
pg_dump --format=custom --file={file} '{address}'
`ending-bot db export {file}` writes a file that also an SQLite database can take."""
POSTGRES_RESTORE = """DATABASE_URL is a PostgreSQL, which has its own tool for this. With the bot stopped, type:
pg_restore --clean --if-exists --single-transaction --dbname='{address}' {file}
A file of `ending-bot db export` goes into an empty database with `ending-bot db import {file}`."""

ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file of this name.")]
MiscountOption = Annotated[
    bool, typer.Option("--force", help="Also restore votes that do not add up; their polls stay open.")
]


def backup(file: Annotated[Path, typer.Argument(help="The file to make.")], force: ForceOption = False) -> None:
    """Copy the SQLite database, also while the bot runs and votes come in. The copy is checked, then has its name."""
    database = _database(POSTGRES_BACKUP, file)
    if not database.exists():
        raise Failure(f"There is no database {database}. DATABASE_URL can name another place.")
    with written_whole(_another(file, database), replace=force) as copy, steps() as bars:
        with bars.step("Copying") as tell:
            copy_database(database, copy, tell)
        with bars.step("Checking"):
            revision = check_file(copy, database)
        held = None
        if revision == NEWEST:
            with bars.step("Recounting"):
                held = asyncio.run(_inventory(copy))
                in_one_file(copy)
    console.print(f"{file} is written. Keep it safe: its ballots and keys together can tell who voted.", markup=False)
    if held is None:
        console.print(f"It is of an older version (schema {revision}); it is recounted when it is restored.")
        return
    console.print(f"It holds {held}.", markup=False)
    _tell_mismatches(held)
    if held.mismatches:
        raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    force: MiscountOption = False,
) -> None:
    """Put a backup in the place of the SQLite database, which is kept beside it. The bot must be stopped."""
    database = _database(POSTGRES_RESTORE, file)
    _another(file, database)
    if not file.exists():
        raise Failure(f"There is no file {file}. Name one that is there.")
    now = system_clock()
    kept = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%S.%fZ}")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"The folder of the database can't be made: {error}. Choose another place.") from error
    with held_alone(database) as held, scratch(database) as copy, steps() as bars:
        with bars.step("Copying") as tell:
            copy_database(file, copy, tell, readonly=True)
        with bars.step("Checking"):
            check_file(copy, file)
        with bars.step("Recounting"):
            has, settled = asyncio.run(_ready(copy, now, despite_miscount=force))
            in_one_file(copy)
        put_in_place(copy, database, kept, held)
    console.print(f"{database} is restored from {file}. The backup held {has}.", markup=False)
    if kept.exists():
        console.print(
            f"The database it replaces is kept as {kept}. It holds votes: delete it when you need it no more.",
            markup=False,
        )
    tell_settled(settled)
    _tell_mismatches(has)


def tell_settled(settled: Settled) -> None:
    """Say what a state that is older than the bot's last run means for its polls."""
    if settled.ended:
        console.print(
            f"Polls that have ended since: {settled.ended}. They are closed with the votes that are here, and nothing "
            "is posted of them, since that may have been done. A message that still shows one open turns into its "
            "result when somebody presses a button of it."
        )
    if settled.going_on:
        console.print(
            f"Polls that go on: {settled.going_on}. Votes that came later are not here; those members can vote "
            "again. One that a member closed since is open again."
        )


async def _inventory(copy: Path) -> Inventory:
    store = await open_store(sqlite_address(copy), create=False)
    try:
        async with store.read() as connection:
            return await take_inventory(connection)
    finally:
        await store.close()


async def _ready(copy: Path, now: datetime, *, despite_miscount: bool) -> tuple[Inventory, Settled]:
    """Bring a backup's schema up to date, recount it and make it safe to go on from."""
    store = await open_store(sqlite_address(copy), create=False)
    try:
        async with store.write() as connection:
            has = await take_inventory(connection)
            if has.mismatches and not despite_miscount:
                wrong = "\n".join(str(mismatch) for mismatch in has.mismatches)
                raise Failure(f"{wrong}\nThe backup's votes do not add up. Use another, or restore it with --force.")
            settled = await settle(connection, now, {mismatch.poll_id for mismatch in has.mismatches})
        await store.forget_traces()
    finally:
        await store.close()
    return has, settled


def _tell_mismatches(held: Inventory) -> None:
    for mismatch in held.mismatches:
        console.print(str(mismatch), markup=False)


def _database(otherwise: str, file: Path) -> Path:
    """The file of the database that is set.

    Raises:
        Failure: it is PostgreSQL, with what to type there.
    """
    url = read_settings().database_url.get_secret_value()
    if (database := sqlite_file(url)) is not None:
        return database
    raise Failure(otherwise.format(file=file, address=address_for_tools(url)))


def _another(file: Path, database: Path) -> Path:
    if file.resolve() == database:
        raise Failure(f"{file} is the database itself. Name another file.")
    return file
