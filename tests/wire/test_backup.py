"""The real program is backed up while it runs, and goes on from a backup without saying anything twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from bot.polls.result_cards import FROM_BACKUP
from tests.cli.conftest import Ran, Run, run
from tests.wire.ballots import let_fall_due, stored_polls
from tests.wire.process import BotProcess
from tests.wire.server import WireDiscord
from tests.wire.world import Message

__all__ = ["run"]
Db = Callable[..., Awaitable[Ran]]
CHANNEL = 4_000_000_000_000
ANA, BEN, CARLA = 101, 102, 103
RESULT = "Most votes: **Sad**"


@pytest.fixture
def db(run: Run, database: str, monkeypatch: pytest.MonkeyPatch) -> Db:
    """Runs `ending-bot db`, in another process than the bot."""
    monkeypatch.setenv("DATABASE_URL", database)

    async def _db(*arguments: str) -> Ran:
        return await asyncio.to_thread(run, "db", *arguments)

    return _db


async def press(wire: WireDiscord, poll: Message, label: str, member: int) -> str:
    return (await wire.press(poll, label, member=member)).text


async def test_backed_up_while_it_runs_and_stopped_for_a_restore_it_goes_on_from_then(
    wire: WireDiscord, bot: BotProcess, database: str, db: Db
) -> None:
    poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
    assert "is counted" in await press(wire, poll, "B Sad", ANA)
    assert "1 poll, 1 of them open with 1 ballot, in 1 server" in (await db("backup", "copy.db")).out
    assert "is counted" in await press(wire, poll, "A Happy", BEN)
    refused = await db("restore", "copy.db")
    assert refused.code == 1
    assert "is in use, so the bot may be running. Stop it first" in refused.err
    assert "Your vote: **A Happy**." in await press(wire, poll, "My vote", BEN)
    assert await bot.stop() == 0
    assert (await db("restore", "copy.db")).code == 0
    await bot.start()
    assert "Your vote: **B Sad**." in await press(wire, poll, "My vote", ANA)
    assert "You have no vote" in await press(wire, poll, "My vote", BEN)
    assert "is counted" in await press(wire, poll, "A Happy", BEN)
    [stored] = (await stored_polls(database)).values()
    assert stored.choices([ANA, BEN]) == {ANA: 1, BEN: 0}


async def test_a_result_that_was_shown_before_the_restore_is_not_shown_or_told_again(
    wire: WireDiscord, bot: BotProcess, database: str, db: Db
) -> None:
    poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
    await press(wire, poll, "B Sad", ANA)
    assert (await db("backup", "copy.db")).code == 0
    await press(wire, poll, "B Sad", BEN)
    asked = await wire.press(poll, "Close the poll", member=ANA)
    await wire.press(asked, "Close it now", member=ANA)
    await wire.watch.until(lambda: len(wire.world.shown(CHANNEL)) == 2 or None, 30)
    assert await bot.stop() == 0
    versions = len(poll.versions)
    # As if a day had passed: the poll's end is over when the backup is restored.
    await let_fall_due(f"{database.removesuffix('polls.db')}copy.db", 1, int(time.time()) - 60)
    assert "Polls that have ended since: 1." in (await db("restore", "copy.db")).out
    await bot.start()
    # An answer over the new connection: by then the start has closed and shown what there was.
    new = await wire.slash("poll", member=CARLA, channel=CHANNEL)
    assert "is counted" in await press(wire, new, "B Sad", CARLA)
    assert await bot.stop() == 0
    assert [poll, new] == [each for each in wire.world.shown(CHANNEL) if "## " in each.text]
    assert len(wire.world.shown(CHANNEL)) == 3, "one notice"
    assert len(poll.versions) == versions
    assert "with 2 of 2" in poll.text
    assert sorted(await stored_polls(database)) == [1, 1_000_002]


async def test_a_message_that_never_got_its_result_gets_it_when_somebody_presses_its_button(
    wire: WireDiscord, bot: BotProcess, database: str, db: Db
) -> None:
    poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
    await press(wire, poll, "B Sad", ANA)
    assert (await db("backup", "copy.db")).code == 0
    assert await bot.stop() == 0
    await let_fall_due(f"{database.removesuffix('polls.db')}copy.db", 1, int(time.time()) - 60)
    assert (await db("restore", "copy.db")).code == 0
    await bot.start()
    assert RESULT not in poll.text
    assert "This poll is closed" in await press(wire, poll, "B Sad", BEN)
    await wire.watch.until(lambda: RESULT in poll.text or None, 30)
    assert "with 1 of 1" in poll.text
    assert FROM_BACKUP in poll.text
    assert wire.world.shown(CHANNEL) == [poll]
