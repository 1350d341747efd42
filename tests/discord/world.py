"""A simulated Discord with the real bot in it, and how tests look at what a member sees."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle
from simcord.env import Env
from simcord.results import InteractionResult

from bot.client import EndingBot
from bot.film.library import Library
from bot.limits import Pace
from bot.store.engine import open_store

NO_HURRY = Pace(uses=10_000, seconds=1.0)
"""For tests, whose members are quicker than any person."""


@dataclass
class World:
    """A server with a channel and two members. `ana` is an ordinary member, `ben` may manage messages."""

    env: Env
    bot: EndingBot
    clock: "WorldClock"
    guild: GuildHandle
    channel: ChannelHandle
    ana: MemberActor
    ben: MemberActor
    database: str

    def message(self, message_id: int) -> discord.Message:
        """A message of the channel as it is now."""
        return next(message for message in self.channel.history() if message.id == message_id)

    async def delivered(self) -> None:
        """Close what is due, and wait until Discord was told of everything, by this call or by the bot's own task."""
        for _ in range(500):
            await self.bot.closer.close_due()
            if not await self.bot.records.unsent():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the outbox does not empty")

    async def restart(self) -> None:
        """Stop the bot and start a new one on the same database and in the same Discord."""
        old = self.bot
        self.bot = await make_bot(self.clock, old.library, self.database)
        await self.env.restart_bot(self.bot)
        await old.close()


class WorldClock:
    """The simulated Discord's time; the bot needs a clock before there is a Discord."""

    env: Env

    def __call__(self) -> datetime:
        return self.env.now()


async def make_bot(
    clock: WorldClock, library: Library, database: str, reread: Callable[[], Library] | None = None
) -> EndingBot:
    """A bot on a database, for members who are never too quick."""
    bot = EndingBot(library, await open_store(database), clock=clock, shard_count=1, reread=reread)
    bot.pace = bot.presses = NO_HURRY
    return bot


@asynccontextmanager
async def open_world(
    library: Library, database: str, *, check_errors: bool = True, reread: Callable[[], Library] | None = None
) -> AsyncIterator[World]:
    """Start the bot in a server of its own."""
    clock = WorldClock()
    bot = await make_bot(clock, library, database, reread)
    env = clock.env = Env(bot, check_errors=check_errors)
    await env.start()
    guild = env.create_guild("Film club")
    channel = guild.create_text_channel("her-2013-ending")
    moderators = guild.create_role("Moderators", permissions=discord.Permissions(manage_messages=True))
    ana = guild.add_member(env.create_user("ana"))
    ben = guild.add_member(env.create_user("ben"), roles=[moderators])
    world = World(env, bot, clock, guild, channel, ana, ben, database)
    try:
        yield world
    finally:
        await env.shutdown()
        await world.bot.close()


def _parts(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _parts(component.get("components", []))


def components_of(answer: InteractionResult | discord.Message) -> list[dict[str, Any]]:
    """The components of an answer or of a message."""
    if isinstance(answer, discord.Message):
        return [dict(component.to_dict()) for component in answer.components]
    return answer.response.components if answer.response else []


def parts_of(answer: InteractionResult | discord.Message) -> Iterator[dict[str, Any]]:
    """Every component of an answer or a message, from the top."""
    yield from _parts(components_of(answer))


def shown(answer: InteractionResult | discord.Message) -> str:
    """All text that a member sees in an answer or a message, from the top."""
    content = answer.content if isinstance(answer, discord.Message) else answer.response and answer.response.content
    texts = [part["content"] for part in _parts(components_of(answer)) if "content" in part]
    return "\n".join([content or "", *texts])


def labels(answer: InteractionResult | discord.Message) -> list[str]:
    """The labels of the buttons."""
    return [part["label"] for part in _parts(components_of(answer)) if part.get("type") == 2]


def pictures(answer: InteractionResult | discord.Message) -> list[dict[str, Any]]:
    """The pictures of galleries, with their descriptions."""
    return [item for part in _parts(components_of(answer)) if part.get("type") == 12 for item in part["items"]]
