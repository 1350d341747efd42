"""The real program understands questions soon after its start, and stays small with it."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.wire.process import BotProcess
from tests.wire.server import WireDiscord

CHANNEL = 4_000_000_000_000
ANA = 101
MOST_MEBIBYTES = 250
IN_OWN_WORDS = "wheres she even go lol"


def program(wire: WireDiscord, folder: Path, understanding: str) -> BotProcess:
    # Without the measuring of coverage, which takes memory of its own.
    database = f"sqlite+aiosqlite:///{folder / 'polls.db'}"
    return BotProcess(wire, folder, database, covered=False, understanding=understanding)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says what memory a process holds")
async def test_with_understanding_the_program_answers_in_ones_own_words_and_stays_small(
    wire: WireDiscord, tmp_path: Path
) -> None:
    bot = program(wire, tmp_path, "on")
    try:
        await bot.start()
        async with asyncio.timeout(60):
            await bot.logged("understood by their meaning")

        answer = await wire.slash("ending", member=ANA, channel=CHANNEL, topic=IN_OWN_WORDS)

        assert "Where Samantha and the OSes go" in answer.text
        assert bot.mebibytes < MOST_MEBIBYTES
    finally:
        await bot.kill()


async def test_without_understanding_names_and_words_answer(wire: WireDiscord, tmp_path: Path) -> None:
    bot = program(wire, tmp_path, "off")
    try:
        await bot.start()

        answer = await wire.slash("ending", member=ANA, channel=CHANNEL, topic="samanta")

        assert answer.text.lstrip().startswith("## Samantha")
        assert "understood by their meaning" not in bot.text()
    finally:
        await bot.kill()
