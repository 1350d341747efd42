"""The page: a server with one channel and two members, and the real bot on a real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from discord import InteractionResponseType, MessageFlags
from simcord import SetupError
from simcord.env import Env
from simcord.preview import Preview
from simcord.types import HttpLogEntry

from bot.client import EndingBot
from bot.film.library import Library
from bot.polls.cards import open_card
from bot.preview.turns import Turns
from bot.store.engine import Store

BOT_NAME = "Ending Bot"
MEMBERS = ("Viewer One", "Viewer Two")
TOPIC = "Type /ending, /quote or /poll below, pick a completion and press Send."
"""Stands above the channel, which is empty at first."""
TICK = 0.5
"""Seconds between two looks at what the bot did by itself."""


@asynccontextmanager
async def open_page(
    library: Library, store: Store, port: int = 0, *, understanding: bool = False
) -> AsyncIterator[Preview]:
    """Start the bot in a simulated server and serve the page on the loopback address until the block ends.

    Raises:
        simcord.SetupError: the port is taken.
    """
    bot: EndingBot
    world: Env

    def now() -> datetime:
        return world.now()

    bot = EndingBot(library, store, clock=now, understanding=understanding, shard_count=1)
    world = Env(bot, check_errors=False)
    world.backend.bot_user.name = BOT_NAME
    # Before the clock is set: so ids are the same at every start, and a kept database finds its channel and voters.
    guild = world.create_guild("Film club")
    channel = guild.create_text_channel(library.default.film.channel, topic=TOPIC)
    members = [
        guild.add_member(world.create_user(name.lower().replace(" ", "-"), global_name=name)) for name in MEMBERS
    ]
    _set_clock(world)
    await world.start()
    try:
        await _show_kept_poll(bot, channel.id)
        seen = len(world.http_requests)
        async with world.preview(channel, viewers=members, layout="channel", port=port) as page:
            ticking = asyncio.create_task(_keep_current(world, Turns(page), seen))
            try:
                yield page
            finally:
                ticking.cancel()
                await asyncio.gather(ticking, return_exceptions=True)
    finally:
        await world.shutdown()
        await bot.close()


def _set_clock(world: Env) -> None:
    """Move the simulated clock, which only stands and jumps, to the real time."""
    world.backend.advance_clock(max(0.0, (datetime.now(UTC) - world.now()).total_seconds()))


async def _show_kept_poll(bot: EndingBot, channel_id: int) -> None:
    """Post the open poll that the database kept, since the simulated channel begins empty.

    A poll that is overdue is left to the closer, which posts its result.
    """
    standing = await bot.records.open_in(channel_id, bot.library.default.film.id)
    if standing is None or standing.poll.closes_at <= bot.clock():
        return
    message = await bot.get_partial_messageable(channel_id).send(view=open_card(standing))
    await bot.records.posted(standing.poll.id, message.id)
    # Should it have closed in this moment, its message shows the result.
    await bot.board.refresh(standing.poll.id)


async def _keep_current(world: Env, turns: Turns, seen: int) -> None:
    """Keep the clock going, and publish what the bot does by itself, such as closing a poll.

    `seen` is how many of the bot's requests the page shows already.
    """
    while True:
        await asyncio.sleep(TICK)
        _set_clock(world)
        done = len(world.http_requests)
        # Only where needed: what a member does on a state that a refresh has just replaced, the page refuses.
        if any(_changes_channel(request) for request in world.http_requests[seen:done]):
            try:
                await turns.refresh()
            except (SetupError, TimeoutError):
                # Somebody is just using the page; the next look comes soon.
                continue
        seen = done


def _changes_channel(request: HttpLogEntry) -> bool:
    """Whether other members see a difference. Completions and private answers reach the one who asked without this."""
    if request.method == "GET":
        return False
    sent = request.json if isinstance(request.json, dict) else {}
    data = sent.get("data") or {}
    is_completion = sent.get("type") == InteractionResponseType.autocomplete_result.value
    return not is_completion and not data.get("flags", 0) & MessageFlags.ephemeral.flag
