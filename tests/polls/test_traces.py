"""What a poll leaves behind: nothing that leads to a person.

On disk this is promised for SQLite alone, whose file the bot has to itself; PostgreSQL overwrites deleted rows in its
own time.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.polls.ledger import Ledger
from bot.polls.records import Records
from bot.polls.rules import voter
from bot.store.engine import Store
from bot.store.tables import ballots, polls
from tests.conftest import HandClock
from tests.polls.drafts import draft
from tests.polls.test_ledger import running


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}"


@pytest.fixture
async def ledger(store: Store, clock: HandClock) -> AsyncIterator[Ledger]:
    async with running(Ledger(store, clock)) as it:
        yield it


@pytest.fixture
async def poll_id(store: Store, clock: HandClock) -> int:
    standing, _ = await Records(store).open(draft(), clock())
    return standing.poll.id


async def test_the_ballot_box_holds_no_member_and_no_order(ledger: Ledger, store: Store, poll_id: int) -> None:
    users = list(range(1_000_000, 1_000_020))
    for user in users:
        await ledger.cast(poll_id, user, (0,))
    async with store.read() as connection:
        stored = (await connection.execute(select(ballots))).all()
        key = (await connection.execute(select(polls.c.voter_key))).scalar_one()
    assert {row.voter for row in stored} == {voter(key, user) for user in users}
    assert [row.voter for row in stored] == sorted(row.voter for row in stored)
    assert all(len(row) == 3 for row in stored), "a ballot is a poll, a hash and a choice"


async def test_a_closed_poll_keeps_no_key_and_no_ballot_not_even_on_disk(
    ledger: Ledger, store: Store, clock: HandClock, poll_id: int, tmp_path: Path
) -> None:
    await ledger.cast(poll_id, 1, (2,))
    async with store.read() as connection:
        key = (await connection.execute(select(polls.c.voter_key))).scalar_one()
    await Records(store).close(poll_id, clock(), None)
    async with store.read() as connection:
        assert (await connection.execute(select(polls.c.voter_key))).scalar_one() is None
        assert (await connection.execute(select(ballots))).all() == []
    for name, content in await asyncio.to_thread(read_all, tmp_path):
        assert key not in content, f"the key is still in {name}"
        assert voter(key, 1) not in content, f"a ballot is still in {name}"


def read_all(folder: Path) -> list[tuple[str, bytes]]:
    """The files of a folder, with the write-ahead log that SQLite keeps beside a database in use."""
    return [(path.name, path.read_bytes()) for path in folder.iterdir()]
