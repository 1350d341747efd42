"""The schema: which one a database has, which ones this program knows, and how the newest comes about.

A database is mostly up to date, so Alembic, which weighs 11 MiB, is imported only where it has something to do.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = tuple(sorted(file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("*.py")))
"""Every schema there has been, the oldest first: a migration's file name begins with its revision."""
NEWEST = REVISIONS[-1]
LOCK = 0x656E64696E67
"""The number of the advisory lock (the word “ending”) under which one process at a time migrates PostgreSQL."""

State = Literal["current", "older", "newer", "none"]
"""A database's schema beside the one of this version."""


def revision_of(connection: Connection) -> str | None:
    """The schema of a database; None for one that has none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if revision is None else str(revision)


def state_of(connection: Connection) -> State:
    """How the schema of a database stands to this program's."""
    revision = revision_of(connection)
    if revision is None:
        return "none"
    if revision == NEWEST:
        return "current"
    return "older" if revision in REVISIONS else "newer"


def take_turn(connection: Connection) -> None:
    """Wait until no other process migrates this database; then none does before this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})


def migrate(connection: Connection) -> None:
    """Bring a schema that this program knows, or that is not there yet, up to date."""
    if state_of(connection) != "current":
        from alembic import command

        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection | None = None) -> "Config":
    """Alembic's configuration for these tables, bound to a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
