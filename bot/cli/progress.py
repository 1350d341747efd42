"""A bar for what takes a while, on standard error where that is a terminal; what is piped on stays clean."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from bot.store.files import Tell


class Steps:
    """The steps of one command, each with a bar of its own."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def step(self, what: str) -> Iterator[Tell]:
        """Something that takes a while. As long as it tells nothing, its bar only shows that it goes on."""
        task = self._progress.add_task(what, total=None, count="")

        def tell(done: int, total: int) -> None:
            self._progress.update(task, completed=done, total=total, count=f"{done:,} of {total:,}")

        yield tell
        # Also what was over in a moment is seen.
        self._progress.refresh()
        self._progress.update(task, total=1, completed=1, visible=False)


@contextmanager
def steps() -> Iterator[Steps]:
    """Bars until the block ends; then they are gone."""
    console = Console(stderr=True)
    text = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}")
    with Progress(
        SpinnerColumn(), *text, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Steps(progress)
