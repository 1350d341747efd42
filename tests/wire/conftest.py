"""What most tests of the real program need: a Discord on this computer, and the program connected to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.wire.process import BotProcess, bot_process
from tests.wire.server import WireDiscord, wire_discord


@pytest.fixture
async def wire() -> AsyncIterator[WireDiscord]:
    async with wire_discord() as discord:
        yield discord


@pytest.fixture
async def bot(wire: WireDiscord, tmp_path: Path, database: str) -> AsyncIterator[BotProcess]:
    """The running program; at the end it has logged no error."""
    async with bot_process(wire, tmp_path, database) as process:
        yield process
        if process.running:
            assert await process.stop() == 0
    assert [line for line in process.text().splitlines() if '"level": "error"' in line or "Traceback" in line] == []
