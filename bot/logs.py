"""Logs: structured, for people or as JSON, without tokens and without what members wrote."""

import logging
import sys
from collections.abc import Iterable
from types import TracebackType

import discord
import structlog

from bot.redaction import Redaction

TALKATIVE = ("aiosqlite", "alembic", "asyncio", "sqlalchemy")
"""Loggers that tell at lower levels what is written to the database, and with it what members wrote."""


def configure_logs(level: str, style: str, secrets: Iterable[str] = ()) -> None:
    """Send the program's and its libraries' messages to standard error, from `level` on, as `people` or `json`.

    `secrets` are texts that are cut out wherever they stand, beside what looks like a token or a password.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        # Plain: the pretty tracebacks print local variables, and with them what members typed.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redaction(secrets), renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("discord").setLevel(max(logging.INFO, root.level))
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It warns at every start that the guilds intent and voice are off, which is meant.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def log_what_nobody_catches(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For `sys.excepthook`: a fault that ends the program goes to the log like all others, without secrets."""
    logging.getLogger(__name__).critical("the program failed", exc_info=(kind, error, trace))
