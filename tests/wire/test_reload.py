"""The real program reads its content anew when it gets the signal, and never ends by it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.packs import line_of, put, tiny_files, write_pack
from tests.wire.process import BotProcess
from tests.wire.server import WireDiscord
from tests.wire.world import BOT_USER, Message

CHANNEL = 4_000_000_000_000
ANA = 101
OWNER = int(BOT_USER["id"])
"""Whom the loopback Discord gives as the application's owner."""
ENDING = "topics/the-end.yaml"
PATIENCE = 30.0


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content folder with the tiny film."""
    folder = tmp_path / "films"
    write_pack(folder)
    return folder


@pytest.fixture
async def bot(wire: WireDiscord, tmp_path: Path, content: Path) -> AsyncIterator[BotProcess]:
    process = BotProcess(wire, tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}", CONTENT_DIR=str(content))
    try:
        yield process
    finally:
        await process.kill()


def summarise(content: Path, summary: str) -> None:
    """Change what the film's one topic says."""
    files = tiny_files()
    put(files, ENDING, ("summary",), summary)
    write_pack(content, files)


async def ask(wire: WireDiscord, channel: int) -> Message:
    """The public answer in a channel that was not answered before."""
    return await wire.slash("ending", member=ANA + channel, channel=CHANNEL + channel, topic="the-end")


async def reloaded(bot: BotProcess, events: int, event: str = "the content was read anew") -> list[dict[str, object]]:
    """Wait until the log has so many of an event, and return them."""
    async with asyncio.timeout(PATIENCE):
        await bot.logged(event, events)
    lines = [json.loads(line) for line in bot.text().splitlines() if event in line]
    assert len(lines) == events
    return lines


async def test_after_the_signal_everyone_is_answered_from_what_is_new_and_a_broken_pack_changes_nothing(
    wire: WireDiscord, bot: BotProcess, content: Path
) -> None:
    await bot.start()
    assert "calls the fox home" in (await ask(wire, 0)).text

    summarise(content, "The fox comes home at last, says The Fox Paper.")
    bot.hang_up()
    [read] = await reloaded(bot, 1)
    assert read["changes"] == ["Tiny (2001), topics, changed: the-end"]
    assert "comes home at last" in (await ask(wire, 1)).text

    files = tiny_files()
    put(files, ENDING, ("summary",), "Nobody comes home, says The Fox Paper.")
    put(files, ENDING, ("title",), 7)
    put(files, "film.yaml", ("year",), "long ago")
    folder = write_pack(content, files)
    bot.hang_up()
    [refused] = await reloaded(bot, 1, "the content is refused, and the old one stays")
    title, year = line_of(folder / ENDING, "title:"), line_of(folder / "film.yaml", "year:")
    problems = refused["problems"]
    assert isinstance(problems, list)
    assert [problem.rsplit(": ", 1)[0] for problem in problems] == [
        f"tiny/film.yaml:{year}: year",
        f"tiny/{ENDING}:{title}: title",
    ]
    assert "comes home at last" in (await ask(wire, 2)).text
    assert await bot.stop() == 0


async def test_the_owner_reloads_by_a_command_and_nobody_else_does(
    wire: WireDiscord, bot: BotProcess, content: Path
) -> None:
    await bot.start()
    summarise(content, "The fox comes home at last, says The Fox Paper.")

    refused = await wire.slash("reload", member=ANA, channel=CHANNEL)
    assert "Only the owner of this bot" in refused.text
    assert "calls the fox home" in (await ask(wire, 0)).text

    told = await wire.slash("reload", member=OWNER, channel=CHANNEL)
    assert "Tiny (2001), topics, changed: the-end" in told.text
    assert "comes home at last" in (await ask(wire, 1)).text
    assert told not in wire.world.shown(CHANNEL)


async def test_two_signals_at_once_are_heard_one_after_the_other_and_the_last_word_counts(
    wire: WireDiscord, bot: BotProcess, content: Path
) -> None:
    await bot.start()
    summarise(content, "The first word, says The Fox Paper.")
    bot.hang_up()
    summarise(content, "The last word, says The Fox Paper.")
    bot.hang_up()
    channel = 0
    async with asyncio.timeout(PATIENCE):
        while "The last word" not in (await ask(wire, channel)).text:
            channel += 1
    assert bot.running


async def test_a_signal_from_the_first_moment_on_never_ends_it_and_none_is_lost(
    wire: WireDiscord, bot: BotProcess, content: Path
) -> None:
    await bot.spawn()
    await bot.takes_hangups()
    async with asyncio.timeout(PATIENCE):
        while not wire.gateway.connected:
            bot.hang_up()
            await asyncio.sleep(0.02)
            assert bot.running, bot.text()
    summarise(content, "The last word, says The Fox Paper.")
    bot.hang_up()
    async with asyncio.timeout(PATIENCE):
        await bot.logged("topics, changed: the-end")
    assert "The last word" in (await ask(wire, 0)).text
