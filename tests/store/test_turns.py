"""Processes that share a database take turns: never two at once, and never one soon after the other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from bot.store.engine import Store, open_store
from bot.store.tables import turns
from bot.store.turns import DAY, Turns
from tests.postgres import new_database

PAUSE = 1_000.0


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}"
    return await new_database(request.getfixturevalue("postgres"), f"t{uuid4().hex}")


@pytest.fixture
async def other_store(database: str, store: Store) -> AsyncIterator[Store]:
    """Another process's connections to the same database."""
    opened = await open_store(database)
    yield opened
    await opened.close()


async def let_pass(store: Store, seconds: float) -> None:
    """Leave the rows as they are so much later."""
    async with store.write() as connection:
        await connection.execute(update(turns).values(free_at=turns.c.free_at - seconds, since=turns.c.since - seconds))


async def test_of_two_processes_that_come_at_once_one_has_its_turn_and_the_other_is_told_how_long_to_wait(
    store: Store, other_store: Store
) -> None:
    waits = await asyncio.gather(*(Turns(each, PAUSE).take(0) for each in (store, other_store) * 5))
    assert sorted(waits)[0] == 0.0
    assert all(PAUSE - 60 < wait <= PAUSE for wait in sorted(waits)[1:])


async def test_the_next_has_its_turn_after_the_pause_and_not_before(store: Store, other_store: Store) -> None:
    assert await Turns(store, PAUSE).take(0) == 0.0
    await let_pass(store, PAUSE / 2)
    assert await Turns(other_store, PAUSE).take(0) > 0
    await let_pass(store, PAUSE / 2)
    assert await Turns(other_store, PAUSE).take(0) == 0.0


async def test_the_pause_begins_when_the_turn_is_used(store: Store) -> None:
    one = Turns(store, PAUSE)
    await one.take(0)
    await let_pass(store, PAUSE - 1)
    await one.use(0)
    assert await one.take(0) > PAUSE - 60


async def test_rows_do_not_wait_for_each_other(store: Store) -> None:
    one = Turns(store, PAUSE)
    assert [await one.take(bucket) for bucket in range(3)] == [0.0, 0.0, 0.0]


async def test_what_was_used_is_counted_for_a_day(store: Store, other_store: Store) -> None:
    one, other = Turns(store, PAUSE), Turns(other_store, PAUSE)
    assert await one.used() == 0
    await one.use(0)
    await other.use(0)
    await other.use(1)
    assert await one.used() == await other.used() == 3
    await let_pass(store, DAY)
    assert await one.used() == 0
    await one.use(0)
    assert await one.used() == 1
