"""How the command line fails: a sentence that says what happened and what to do, and a non-zero exit."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from bot.film.pack import ContentError
from bot.settings import SettingsError
from bot.store.engine import StoreError

CONTENT_REFUSED = 2
FAILED = 1


class Failure(Exception):
    """A command can't go on; the text is for the person who ran it."""


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn foreseen errors into their sentence on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        yield
    except ContentError as error:
        for problem in error.problems:
            console.print(str(problem), markup=False)
        count = len(error.problems)
        console.print(f"{count} problem{'' if count == 1 else 's'}: the content is refused.", style="bold red")
        sys.exit(CONTENT_REFUSED)
    except (Failure, SettingsError, StoreError) as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(FAILED)
