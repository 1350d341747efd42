"""SIGTERM: nothing new is taken, what is under way is ended, and the process ends whatever hangs."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import client
from bot.clock import system_clock
from bot.operations.cutoff import GAVE_UP, LAST_LINE, LATEST_END
from bot.polls.ledger import Ledger, LedgerClosedError
from bot.polls.records import Records
from bot.store.engine import open_store
from tests.polls.drafts import draft
from tests.wire.ballots import connected, stored_polls
from tests.wire.faults import CALLBACK, MESSAGE, Fault
from tests.wire.process import ROOT, BotProcess, bot_process
from tests.wire.server import WireDiscord

CHANNEL = 4_000_000_000_000
ANA = 101
PROMISED = 5.0
"""Seconds until the end, as the README promises."""


def test_the_times_of_all_steps_add_up_to_less_than_what_is_promised() -> None:
    assert client.DRAIN < client.LAST_WORDS
    assert client.LAST_WORDS + client.TASKS_END + client.LAST_EDITS < client.LEAVING
    # The first of the last three steps may take all that is left.
    longest = client.LEAVING + 2 * client.LEAST
    assert longest <= 4.0 < LATEST_END < LATEST_END + LAST_LINE < PROMISED


async def test_with_a_discord_that_answers_nothing_any_more_it_ends_by_itself_and_says_what_it_gave_up(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    async with bot_process(wire, tmp_path, database) as bot:
        poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
        never = asyncio.Event()
        answer = wire.faults.plan("POST", CALLBACK, Fault(held=never), times=100)
        edit = wire.faults.plan("PATCH", MESSAGE, Fault(held=never), times=100)
        await wire.send_press(poll, "B Sad", member=ANA)
        await wire.send_press(poll, "B Sad", member=ANA + 1)
        await wire.watch.until(lambda: edit.met and answer.met == 2, seconds=30)
        wire.gateway.freeze()
        # Without a limit to this step it would wait for ever.
        assert await bot.stop() == 0
        assert '"step": "answering"' in bot.text()
        assert "Unclosed" not in bot.text()
    [stored] = (await stored_polls(database)).values()
    assert stored.tally == stored.recount == (0, 2, 0, 0, 0), "both votes are on disk"


async def test_with_a_database_that_is_locked_it_ends_and_a_vote_that_was_not_confirmed_is_absent(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    async with bot_process(wire, tmp_path, database) as bot:
        poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
        sure = await wire.press(poll, "A Happy", member=ANA)
        assert "is counted" in sure.text
        async with connected(database) as connection:
            await connection.execute(text("UPDATE polls SET minimum = minimum"))
            presses = [await wire.send_press(poll, "B Sad", member=member) for member in range(1000, 1040)]
            # Deferred, because it waits for the database; by then all of them do.
            await wire.watch.until(lambda: presses[-1].callback, seconds=30)
            code = await bot.stop()
        assert code in {0, GAVE_UP}
        assert '"step": "writing votes"' in bot.text()
        told = [press.told.result().text for press in presses if press.told.done()]
        assert not [said for said in told if "is counted" in said]
    [stored] = (await stored_polls(database)).values()
    assert stored.tally == stored.recount == (1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/users/@me"), ("GET", "/gateway/bot")],
    ids=["logging in", "asking for the gateway"],
)
async def test_asked_to_end_while_it_starts_it_ends(
    wire: WireDiscord, tmp_path: Path, database: str, method: str, path: str
) -> None:
    held = wire.faults.plan(method, path, Fault(held=asyncio.Event()), times=100)
    bot = BotProcess(wire, tmp_path, database)
    try:
        await bot.spawn()
        await wire.watch.until(lambda: held.met, seconds=30)
        assert await bot.stop() == 0
    finally:
        await bot.kill()
    assert "Traceback" not in bot.text()


async def test_asked_to_end_while_the_gateway_is_silent_it_ends(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    wire.gateway.silent = True
    bot = BotProcess(wire, tmp_path, database)
    try:
        await bot.spawn()
        await wire.watch.until(lambda: wire.gateway.count("SILENCE"), seconds=30)
        assert await bot.stop() == 0
    finally:
        await bot.kill()
    assert "Traceback" not in bot.text()


@pytest.mark.parametrize("module", ["", "discord", "aiosqlite"])
async def test_asked_to_end_at_any_moment_of_its_first_second_it_ends(
    wire: WireDiscord, tmp_path: Path, database: str, module: str
) -> None:
    # Python tells of every module that it loads, which is a clock that runs as fast as the program starts.
    bot = BotProcess(wire, tmp_path, database, PYTHONVERBOSE="1")
    try:
        await bot.spawn()
        async with asyncio.timeout(30):
            await bot.logged(f"import '{module}" if module else "")
        # Before there is a handler the signal itself ends the process, which has begun nothing by then.
        assert await bot.stop() in {0, -signal.SIGTERM}
    finally:
        await bot.kill()
    assert "Traceback" not in bot.text()
    assert "the end took too long" not in bot.text()


async def test_what_hangs_beyond_the_event_loop_is_cut_off_and_named(tmp_path: Path) -> None:
    program = (
        "import threading\n"
        "from bot.logs import configure_logs\n"
        "from bot.operations.cutoff import CutOff\n"
        "configure_logs('info', 'json')\n"
        "threading.Thread(target=threading.Event().wait, name='a-thread-that-hangs').start()\n"
        "CutOff(0.1).begin()\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, logged = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == GAVE_UP
    assert b"the end took too long and was cut off" in logged
    assert b"a-thread-that-hangs" in logged


async def test_votes_that_can_not_be_written_any_more_are_refused_and_not_left_waiting(database: str) -> None:
    store = await open_store(database)
    standing, _ = await Records(store).open(draft(CHANNEL), system_clock())
    ledger = Ledger(store, system_clock)
    waiting = [asyncio.ensure_future(ledger.cast(standing.poll.id, member, (0,))) for member in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(ledger.close())
    ledger.refuse_waiting()
    await asyncio.wait_for(closing, 30)
    refused = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)
    assert [type(error) for error in refused] == [LedgerClosedError] * 3
    assert ledger.outcomes == {"not written": 3}
    await store.close()
