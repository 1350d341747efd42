"""`ending-bot db check` tells whether the votes add up."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from bot.clock import system_clock
from bot.store.engine import open_store
from tests.cli.conftest import Run
from tests.polls.voting import open_polls, voting


@pytest.fixture
def voted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with a vote, that the commands use."""
    path = tmp_path / "polls.db"
    url = f"sqlite+aiosqlite:///{path}"
    monkeypatch.setenv("DATABASE_URL", url)

    async def vote() -> None:
        store = await open_store(url)
        [poll_id] = await open_polls(store, system_clock, [1])
        async with voting(store, system_clock) as ledger:
            await ledger.cast(poll_id, 1, [2])
        await store.close()

    asyncio.run(vote())
    return path


def test_votes_that_add_up_are_one_line(run: Run, voted: Path) -> None:
    ran = run("db", "check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Open polls: 1. Ballots: 1. Every tally is what its ballots add up to.\n"


def test_each_mismatch_is_a_line_and_the_exit_code_is_1(run: Run, voted: Path) -> None:
    with contextlib.closing(sqlite3.connect(voted, isolation_level=None)) as connection:
        connection.execute("UPDATE tallies SET votes = 5 WHERE choice < 2")
    ran = run("db", "check")
    assert ran.code == 1
    assert ran.out == (
        "Poll 1, option 1: the tally says 5, the ballots are 0.\n"
        "Poll 1, option 2: the tally says 5, the ballots are 0.\n"
    )


def test_a_database_that_is_not_there_is_not_made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")
    ran = run("db", "check")
    assert ran.code == 1
    assert "There is no database" in ran.err
    assert not (tmp_path / "none.db").exists()
