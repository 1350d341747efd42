"""`ending-bot doctor`: what keeps the bot from working, and what to do about it."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.packs import checked_library
from bot.logs import configure_logs
from bot.operations.doctor import check_up
from bot.operations.findings import Finding, Status
from bot.settings import read_settings

console = Console(highlight=False, soft_wrap=True)
STYLES: dict[Status, str] = {"pass": "green", "warn": "yellow", "FAIL": "bold red"}
WIDTH = 12
"""Letters of the longest name of a check, and one."""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Findings for programs.")] = False) -> None:
    """Check token, intents, commands, permissions, database, content, clock, disk and encoder, and say what to do."""
    settings = read_settings()
    configure_logs("warning", settings.log_format, settings.secrets())
    findings = asyncio.run(check_up(settings, lambda: checked_library(settings)))
    well = all(finding.status != "FAIL" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": well, "findings": [asdict(each) for each in findings]}, ensure_ascii=False))
    else:
        for finding in findings:
            _print(finding)
    if not well:
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    line = Text.assemble((f"{finding.status}  ", STYLES[finding.status]), f"{finding.check:{WIDTH}} {finding.said}")
    if finding.todo:
        line.append(f"\n{'':{WIDTH + 7}}→ {finding.todo}")
    console.print(line)
