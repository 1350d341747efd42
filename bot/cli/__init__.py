"""The command line: `ending-bot`, one file for each command."""

import typer

from bot import __version__
from bot.cli import ask, content, db, doctor, health, preview, run
from bot.cli.failures import plain_failures

app = typer.Typer(
    name="ending-bot",
    help="Answers about a film's ending with sources, and polls that hold, on Discord.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("doctor")(doctor.doctor)
app.command("health")(health.health)
app.command("preview")(preview.preview)
app.command("ask")(ask.ask)
app.add_typer(content.app, name="content")
app.add_typer(db.app, name="db")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Answers about a film's ending with sources, and polls that hold, on Discord."""


def main() -> None:
    """Run the command line; what a person can do something about ends in one sentence, without a trace."""
    with plain_failures():
        app()
