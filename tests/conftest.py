"""What all tests share: a real SQLite file for each, the packs, and a clock that is set by hand."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from bot.film.library import Library, default_content, load_library
from bot.film.pack import Pack
from bot.store.engine import Store, open_store
from tests.discord.world import World, open_world
from tests.postgres import PostgresMissingError, postgres_cluster

SLOW_FIRST = ("e2e", "wire", "bench", "cli")
"""Folders whose tests wait for processes. They begin first, so that none of them runs alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by how long their files take."""
    order = {folder: place for place, folder in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(order)))


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """For tests that set up the logs: the next ones find them as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library(default_content())


@pytest.fixture(scope="session")
def her(library: Library) -> Pack:
    return library.default


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket folder of a running PostgreSQL; without one the tests that need it are skipped, but never in CI."""
    try:
        with postgres_cluster() as socket:
            yield socket
    except PostgresMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    opened = await open_store(database)
    yield opened
    await opened.close()


@pytest.fixture
async def world(library: Library, database: str) -> AsyncIterator[World]:
    """A running bot in a simulated Discord."""
    async with open_world(library, database) as it:
        yield it
