"""`ending-bot db`: looking after the database."""

import asyncio

import typer
from rich.console import Console

from bot.cli import backup, move
from bot.polls.audit import Audit, audit
from bot.settings import read_settings
from bot.store.engine import open_store

app = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("export")(move.export)
app.command("import")(move.import_)
console = Console(highlight=False, soft_wrap=True)


@app.callback()
def options() -> None:
    """Look after the database."""


@app.command()
def check() -> None:
    """Recount the ballots of every open poll against its tally; a mismatch makes the exit code 1."""
    done = asyncio.run(_audit(read_settings().database_url.get_secret_value()))
    for wrong in done.mismatches:
        console.print(str(wrong), markup=False)
    if done.mismatches:
        raise typer.Exit(1)
    console.print(f"Open polls: {done.polls}. Ballots: {done.ballots}. Every tally is what its ballots add up to.")


async def _audit(url: str) -> Audit:
    store = await open_store(url, create=False)
    try:
        return await audit(store)
    finally:
        await store.close()
