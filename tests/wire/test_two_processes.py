"""Two processes on one PostgreSQL: both migrate it at once, and every poll closes once, whatever becomes of one."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from bot.clock import system_clock
from bot.polls.closing import SIDE_BY_SIDE
from bot.polls.records import Records
from bot.store.engine import open_store
from bot.store.schema import LOCK
from bot.store.tables import polls
from tests.polls.drafts import draft
from tests.polls.voting import voting
from tests.postgres import new_database
from tests.wire.ballots import (
    connected,
    let_claims_grow_old,
    stored_polls,
    wait_for_waiting,
    wait_until_all_is_sent,
)
from tests.wire.faults import Fault, Planned
from tests.wire.load import RESULT
from tests.wire.process import BotProcess
from tests.wire.server import WireDiscord, wire_discord
from tests.wire.world import Message

POLLS = 3 * SIDE_BY_SIDE
FIRST_CHANNEL = 7_000_000_000_000
OTHER_CHANNELS = itertools.count(8_000_000_000_000)
RESULTS = r"/channels/7\d+/messages/\d+"
"""Where the polls of this file get their results."""


@dataclass
class Two:
    """Two processes, each with its own way to the same Discord, and polls in their database."""

    url: str
    discords: list[WireDiscord]
    processes: list[BotProcess]
    polls: dict[int, Message]

    async def let_all_fall_due(self) -> None:
        """Move the end of every poll to a moment ago, the first poll's by a second more."""
        store = await open_store(self.url)
        now = int(time.time())
        async with store.write() as connection:
            await connection.execute(update(polls).values(closes_at=now - 1))
            await connection.execute(update(polls).where(polls.c.id == min(self.polls)).values(closes_at=now - 2))
        await store.close()

    async def wake(self, process: int) -> None:
        """Make a process look what is due: a member opens a poll through it, in another channel."""
        channel = next(OTHER_CHANNELS)
        opened = await self.discords[process].slash("poll", member=channel, channel=channel)
        assert "0 votes so far" in opened.text

    def hold_results(self, process: int, held: asyncio.Event) -> Planned:
        """Let Discord keep the results waiting that a process shows."""
        return self.discords[process].faults.plan("PATCH", RESULTS, Fault(held=held), times=1_000)

    async def told(self, *but: int) -> None:
        """Wait until a notice has come for every poll, but for these."""
        others = [message for poll_id, message in self.polls.items() if poll_id not in but]
        world = self.discords[0].world
        await world.watch.until(lambda: all(len(world.shown(message.channel_id)) > 1 for message in others))

    async def assert_each_closed_once(self) -> None:
        """One result, one notice, each sent once by one of the processes, and nothing left to do."""
        await wait_until_all_is_sent(self.url)
        for process in self.processes:
            if process.running:
                assert await process.stop() == 0
            assert '"level": "error"' not in process.text()
            assert "Traceback" not in process.text()
        stored = await stored_polls(self.url)
        requests = Counter((seen.method, seen.path) for discord in self.discords for seen in discord.rest.seen)
        for poll_id, message in self.polls.items():
            poll = stored[poll_id]
            assert poll.closed_at is not None
            assert (poll.key, poll.ballots, poll.tally) == (None, {}, (1, 2, 0, 0, 0))
            assert [RESULT in version for version in message.texts] == [False, True]
            shown, notice = self.discords[0].world.shown(message.channel_id)
            assert shown is message
            assert "is closed. Most votes: **Sad**, with 2 of 3." in notice.text
            assert requests["PATCH", f"/channels/{message.channel_id}/messages/{message.id}"] == 1
            assert requests["POST", f"/channels/{message.channel_id}/messages"] == 1


@asynccontextmanager
async def two_processes(url: str, folder: Path) -> AsyncIterator[Two]:
    """Start two processes on an empty database so that both come to migrate it before either has."""
    async with wire_discord() as one, wire_discord(also=one) as other:
        processes = []
        for name, discord in (("one", one), ("other", other)):
            (folder / name).mkdir()
            processes.append(BotProcess(discord, folder / name, url))
        try:
            async with connected(url) as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                starts = [asyncio.ensure_future(process.start()) for process in processes]
                await wait_for_waiting(connection, 2)
            await asyncio.gather(*starts)
            yield Two(url, [one, other], processes, await opened_polls(url, one))
        finally:
            for process in processes:
                await process.kill()


async def opened_polls(url: str, discord: WireDiscord) -> dict[int, Message]:
    """Open polls in channels of their own, with three votes each, that neither process knows of yet."""
    store = await open_store(url)
    records = Records(store)
    opened = {}
    async with voting(store, system_clock) as ledger:
        for channel in range(FIRST_CHANNEL, FIRST_CHANNEL + POLLS):
            standing, _ = await records.open(draft(channel), system_clock())
            message, _ = discord.world.post(channel, {"content": "the open poll"})
            await records.posted(standing.poll.id, message.id)
            opened[standing.poll.id] = message
        await asyncio.gather(*(ledger.cast(poll_id, user, (min(user, 1),)) for poll_id in opened for user in range(3)))
    await store.close()
    return opened


@pytest.fixture
async def two(postgres: str, tmp_path: Path) -> AsyncIterator[Two]:
    async with two_processes(await new_database(postgres, f"t{uuid4().hex}"), tmp_path) as it:
        yield it


async def test_two_processes_that_start_at_once_close_every_poll_once_and_share_the_work(two: Two) -> None:
    go = asyncio.Event()
    held = [two.hold_results(process, go) for process in range(2)]
    await two.let_all_fall_due()
    await asyncio.gather(two.wake(0), two.wake(1))
    # Neither has a place for more, and neither has what the other has.
    await two.discords[0].watch.until(lambda: all(each.met >= SIDE_BY_SIDE for each in held))
    go.set()
    await two.told()
    await two.assert_each_closed_once()


async def test_what_a_killed_process_was_showing_is_shown_by_the_other_once(two: Two) -> None:
    held = two.hold_results(0, asyncio.Event())
    await two.let_all_fall_due()
    await two.wake(0)
    await two.discords[0].watch.until(lambda: held.met >= SIDE_BY_SIDE)
    await two.processes[0].kill()
    await let_claims_grow_old(two.url)
    await two.wake(1)
    await two.told()
    await two.assert_each_closed_once()


async def test_a_poll_that_a_killed_process_was_closing_is_closed_by_the_other_once_and_no_other_waits_for_it(
    two: Two,
) -> None:
    first = min(two.polls)
    await two.let_all_fall_due()
    async with connected(two.url) as connection:
        # In the middle of its transaction it comes to delete these.
        await connection.execute(text("SELECT 1 FROM ballots WHERE poll_id = :first FOR UPDATE"), {"first": first})
        await two.wake(0)
        await wait_for_waiting(connection, 1)
        await two.wake(1)
        await two.told(first)
        assert RESULT not in two.polls[first].text
        await two.processes[0].kill()
    await two.told()
    await two.assert_each_closed_once()
