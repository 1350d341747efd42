"""Several processes share the shards of one bot: no answer is lost, also when one is killed and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from bot.clock import system_clock
from bot.identify import PAUSE
from bot.polls.records import TAKEOVER
from tests.postgres import new_database
from tests.wire.ballots import let_fall_due, stored_polls, wait_until_all_are_posted
from tests.wire.load import RESULT
from tests.wire.process import BotProcess
from tests.wire.scale import Plan, scale
from tests.wire.server import WireDiscord, wire_discord
from tests.wire.world import Message

CHANNEL = 5_000_000_000_000
UNHURRIED = 60.0
"""Seconds that members wait here: how quick the bot is, a computer that tests other things too can't tell."""


async def test_two_processes_answer_everything_and_start_their_sessions_in_turn_though_one_is_killed(
    postgres: str, tmp_path: Path
) -> None:
    url = await new_database(postgres, f"t{uuid4().hex}")
    plan = Plan(2, shards=4, servers=400, rate=20, seconds=3, max_concurrency=2, patience=UNHURRIED)
    report = await scale(url, postgres, plan, tmp_path)
    assert report.harm == 0, report.table()
    assert report.votes_confirmed > 10
    assert report.answered_by_the_new_process > 0
    assert report.identifies == plan.shards + 2
    # Left to themselves, both processes start their first sessions in the same moment.
    assert report.shortest_pause > PAUSE / 2


@dataclass
class Two:
    """Two processes with a shard each, and a poll in a server of either."""

    url: str
    discords: list[WireDiscord]
    processes: list[BotProcess]
    polls: list[Message]

    async def let_fall_due(self, process: int, seconds_ago: float) -> None:
        """Move the end of the poll in the server of a process."""
        poll_id = int(self.polls[process].custom_id("Withdraw").split(":")[1])
        await let_fall_due(self.url, poll_id, int(system_clock().timestamp() - seconds_ago))

    async def wake(self, process: int) -> None:
        """Make a process look what is due: a member opens another poll in its server."""
        await self.discords[process].slash("poll", member=2, channel=CHANNEL + 10 + process, shard=process)

    async def closed(self, process: int) -> None:
        """Wait until the poll in the server of a process shows its result."""
        await self.discords[0].watch.until(lambda: RESULT in self.polls[process].text or None, seconds=30)

    def edited_by(self, process: int) -> set[int]:
        """The channels in which a process has edited a message."""
        return {int(seen.path.split("/")[2]) for seen in self.discords[process].rest.seen if seen.method == "PATCH"}


@asynccontextmanager
async def two_processes(url: str, folder: Path) -> AsyncIterator[Two]:
    """Start two processes that share two shards, each with its own way to the same Discord."""
    async with wire_discord(shards=2) as one, wire_discord(also=one) as other:
        one.world.max_concurrency = 2
        processes = []
        for shard, discord in enumerate((one, other)):
            (folder / str(shard)).mkdir()
            processes.append(BotProcess(discord, folder / str(shard), url, SHARDS=str(shard), SHARD_COUNT="2"))
        try:
            await asyncio.gather(*(process.start() for process in processes))
            polls = [
                await discord.slash("poll", member=1, channel=CHANNEL + shard, shard=shard)
                for shard, discord in enumerate((one, other))
            ]
            await wait_until_all_are_posted(url)
            yield Two(url, [one, other], processes, polls)
        finally:
            for process in processes:
                await process.kill()


@pytest.fixture
async def two(postgres: str, tmp_path: Path) -> AsyncIterator[Two]:
    async with two_processes(await new_database(postgres, f"t{uuid4().hex}"), tmp_path) as it:
        yield it


async def test_each_process_closes_the_polls_of_its_servers_and_one_of_them_tells_discord_the_commands(
    two: Two,
) -> None:
    for process in range(2):
        await two.let_fall_due(process, seconds_ago=0)
    # The first alone looks, and leaves the other's poll to it, as it does until TAKEOVER.
    await two.wake(0)
    await two.closed(0)
    await two.wake(1)
    await two.closed(1)
    assert [two.edited_by(process) for process in range(2)] == [{CHANNEL}, {CHANNEL + 1}]
    synced = [[seen for seen in discord.rest.seen if seen.path.endswith("/commands")] for discord in two.discords]
    assert [len(each) for each in synced] == [1, 0]


async def test_a_poll_whose_process_is_dead_is_closed_by_the_other(two: Two) -> None:
    await two.processes[1].kill()
    await two.let_fall_due(1, seconds_ago=TAKEOVER.total_seconds())
    await two.wake(0)
    await two.closed(1)
    assert two.edited_by(0) == {CHANNEL + 1}
    closed = next(poll for poll in (await stored_polls(two.url)).values() if poll.channel_id == CHANNEL + 1)
    assert closed.key is None
