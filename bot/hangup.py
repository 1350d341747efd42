"""The signal SIGHUP, which asks the bot to read its content anew, and never ends it."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


def ignore_hangup() -> None:
    """Let the signal do nothing, until somebody takes it. On Windows, which does not have it, nothing is done."""
    if number := _number():
        signal.signal(number, signal.SIG_IGN)


class Hangup:
    """Takes the signal from the moment it is made, and remembers one that nobody could be told of yet."""

    def __init__(self) -> None:
        self._came = False
        self._pass_on: Callable[[], object] | None = None
        if number := _number():
            signal.signal(number, self._take)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self._pass_on is None:
            self._came = True
        else:
            self._pass_on()

    @contextmanager
    def told_to(self, ask: Callable[[], None]) -> Iterator[None]:
        """Call `ask` in the running event loop for each signal, until the block ends, and now if one came before."""
        loop = asyncio.get_running_loop()
        # A handler of Python's own runs between any two lines, so it must leave the work to the loop.
        self._pass_on = lambda: loop.call_soon_threadsafe(ask)
        if self._came:
            self._came = False
            ask()
        try:
            yield
        finally:
            self._pass_on = None


def _number() -> signal.Signals | None:
    return getattr(signal, "SIGHUP", None)
