"""What is held of servers is deleted alike on both databases."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.postgres import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}"
    return await new_database(request.getfixturevalue("postgres"), f"t{uuid4().hex}")
