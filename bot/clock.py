"""The time, as a parameter, so that tests and the preview can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The computer's time."""
    return datetime.now(UTC)
