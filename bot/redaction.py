"""Cuts secrets and members' words out of what is logged, whoever logs it."""

import re
from collections.abc import Iterable
from typing import Any

import structlog

CUT = "[cut]"
PATTERNS = (
    # Whoever has an interaction's or a webhook's token can write in the bot's name.
    (re.compile(r"(/(?:interactions|webhooks)/[^/\s]+/)[^/?\s\"'\\)\]>]+"), rf"\1{CUT}"),
    (re.compile(r"\baW50ZXJhY3Rpb24[\w+/=-]+"), CUT),
    (re.compile(r"\b(Bot|Bearer) [\w-]+\.[\w-]+(?:\.[\w-]+)*"), rf"\1 {CUT}"),
    (re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"), CUT),
    (re.compile(r"((?<![\w])[\"']?token[\"']?\s*[:=]\s*[\"'])[^\"']+"), rf"\1{CUT}"),
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+@"), rf"\1{CUT}@"),
    # PostgreSQL shows the row that it refused, and with it what a member wrote.
    (re.compile(r"(\bDETAIL:).*"), rf"\1 {CUT}"),
)
SHORTEST = 6
"""Characters of a secret that is looked for by itself; a shorter one is a word that may stand anywhere."""


class Redaction:
    """A structlog processor. It goes before the renderer, and after what turns exceptions into text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first: one may be part of another.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)

    def __call__(
        self, _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {key: self._cut_in(value) for key, value in event.items()}

    def cut(self, text: str) -> str:
        """A text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, CUT)
        for pattern, instead in PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def _cut_in(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self._cut_in(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._cut_in(each) for each in value]
        return self.cut(str(value))
