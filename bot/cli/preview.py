"""`ending-bot preview`: the bot in a local browser page, without a token."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.failures import Failure
from bot.cli.packs import checked_library
from bot.logs import configure_logs
from bot.settings import Settings, read_settings
from bot.store.engine import open_store

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="The page's port; 0 takes a free one.")]
DatabaseOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Keep polls and votes in this file; without it they go at the end.")
]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")]


def preview(port: PortOption = 0, database: DatabaseOption = None, browser: BrowserOption = True) -> None:
    """Show the bot in a local browser page: no token, nothing to set up. Ctrl-C ends it."""
    settings = read_settings()
    configure_logs("warning" if settings.log_level == "info" else settings.log_level, settings.log_format)
    asyncio.run(_preview(settings, port, database, browser))


async def _preview(settings: Settings, port: int, database: Path | None, browser: bool) -> None:
    try:
        # Imported here: the simulated Discord is an extra that the bot itself does without.
        from simcord import SetupError

        from bot.preview.page import open_page
    except ModuleNotFoundError as error:
        raise Failure(f"The preview needs {error.name}. Install it with: pip install 'ending-bot[preview]'") from error

    console = Console(highlight=False)
    library = checked_library(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers here; there Ctrl-C ends the program by itself.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="ending-bot-") as folder:
        store = await open_store(f"sqlite+aiosqlite:///{database or Path(folder) / 'preview.db'}")
        try:
            async with open_page(library, store, port, understanding=settings.understanding) as page:
                console.print("The bot is here, until you press Ctrl-C:")
                console.print(page.url, soft_wrap=True)
                if browser and _has_screen():
                    await asyncio.to_thread(webbrowser.open, page.url)
                await stop.wait()
        except SetupError as error:
            raise Failure(f"The page can't be served: {error}. Choose another port with --port, or none.") from error
        finally:
            await store.close()


def _has_screen() -> bool:
    """Whether a browser would open in a window rather than take over the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
