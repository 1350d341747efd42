"""The loopback gateway: sessions with numbered events, heartbeats, resuming with replay, compression, shards."""

import asyncio
import json
import time
import zlib
from collections import deque
from collections.abc import Iterable
from typing import Any, cast

from aiohttp import WSMsgType, web

from tests.wire.world import APPLICATION, BOT_USER, Json, World, snowflake

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 0, 1, 2, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
REPLAY = 5_000
"""Events that a session keeps for a connection that comes back."""


class Connection:
    """One socket of the bot."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        compression = request.query.get("compress")
        if compression not in {None, "zlib-stream"}:
            raise web.HTTPNotImplemented(text=f"the loopback gateway can't compress as {compression}")
        self._compressor = zlib.compressobj() if compression else None
        # The compressed stream has one order, whoever sends.
        self._turn = asyncio.Lock()

    async def send(self, payload: Json) -> None:
        """Send a payload; one that is lost with the connection is for the session to send again."""
        text = json.dumps(payload)
        async with self._turn:
            try:
                if self._compressor is None:
                    await self._socket.send_str(text)
                else:
                    packed = self._compressor.compress(text.encode()) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(packed)
            except (ConnectionError, RuntimeError):
                self.cut()

    async def close(self, code: int) -> None:
        """End the connection with a reason."""
        await self._socket.close(code=code)

    def freeze(self) -> None:
        """Hear nothing more of what the bot sends, and leave the connection open, as a dead host does."""
        if self._request.transport is not None:
            cast("asyncio.ReadTransport", self._request.transport).pause_reading()

    def cut(self) -> None:
        """End the connection as a broken network does, without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Session:
    """What the gateway remembers of one shard of a bot that has identified itself."""

    def __init__(self, shard: int, connection: Connection) -> None:
        self.id = f"session-{snowflake()}"
        self.shard = shard
        self.connection: Connection | None = connection
        self.sequence = 0
        self._sent: deque[Json] = deque(maxlen=REPLAY)

    async def dispatch(self, event: str, data: Json) -> None:
        """Send an event now, or when the bot resumes."""
        self.sequence += 1
        payload = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        self._sent.append(payload)
        if self.connection is not None:
            await self.connection.send(payload)

    async def replay(self, after: int) -> None:
        """Send what was missed."""
        for payload in [payload for payload in self._sent if payload["s"] > after]:
            if self.connection is not None:
                await self.connection.send(payload)


class Gateway:
    """The gateway of the loopback Discord. `log` holds what happened, such as ("RESUME", 0) for shard 0."""

    def __init__(self, world: World, token: str, heartbeat_ms: int = 41_250) -> None:
        self._world = world
        self._token = token
        self.heartbeat_ms = heartbeat_ms
        self.address = ""
        self.log: list[tuple[str, int]] = []
        self.identified: list[tuple[float, int]] = []
        """When which shard has started a session, in seconds of a clock of its own."""
        self.sessions: dict[int, Session] = {}
        """The newest session of each shard."""
        self.shut = False
        """Whether connections are refused."""
        self.silent = False
        """Whether connections are taken without a word."""

    def count(self, what: str) -> int:
        """How often something has happened."""
        return sum(1 for name, _ in self.log if name == what)

    def reaches(self, shards: Iterable[int]) -> bool:
        """Whether these shards can be reached."""
        return all(shard in self.sessions and self.sessions[shard].connection for shard in shards)

    @property
    def connected(self) -> bool:
        """Whether every shard can be reached."""
        return self.reaches(range(self._world.shards))

    @property
    def deserted(self) -> bool:
        """Whether no shard can be reached."""
        return not any(session.connection for session in self.sessions.values())

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        if self.shut:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket, request)
        if self.silent:
            connection.freeze()
            self._note("SILENCE", None)
            await asyncio.Event().wait()
        await connection.send({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_ms}})
        session: Session | None = None
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                payload = json.loads(frame.data)
                if payload["op"] == HEARTBEAT:
                    self._note("HEARTBEAT", session)
                    await connection.send({"op": HEARTBEAT_ACK})
                elif payload["op"] == IDENTIFY:
                    session = await self._identify(connection, payload["d"])
                elif payload["op"] == RESUME:
                    session = await self._resume(connection, payload["d"]) or session
        finally:
            if session is not None and session.connection is connection:
                session.connection = None
            self._world.watch.stir()
        return socket

    async def _identify(self, connection: Connection, data: Json) -> Session | None:
        if data["token"] != self._token:
            await connection.close(4004)
            return None
        shard, count = data.get("shard", [0, 1])
        self.identified.append((time.monotonic(), shard))
        session = Session(shard, connection)
        ready: dict[str, Any] = {
            "v": 10,
            "user": BOT_USER,
            "guilds": self._world.listed(shard),
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": [shard, count],
            "application": {"id": str(APPLICATION), "flags": 0},
        }
        await session.dispatch("READY", ready)
        self.sessions[shard] = session
        self._note("IDENTIFY", session)
        return session

    async def _resume(self, connection: Connection, data: Json) -> Session | None:
        session = next((each for each in self.sessions.values() if each.id == data["session_id"]), None)
        if session is None or data["token"] != self._token:
            await connection.send({"op": INVALID_SESSION, "d": False})
            return None
        if session.connection is not None:
            session.connection.cut()
        session.connection = connection
        await session.replay(data["seq"])
        await session.dispatch("RESUMED", {})
        self._note("RESUME", session)
        return session

    def _note(self, what: str, session: Session | None) -> None:
        self.log.append((what, session.shard if session else -1))
        self._world.watch.stir()

    async def ask_to_reconnect(self, shard: int = 0) -> None:
        """Tell a shard to come back over another connection, as Discord does before maintenance."""
        if connection := self.sessions[shard].connection:
            await connection.send({"op": RECONNECT, "d": None})

    async def invalidate(self, shard: int = 0) -> None:
        """Forget a shard's session, and tell it so."""
        session = self.sessions.pop(shard)
        if session.connection:
            await session.connection.send({"op": INVALID_SESSION, "d": False})

    def freeze(self, shard: int = 0) -> None:
        """Hear nothing more of a shard, but leave its connection open."""
        if connection := self.sessions[shard].connection:
            connection.freeze()

    def cut(self, shard: int = 0) -> None:
        """Break a shard's connection; its session goes on."""
        session = self.sessions[shard]
        if session.connection:
            session.connection.cut()
            session.connection = None
