"""What a check-up finds: line by line, and whatever fails, the rest is looked at too."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

log = structlog.get_logger(__name__)


Status = Literal["pass", "warn", "FAIL"]
"""How a thing is: as it should be, worth knowing, or in the way of the bot's work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where something is to be done."""

    check: str
    status: Status
    said: str
    todo: str = ""


def passed(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, "pass", said)


def warned(check: str, said: str, todo: str) -> Finding:
    """The bot works, but not for everybody or not for long."""
    return Finding(check, "warn", said, todo)


def failed(check: str, said: str, todo: str) -> Finding:
    """The bot can't work like this."""
    return Finding(check, "FAIL", said, todo)


class CheckError(Exception):
    """A check can't be made; the text says why, and `todo` what to do."""

    def __init__(self, said: str, todo: str) -> None:
        super().__init__(said)
        self.todo = todo


async def guarded(check: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> list[Finding]:
    """What a check finds; one that fails is a finding itself."""
    try:
        return list(await look())
    except CheckError as error:
        return [failed(check, str(error), error.todo)]
    except Exception as error:
        # The other checks are wanted all the more.
        log.exception("a check failed", check=check)
        return [failed(check, f"the check itself failed: {type(error).__name__}", "The log says where.")]
