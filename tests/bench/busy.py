"""A loopback Discord that does little itself, so that the bot is what is measured.

It sends interactions over a gateway, and times each until its answer is there.
"""

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.bench.loopback import APPLICATION, MESSAGE, USER, answer, as_json

Payload = Callable[[int], dict[str, Any]]
"""Makes the gateway's event for the n-th interaction; its id is FIRST_ID + n."""
FIRST_ID = 3_000_000
GUILDS_INTENT = 1
POLLS, POLL_SIZE = 100, 5_000
"""Open polls, and how many members vote in one before the next one has its turn: few real ones have more."""
READY = '"event": "ready"'
"""What both bots say in their log when Discord has told them everything."""
CHANNELS, ROLES = 20, 10
"""What each server has; the default intents of discord.py make a bot keep all of them."""
PATIENCE = 60.0
"""Seconds that one answer may take before a measurement is given up."""


class BusyDiscord:
    """Discord for one bot that is in so many servers."""

    def __init__(self, servers: int) -> None:
        self.servers = servers
        self.base = ""
        self._gateway = ""
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._send: Callable[[str, Any], Any] | None = None
        self._sequence = 0

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["BusyDiscord"]:
        """Listen until the block ends."""
        app = web.Application()
        app.router.add_get("/gateway", self._connect)
        app.router.add_get("/api/v10/gateway/bot", self._where)
        app.router.add_post("/api/v10/interactions/{id}/{token}/callback", self._answered)
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        self.base, self._gateway = f"http://127.0.0.1:{port}/api/v10", f"ws://127.0.0.1:{port}/gateway"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def drive(self, payload: Payload, first: int, count: int, at_once: int) -> list[float]:
        """Send `count` interactions, `at_once` at a time, each after the answer to the one before; seconds for each."""
        numbers = iter(range(first, first + count))
        took: list[float] = []

        async def member() -> None:
            for number in numbers:
                answered = self._waiting[str(FIRST_ID + number)] = asyncio.get_running_loop().create_future()
                assert self._send is not None, "the bot has not identified itself"
                start = time.perf_counter()
                await self._send("INTERACTION_CREATE", payload(number))
                await asyncio.wait_for(answered, PATIENCE)
                took.append(time.perf_counter() - start)

        await asyncio.gather(*(member() for _ in range(at_once)))
        return took

    async def _where(self, _request: web.Request) -> web.Response:
        limit = {"total": 1_000, "remaining": 1_000, "reset_after": 0, "max_concurrency": 1}
        return as_json({"url": self._gateway, "shards": 1, "session_start_limit": limit})

    async def _answered(self, request: web.Request) -> web.Response:
        sent = json.loads(await request.read())["data"]
        number = request.match_info["id"]
        self._waiting.pop(number).set_result(None)
        if not request.query.get("with_response"):
            return web.Response(status=204)
        # As Discord does, the whole message; it says more of each component than was sent.
        shown = {name: sent.get(name, MESSAGE[name]) for name in ("content", "components", "embeds", "flags")}
        resource = {"type": 4, "message": MESSAGE | shown | {"id": number}}
        said = {"id": number, "type": 2, "response_message_id": number, "response_message_ephemeral": False}
        return as_json({"interaction": said, "resource": resource})

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        packer = zlib.compressobj() if request.query.get("compress") else None

        async def send(payload: dict[str, Any]) -> None:
            text = json.dumps(payload)
            if packer is None:
                await socket.send_str(text)
            else:
                # No await in between: the compressed stream has one order.
                await socket.send_bytes(packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH))

        async def dispatch(event: str, data: Any) -> None:
            self._sequence += 1
            await send({"op": 0, "t": event, "s": self._sequence, "d": data})

        await send({"op": 10, "d": {"heartbeat_interval": 41_250}})
        async for frame in socket:
            said = json.loads(frame.data) if frame.type is WSMsgType.TEXT else {}
            if said.get("op") == 1:
                await send({"op": 11})
            elif said.get("op") == 2:
                await self._welcome(dispatch, said["d"]["intents"])
                self._send = dispatch
        return socket

    async def _welcome(self, dispatch: Callable[[str, Any], Any], intents: int) -> None:
        ready = {
            "v": 10,
            "user": USER,
            "guilds": [{"id": str(1 + number), "unavailable": True} for number in range(self.servers)],
            "session_id": "session",
            "resume_gateway_url": self._gateway,
            "shard": [0, 1],
            "application": {"id": str(APPLICATION), "flags": 0},
        }
        await dispatch("READY", ready)
        if intents & GUILDS_INTENT:
            for number in range(self.servers):
                await dispatch("GUILD_CREATE", guild(1 + number))


