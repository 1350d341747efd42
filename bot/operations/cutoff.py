"""The end of the process when the end of the bot takes too long, whatever hangs."""

import os
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

LATEST_END = 4.7
"""Seconds after the signal. The bot's own steps take 4 at most, and the promise is under 5."""
LAST_LINE = 0.2
"""Seconds for the line in the log: whoever reads it may hang too."""
GAVE_UP = 1
"""The exit code."""


class CutOff:
    """Ends the process from a thread of its own, because what hangs may be the event loop or another thread."""

    def __init__(self, seconds: float = LATEST_END, end: Callable[[int], object] = os._exit) -> None:
        self._seconds = seconds
        self._end = end
        self._begun = False

    def begin(self) -> None:
        """Let the time run. Once it runs it can't be stopped; it ends with the process."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._wait, name="cut-off", daemon=True).start()

    def _wait(self) -> None:
        time.sleep(self._seconds)
        line = threading.Thread(target=self._say, name="last-line", daemon=True)
        line.start()
        line.join(LAST_LINE)
        self._end(GAVE_UP)

    def _say(self) -> None:
        ours = {"cut-off", "last-line"}
        threads = sorted(thread.name for thread in threading.enumerate() if thread.name not in ours)
        log.warning("the end took too long and was cut off", seconds=self._seconds, still_running=threads)
