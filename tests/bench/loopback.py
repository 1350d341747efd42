"""Just enough of Discord's REST interface, in a process of its own, for a bot to log in and to answer interactions."""

import asyncio
import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import discord
from aiohttp import web

APPLICATION = 1_000_000_000_000_000_001
USER: dict[str, Any] = {"id": str(APPLICATION), "username": "bench", "discriminator": "0", "avatar": None, "bot": True}

INFO: dict[str, Any] = {
    "id": str(APPLICATION),
    "name": "bench",
    "description": "",
    "icon": None,
    "rpc_origins": [],
    "bot_public": True,
    "bot_require_code_grant": False,
    "owner": USER,
    "verify_key": "",
    "flags": 0,
}


MESSAGE: dict[str, Any] = {
    "id": "9", "channel_id": "7", "author": USER, "content": "", "timestamp": "2026-01-01T00:00:00+00:00",
    "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
    "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0, "components": [],
}  # fmt: skip


def as_json(data: object) -> web.Response:
    """A response as discord.py wants it: it reads JSON only under exactly this type."""
    return web.Response(body=json.dumps(data).encode(), headers={"Content-Type": "application/json"})


async def answer(request: web.Request) -> web.Response:
    """Answer every route with the little that discord.py reads of it."""
    await request.read()
    if request.path.endswith("/users/@me"):
        return as_json(USER)
    if request.path.endswith("/applications/@me"):
        return as_json(INFO)
    if request.path.endswith("/commands"):
        return as_json([])
    if request.path.endswith("/callback"):
        interaction = {"id": request.path.split("/")[-3], "type": 2}
        return as_json({"interaction": interaction, "resource": {"type": 4}})
    return as_json(MESSAGE)


async def refuse_token(_request: web.Request) -> web.Response:
    """Answer as Discord does to a token it does not know."""
    response = as_json({"message": "401: Unauthorized", "code": 0})
    response.set_status(401)
    return response


def _serve(ready: Connection, refuse: bool) -> None:
    async def run() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", refuse_token if refuse else answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def loopback_discord(*, refuse: bool = False) -> Iterator[None]:
    """Send discord.py's requests to a server on this computer until the block ends; it can refuse the token."""
    here, there = multiprocessing.Pipe()
    # "spawn": a forked copy of a process with a running loop would share its sockets.
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, refuse), daemon=True)
    server.start()
    before = discord.http.Route.BASE
    try:
        if not here.poll(20):
            raise RuntimeError("the loopback server did not start")
        discord.http.Route.BASE = f"http://127.0.0.1:{here.recv()}/api/v10"
        yield
    finally:
        discord.http.Route.BASE = before
        server.terminate()
        server.join()
