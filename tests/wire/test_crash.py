"""Killed without a warning under load, the program loses no vote that it confirmed and closes every poll once."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.postgres import new_database
from tests.wire.crash import crash


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_no_confirmed_vote_is_lost_when_it_is_killed(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}"
    if engine == "postgresql":
        url = await new_database(request.getfixturevalue("postgres"), f"t{uuid4().hex}")
    report = await crash(url, engine, 3, tmp_path)
    assert report.harm == 0, report.table()
    assert report.kills == 3
    # Enough to show that there was something to lose; how many there are is the computer’s doing.
    assert report.votes_acknowledged > 10
