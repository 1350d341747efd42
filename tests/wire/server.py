"""The loopback Discord as one thing: started, asked for its address, and used by members."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.wire.faults import RateLimits
from tests.wire.gateway import Gateway
from tests.wire.rest import PREFIX, Rest
from tests.wire.world import Interaction, Message, World

TOKEN = "wire.token"


class WireDiscord:
    """Discord on this computer. Members act with `slash` and `press`; `gateway` and `faults` make trouble.

    With `also` it is that Discord at another address, for a second process: so a test can tell the two apart.
    """

    def __init__(self, shards: int = 1, heartbeat_ms: int = 41_250, also: "WireDiscord | None" = None) -> None:
        self.world: World = also.world if also else World(shards)
        self.watch = self.world.watch
        self.gateway = Gateway(self.world, TOKEN, heartbeat_ms)
        self.rest: Rest = Rest(self.world, self.gateway, TOKEN, also.rest.limits if also else RateLimits())
        self.faults = self.rest.faults
        self.base = ""

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        runner = web.AppRunner(self.rest.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{port}{PREFIX}"
        self.gateway.address = f"ws://127.0.0.1:{port}/gateway"
        return runner

    async def deliver(self, interaction: Interaction) -> Interaction:
        """Send an interaction to the bot: once for each call, so that it can come twice."""
        shard = (int(interaction.data["guild_id"]) >> 22) % self.world.shards
        await self.gateway.sessions[shard].dispatch("INTERACTION_CREATE", interaction.data)
        return interaction

    async def slash(self, name: str, *, member: int, channel: int, shard: int = 0, **options: str) -> Message:
        """A member uses a command; returns what they are told."""
        sent = await self.deliver(self.world.slash(name, member, channel, shard, 0, **options))
        return await self.told(sent)

    async def press(self, message: Message, label: str, *, member: int, shard: int = 0) -> Message:
        """A member presses the button with this label; returns what they are told."""
        return await self.told(await self.send_press(message, label, member=member, shard=shard))

    async def send_press(self, message: Message, label: str, *, member: int, shard: int = 0) -> Interaction:
        """A member presses a button; returns at once."""
        return await self.deliver(self.world.press(message, message.custom_id(label), member, shard))

    async def told(self, interaction: Interaction, seconds: float = 15.0) -> Message:
        """What a member is told at last.

        Raises:
            TimeoutError: nothing.
        """
        return await self.watch.until(lambda: interaction.told.result() if interaction.told.done() else None, seconds)


@asynccontextmanager
async def wire_discord(
    shards: int = 1, heartbeat_ms: int = 41_250, also: WireDiscord | None = None
) -> AsyncIterator[WireDiscord]:
    """A loopback Discord until the block ends."""
    discord = WireDiscord(shards, heartbeat_ms, also)
    runner = await discord.start()
    try:
        yield discord
    finally:
        await runner.cleanup()
