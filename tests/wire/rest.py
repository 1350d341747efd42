"""The REST interface of the loopback Discord: as much as the program uses, with the errors that Discord gives."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from tests.wire.faults import (
    ALREADY_ANSWERED,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    Faults,
    RateLimits,
    as_json,
    rate_limited,
    refusal,
)
from tests.wire.gateway import Gateway
from tests.wire.world import APPLICATION, BOT_USER, EPHEMERAL, LOADING, Interaction, Json, Message, World, snowflake

PREFIX = "/api/v10"
MESSAGE_ANSWER, DEFERRED, DEFERRED_UPDATE, UPDATE = 4, 5, 6, 7
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in, and the status it got."""

    method: str
    path: str
    status: int


class Rest:
    """The routes. `seen` records every request but the answers to interactions, which stand in the interactions."""

    def __init__(self, world: World, gateway: Gateway, token: str, limits: RateLimits) -> None:
        self._world = world
        self._gateway = gateway
        self._token = token
        self.faults = Faults()
        self.limits = limits
        self.seen: list[Seen] = []
        self.ahead = 0.0
        """Seconds that Discord's clock is ahead of this computer's."""

    def app(self) -> web.Application:
        """The server's routes."""

        @web.middleware
        async def police(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._police(request, handler)

        app = web.Application(middlewares=[police], client_max_size=30_000_000)
        route = app.router.add_route
        route("GET", f"{PREFIX}/gateway", self._address)
        route("GET", f"{PREFIX}/gateway/bot", self._bot_address)
        route("GET", f"{PREFIX}/users/@me", self._me)
        route("GET", f"{PREFIX}/applications/@me", self._application)
        route("GET", f"{PREFIX}/oauth2/applications/@me", self._application)
        route("PUT", f"{PREFIX}/applications/{{app}}/commands", self._commands)
        route("GET", f"{PREFIX}/applications/{{app}}/commands", self._get_commands)
        route("GET", f"{PREFIX}/users/@me/guilds", self._guilds)
        route("POST", f"{PREFIX}/interactions/{{id}}/{{token}}/callback", self._callback)
        route("POST", f"{PREFIX}/webhooks/{{app}}/{{token}}", self._follow_up)
        route("PATCH", f"{PREFIX}/webhooks/{{app}}/{{token}}/messages/@original", self._edit_original)
        route("GET", f"{PREFIX}/webhooks/{{app}}/{{token}}/messages/@original", self._get_original)
        route("POST", f"{PREFIX}/channels/{{channel}}/messages", self._post)
        route("GET", f"{PREFIX}/channels/{{channel}}/messages/{{message}}", self._get)
        route("PATCH", f"{PREFIX}/channels/{{channel}}/messages/{{message}}", self._edit)
        route("GET", "/gateway", self._gateway.connect)
        return app

    async def _police(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse strangers, count rate limits and let planned faults happen, before the route is reached."""
        path = request.path.removeprefix(PREFIX)
        if path == request.path:
            return await handler(request)
        response = await self._answer(request, handler, path)
        if not path.startswith("/interactions/"):
            self.seen.append(Seen(request.method, path, response.status))
        self._world.watch.stir()
        return response

    async def _answer(self, request: web.Request, handler: Handler, path: str) -> web.StreamResponse:
        by_token = path.startswith(("/interactions/", "/webhooks/"))
        if not by_token and request.headers.get("Authorization") != f"Bot {self._token}":
            return refusal(401, 0, "401: Unauthorized")
        if fault := self.faults.take(request.method, path):
            self._world.watch.stir()
            if (response := await fault.meet(request)) is not None:
                return response
        headers, wait = self.limits.count(request.method, path)
        answer = rate_limited(wait) if wait else await handler(request)
        answer.headers.update(headers)
        if self.ahead:
            answer.headers["Date"] = formatdate(time.time() + self.ahead, usegmt=True)
        return answer

    async def _address(self, _request: web.Request) -> web.Response:
        return as_json({"url": self._gateway.address})

    async def _bot_address(self, _request: web.Request) -> web.Response:
        side_by_side = self._world.max_concurrency
        limit = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": side_by_side}
        return as_json({"url": self._gateway.address, "shards": self._world.shards, "session_start_limit": limit})

    async def _me(self, _request: web.Request) -> web.Response:
        return as_json(BOT_USER)

    async def _application(self, _request: web.Request) -> web.Response:
        return as_json(
            {
                "id": str(APPLICATION),
                "name": "ending",
                "description": "",
                "icon": None,
                "rpc_origins": [],
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": BOT_USER,
                "verify_key": "",
                "flags": 0,
            }
        )

    async def _commands(self, request: web.Request) -> web.Response:
        # A menu is sent without a description, and comes back with an empty one.
        extra = {
            "application_id": str(APPLICATION),
            "version": "1",
            "default_member_permissions": None,
            "description": "",
        }
        commands = await request.json()
        self._world.commands = [{**extra, **command, "id": str(snowflake())} for command in commands]
        return as_json(self._world.commands)

    async def _get_commands(self, _request: web.Request) -> web.Response:
        return as_json(self._world.commands)

    async def _guilds(self, request: web.Request) -> web.Response:
        after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", "200"))
        servers = sorted(server for server in self._world.servers.items() if server[0] > after)[:limit]
        return as_json(
            [
                {"id": str(server_id), "name": name, "permissions": str(permissions)}
                for server_id, (name, permissions) in servers
            ]
        )

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        body, files = await read_body(request)
        if interaction is None or interaction.late:
            return refusal(404, UNKNOWN_INTERACTION, "Unknown interaction")
        if interaction.callback is not None:
            return refusal(400, ALREADY_ANSWERED, "Interaction has already been acknowledged.")
        interaction.callback, interaction.answered = body, time.monotonic()
        message = self._first_answer(interaction, body["type"], with_files(body.get("data") or {}, files))
        about: Json = {"id": str(interaction.id), "type": interaction.data["type"]}
        resource: Json = {"type": body["type"]}
        if message is not None:
            flags = message.body.get("flags", 0)
            about["response_message_id"] = str(message.id)
            about["response_message_ephemeral"] = bool(flags & EPHEMERAL)
            about["response_message_loading"] = bool(flags & LOADING)
            resource["message"] = message.as_json()
        if request.query.get("with_response") not in {"true", "True", "1"}:
            return web.Response(status=204)
        return as_json({"interaction": about, "resource": resource})

    def _first_answer(self, interaction: Interaction, kind: int, data: Json) -> Message | None:
        if kind in {MESSAGE_ANSWER, DEFERRED}:
            channel_id = int(interaction.data["channel_id"])
            if kind == DEFERRED:
                data = {"flags": data.get("flags", 0) | LOADING}
            if data.get("flags", 0) & EPHEMERAL:
                # Seen by one member alone, so it is no part of the channel.
                interaction.original = Message(snowflake(), channel_id, data)
            else:
                interaction.original, _ = self._world.post(channel_id, data)
            if kind == MESSAGE_ANSWER:
                interaction.tell(interaction.original)
        elif kind in {DEFERRED_UPDATE, UPDATE}:
            interaction.original = interaction.source
            if interaction.source is not None and kind == UPDATE:
                interaction.source.edit(data)
                interaction.tell(interaction.source)
        return interaction.original

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        body, files = await read_body(request)
        if interaction is None or interaction.callback is None:
            return refusal(404, 10015, "Unknown Webhook")
        data = with_files(body, files)
        waiting = interaction.original
        if waiting is not None and waiting.body.get("flags", 0) & LOADING:
            # The first follow-up takes the place of "thinking", and stays as private as that was.
            private = waiting.body["flags"] & EPHEMERAL
            waiting.edit({**data, "flags": (data.get("flags", 0) & ~EPHEMERAL) | private})
            message = waiting
        elif data.get("flags", 0) & EPHEMERAL:
            message = Message(snowflake(), int(interaction.data["channel_id"]), data)
        else:
            message, _ = self._world.post(int(interaction.data["channel_id"]), data)
        interaction.tell(message)
        return as_json(message.as_json())

    async def _edit_original(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        body, files = await read_body(request)
        if interaction is None or interaction.original is None:
            return refusal(404, UNKNOWN_MESSAGE, "Unknown Message")
        interaction.original.edit(with_files(body, files))
        interaction.tell(interaction.original)
        return as_json(interaction.original.as_json())

    async def _get_original(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None or interaction.original is None:
            return refusal(404, UNKNOWN_MESSAGE, "Unknown Message")
        return as_json(interaction.original.as_json())

    async def _post(self, request: web.Request) -> web.Response:
        body, files = await read_body(request)
        nonce = body.pop("nonce", None)
        unique = nonce if body.pop("enforce_nonce", False) else None
        message, _ = self._world.post(int(request.match_info["channel"]), with_files(body, files), unique)
        return as_json(message.as_json())

    def _message(self, request: web.Request) -> Message | None:
        message = self._world.messages.get(int(request.match_info["message"]))
        there = message and not message.deleted and message.channel_id == int(request.match_info["channel"])
        return message if there else None

    async def _get(self, request: web.Request) -> web.Response:
        message = self._message(request)
        return as_json(message.as_json()) if message else refusal(404, UNKNOWN_MESSAGE, "Unknown Message")

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        body, files = await read_body(request)
        if message is None:
            return refusal(404, UNKNOWN_MESSAGE, "Unknown Message")
        message.edit(with_files(body, files))
        return as_json(message.as_json())


async def read_body(request: web.Request) -> tuple[Json, list[str]]:
    """The JSON of a request, and the names of the files that came with it."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        return (json.loads(raw) if raw else {}), []
    form = await request.post()
    names = [part.filename for key, part in form.items() if key != "payload_json" and isinstance(part, web.FileField)]
    return json.loads(str(form["payload_json"])), names


def with_files(body: Json, files: list[str]) -> Json:
    """A body whose uploads have become attachments with addresses."""
    if not files:
        return body
    attachments: list[dict[str, Any]] = [
        {
            "id": str(snowflake()),
            "filename": name,
            "size": 1,
            "url": f"https://cdn.invalid/{name}",
            "proxy_url": f"https://cdn.invalid/{name}",
        }
        for name in files
    ]
    return {**body, "attachments": attachments}