def guild(number: int) -> dict[str, Any]:
    """A server as the gateway tells of it: CHANNELS channels, ROLES roles, the bot as its one known member."""
    first = 10_000_000 + 1_000 * number
    everyone = {
        "name": "@everyone", "permissions": "2248473465835073", "position": 0, "color": 0, "hoist": False,
        "managed": False, "mentionable": False, "flags": 0, "colors": {"primary_color": 0},
    }  # fmt: skip
    channel: dict[str, Any] = {
        "type": 0, "topic": None, "nsfw": False, "parent_id": None, "last_message_id": None, "flags": 0,
        "rate_limit_per_user": 0, "permission_overwrites": [],
    }  # fmt: skip
    own_id = str(number)
    return {
        "id": own_id, "name": f"Film club {number}", "icon": None, "owner_id": "5", "unavailable": False,
        "afk_timeout": 300, "afk_channel_id": None, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0, "premium_tier": 0, "system_channel_flags": 0,
        "preferred_locale": "en-US", "features": [], "emojis": [], "stickers": [], "threads": [], "presences": [],
        "voice_states": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
        "member_count": 50, "large": False, "joined_at": "2026-01-01T00:00:00+00:00",
        "roles": [
            everyone | {"id": str(first + each) if each else own_id, "name": f"role {each}" if each else "@everyone"}
            for each in range(ROLES)
        ],
        "channels": [
            channel | {"id": str(first + 100 + each), "name": f"channel-{each}", "position": each}
            for each in range(CHANNELS)
        ],
        "members": [
            {
                "user": USER, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False,
                "flags": 0,
            }
        ],
    }  # fmt: skip


def event(number: int) -> dict[str, Any]:
    """What every interaction carries; each is another member's, in another channel of one of a hundred servers."""
    user = {"id": str(2_000_000 + number), "username": "member", "discriminator": "0", "avatar": None}
    permissions = "2248473465835073"
    guild_id, channel_id = str(1 + number % 100), str(7_000_000 + number)
    return {
        "id": str(FIRST_ID + number),
        "application_id": str(APPLICATION),
        "token": f"token-{number}",
        "version": 1,
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": "en-US", "features": []},
        "channel_id": channel_id,
        "channel": {
            "id": channel_id, "type": 0, "name": "film", "guild_id": guild_id, "permissions": permissions,
            "position": 0, "flags": 0, "nsfw": False, "topic": None, "parent_id": None, "rate_limit_per_user": 0,
            "last_message_id": "8",
        },
        "member": {
            "user": user, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False,
            "permissions": permissions, "flags": 0, "nick": None, "avatar": None, "pending": False,
            "premium_since": None, "communication_disabled_until": None,
        },
        "app_permissions": permissions,
        "locale": "en-US",
        "guild_locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": guild_id},
        "context": 0,
        "attachment_size_limit": 10_485_760,
    }  # fmt: skip


def ask(number: int) -> dict[str, Any]:
    """`/ending samantha`."""
    option = {"name": "topic", "type": 3, "value": "samantha"}
    return event(number) | {"type": 2, "data": {"id": "5", "name": "ending", "type": 1, "options": [option]}}


def vote(number: int) -> dict[str, Any]:
    """A press of the third button of a poll; after POLL_SIZE numbers it is the next poll."""
    poll = 1 + number // POLL_SIZE % POLLS
    rows = [
        {"type": 1, "id": row, "components": [
            {
                "type": 2, "style": 1, "label": f"Option {each}", "custom_id": f"poll:{poll}:{verb}",
                "id": 10 * row + each,
            }
            for each, verb in enumerate(verbs)
        ]}
        for row, verbs in enumerate((("vote:0", "vote:1", "vote:2", "vote:3", "vote:4"), ("mine", "withdraw", "close")))
    ]  # fmt: skip
    message = MESSAGE | {"timestamp": "2026-01-01T00:00:00+00:00", "components": rows}
    return event(number) | {
        "type": 3,
        "message": message,
        "data": {"component_type": 2, "custom_id": f"poll:{poll}:vote:2"},
    }
