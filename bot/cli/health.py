"""`ending-bot health`: whether the bot that runs here is well, as a supervisor asks."""

import http.client
import json
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.failures import Failure
from bot.operations.probe import ask
from bot.settings import read_settings

console = Console(highlight=False, soft_wrap=True)


def health(
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether members are answered, not only whether it lives.")
    ] = False,
) -> None:
    """Ask the bot that runs on this computer whether it is well; the exit code is 1 if not. Needs METRICS_PORT."""
    settings = read_settings()
    if not settings.metrics_port:
        raise Failure(
            "METRICS_PORT names no port, so no health can be asked for. Set it for the bot and for this command."
        )
    try:
        well, page = ask(settings.metrics_address, settings.metrics_port, "/readyz" if ready else "/healthz")
        checks = [json.loads(line) for line in page.splitlines()]
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failure(
            f"No bot answers on {settings.metrics_address}, port {settings.metrics_port}: {error}. "
            "Check that it runs, with the same METRICS_PORT and METRICS_ADDRESS."
        ) from error
    for check in checks:
        console.print(f"{'well' if check['ok'] else 'ILL '}  {check['check']}: {check['said']}", markup=False)
    if not well:
        raise typer.Exit(1)
