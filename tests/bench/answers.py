"""Benchmark: `/ending` and a durable vote, beside a plain discord.py bot that answers a constant.

Run it with `python -m tests.bench.answers`. Both bots run in this process in turn, several rounds, over real HTTP to a
server in another process; what is printed are medians and the ratio of ours to the plain bot's. A single pair is noisy,
so nothing is concluded from less than 10 %.
"""

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import discord
from discord import app_commands, ui
from discord.ext import commands
from rich.console import Console
from rich.table import Table

from bot.client import EndingBot
from bot.film.library import default_content, load_library
from bot.limits import Pace
from bot.store.engine import open_store
from tests.bench.loopback import APPLICATION, loopback_discord
from tests.polls.drafts import draft

AT_ONCE = 32
"""Interactions under way at the same time."""

Payload = Callable[[int], dict[str, Any]]
"""Makes the gateway's event for the n-th interaction."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One round: CPU seconds for 1,000 interactions, and milliseconds from event to answer."""

    cpu: float
    median: float
    p99: float


class Plain(commands.Bot):
    """A bot as the tutorials make it: default intents and caches, a constant embed, a constant private answer."""

    def __init__(self) -> None:
        super().__init__(command_prefix="!", intents=discord.Intents.default())

    async def setup_hook(self) -> None:
        @self.tree.command(description="Constant")
        @app_commands.describe(topic="Ignored")
        async def ending(interaction: discord.Interaction, topic: str) -> None:
            await interaction.response.send_message(embed=discord.Embed(title="The ending", description="Constant."))

        class Buttons(ui.View):
            @ui.button(label="Vote", custom_id="poll:1:vote:2")
            async def vote(self, interaction: discord.Interaction, _button: ui.Button["Buttons"]) -> None:
                await interaction.response.send_message("Constant.", ephemeral=True)

        self.add_view(Buttons(timeout=None))
        await self.tree.sync()


@asynccontextmanager
async def plain_bot() -> AsyncIterator[commands.Bot]:
    bot = Plain()
    yield bot
    await bot.close()


@asynccontextmanager
async def ending_bot() -> AsyncIterator[commands.AutoShardedBot]:
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        bot = EndingBot(load_library(default_content()), store, shard_count=1)
        bot.pace = bot.presses = Pace(uses=10**9, seconds=1.0)
        standing, _ = await bot.records.open(draft(), discord.utils.utcnow())
        assert standing.poll.id == 1
        yield bot
        await bot.close()


def event(number: int) -> dict[str, Any]:
    """What every interaction carries; each comes from another member."""
    user = {"id": str(2_000_000 + number), "username": "member", "discriminator": "0", "avatar": None}
    permissions = str(discord.Permissions.all().value)
    return {
        "id": str(3_000_000 + number),
        "application_id": str(APPLICATION),
        "token": f"token-{number}",
        "version": 1,
        "guild_id": "1",
        "channel_id": "7",
        "channel": {"id": "7", "type": 0, "name": "film", "guild_id": "1", "permissions": permissions, "position": 0},
        "member": {
            "user": user,
            "roles": [],
            "joined_at": None,
            "deaf": False,
            "mute": False,
            "permissions": permissions,
            "flags": 0,
        },
        "app_permissions": permissions,
        "locale": "en-US",
        "guild_locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": "1"},
        "context": 0,
        "attachment_size_limit": 10_485_760,
    }


def ask(number: int) -> dict[str, Any]:
    """`/ending samantha`."""
    option = {"name": "topic", "type": 3, "value": "samantha"}
    return event(number) | {"type": 2, "data": {"id": "5", "name": "ending", "type": 1, "options": [option]}}


def vote(number: int) -> dict[str, Any]:
    """A press of the third button of poll 1."""
    button = {"type": 2, "style": 1, "label": "Vote", "custom_id": "poll:1:vote:2", "id": 2}
    author = {"id": str(APPLICATION), "username": "bench", "discriminator": "0", "avatar": None, "bot": True}
    message = {
        "id": "9", "channel_id": "7", "author": author, "content": "", "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0,
        "components": [{"type": 1, "id": 1, "components": [button]}],
    }  # fmt: skip
    return event(number) | {"type": 3, "message": message, "data": {"component_type": 2, "custom_id": "poll:1:vote:2"}}


async def measure(bot: commands.Bot | commands.AutoShardedBot, payload: Payload, count: int, offset: int) -> Figures:
    """Put interactions into a bot, AT_ONCE at a time, and time each until Discord has its answer."""
    numbers = iter(range(offset, offset + count))
    latencies: list[float] = []

    async def member() -> None:
        for number in numbers:
            answered = waiting[str(3_000_000 + number)] = asyncio.get_running_loop().create_future()
            start = time.perf_counter()
            bot._connection.parse_interaction_create(cast("Any", payload(number)))
            await answered
            latencies.append(time.perf_counter() - start)

    waiting: dict[str, asyncio.Future[None]] = bot.__dict__["answers_awaited"]
    cpu = time.process_time()
    await asyncio.gather(*(member() for _ in range(AT_ONCE)))
    cpu = time.process_time() - cpu
    latencies.sort()
    return Figures(
        cpu * 1_000 / count,
        1_000 * statistics.median(latencies),
        1_000 * latencies[min(count - 1, int(count * 0.99))],
    )


async def log_in(bot: commands.Bot | commands.AutoShardedBot) -> None:
    """Log in over REST; no gateway is needed, since the events are put in by hand."""
    waiting: dict[str, asyncio.Future[None]] = {}
    bot.__dict__["answers_awaited"] = waiting

    async def answered(_session: object, _context: object, request: aiohttp.TraceRequestEndParams) -> None:
        if request.url.name == "callback":
            waiting.pop(request.url.parts[-3]).set_result(None)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(answered)
    bot.http.http_trace = trace
    await bot.login("token")


async def compare(rounds: int, count: int) -> Table:
    """Measure both bots in turn and set their medians side by side."""
    results: dict[tuple[str, str], list[Figures]] = {}
    with loopback_discord():
        async with plain_bot() as plain, ending_bot() as ours:
            await log_in(plain)
            await log_in(ours)
            offsets = itertools.count(0, count)
            for number in range(rounds + 1):
                for what, payload in (("/ending samantha", ask), ("a durable vote", vote)):
                    for name, bot in (("plain", plain), ("ours", ours)):
                        figures = await measure(bot, payload, count, next(offsets))
                        # The first round warms both up.
                        if number:
                            results.setdefault((what, name), []).append(figures)
    table = Table("", "plain bot", "ours", "ours ÷ plain", title=f"{rounds} rounds of {count}, {AT_ONCE} at once")
    for what in ("/ending samantha", "a durable vote"):
        for field, unit in (("cpu", "CPU s / 1,000"), ("median", "ms, median"), ("p99", "ms, p99")):
            plain_figure, our_figure = (
                statistics.median(getattr(figures, field) for figures in results[what, name])
                for name in ("plain", "ours")
            )
            ratio = our_figure / plain_figure
            table.add_row(f"{what}, {unit}", f"{plain_figure:.2f}", f"{our_figure:.2f}", f"{ratio:.2f}")
    return table


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=1_000)
    options = parser.parse_args()
    Console(width=110).print(asyncio.run(compare(options.rounds, options.count)))


if __name__ == "__main__":
    main()
