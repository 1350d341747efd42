"""What the loopback Discord holds: members, messages with all their versions, and interactions with their answers."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import discord

Json = dict[str, Any]
T = TypeVar("T")

APPLICATION = 1_000_000_000_000_000_001
BOT_USER: Json = {"id": str(APPLICATION), "username": "ending", "discriminator": "0", "avatar": None, "bot": True}
PERMISSIONS = discord.Permissions(view_channel=True, send_messages=True, attach_files=True).value
FIRST_SERVER = 50_000_000_000
"""Milliseconds of Discord's time, which its ids hold, at which the first server was made."""
EPHEMERAL = 1 << 6
LOADING = 1 << 7
PATIENCE = 3.0
"""Seconds that Discord waits for an interaction's first answer."""

_counter = itertools.count()


def snowflake() -> int:
    """A new id that holds the present time, as Discord's ids do."""
    return ((int(time.time() * 1000) - discord.utils.DISCORD_EPOCH) << 22) | (next(_counter) & 0x3FFFFF)


class Watch:
    """Lets tests await what happens in the world, instead of sleeping."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def stir(self) -> None:
        """Say that something happened."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, happened: Callable[[], T | None], seconds: float = 15.0) -> T:
        """Wait until something is so, and return it.

        Raises:
            TimeoutError: it never was.
        """
        async with asyncio.timeout(seconds):
            while not (result := happened()):
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                await future
        return result


def texts(parts: list[Json]) -> Iterator[str]:
    """All texts among components, from the top."""
    for part in parts:
        if "content" in part:
            yield part["content"]
        yield from texts(part.get("components", []))


def text_of(body: Json) -> str:
    """All that a member reads in a message."""
    return "\n".join([body.get("content") or "", *texts(body.get("components") or [])])


def buttons(parts: list[Json]) -> Iterator[Json]:
    """All buttons among components, from the top."""
    for part in parts:
        if part.get("type") == 2:
            yield part
        yield from buttons(part.get("components", []))


@dataclass(slots=True)
class Message:
    """A message of the bot, as it is now, and every version it has had."""

    id: int
    channel_id: int
    body: Json
    nonce: str | None = None
    deleted: bool = False
    versions: list[Json] = field(default_factory=list)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def edit(self, changes: Json) -> None:
        """Show something else."""
        self.body = {**self.body, **changes}
        self.versions.append(self.body)

    @property
    def text(self) -> str:
        """All that a member reads in it."""
        return text_of(self.body)

    @property
    def texts(self) -> list[str]:
        """All that could be read in it, version by version."""
        return [text_of(version) for version in self.versions]

    def custom_id(self, label: str) -> str:
        """What the button with this label stands for."""
        return next(
            str(button["custom_id"])
            for button in buttons(self.body.get("components") or [])
            if label in str(button.get("label"))
        )

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons."""
        return [str(button.get("label")) for button in buttons(self.body.get("components") or [])]

    def as_json(self) -> Json:
        """The message as Discord sends it."""
        return {
            "type": 0,
            "content": "",
            "components": [],
            "attachments": [],
            "flags": 0,
            **self.body,
            "id": str(self.id),
            "channel_id": str(self.channel_id),
            "author": BOT_USER,
            "timestamp": self.created,
            "edited_timestamp": None,
            "embeds": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
        }


@dataclass(slots=True, eq=False)
class Interaction:
    """A command or a press, and what the bot made of it."""

    data: Json
    member: int
    source: Message | None = None
    sent: float = field(default_factory=time.monotonic)
    patience: float = PATIENCE
    callback: Json | None = None
    answered: float | None = None
    told: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    abandoned: bool = False
    original: Message | None = None

    @property
    def id(self) -> int:
        return int(self.data["id"])

    @property
    def late(self) -> bool:
        """Whether Discord has given up waiting for its first answer."""
        return self.abandoned or (self.callback is None and time.monotonic() - self.sent > self.patience)

    def tell(self, message: Message) -> None:
        """Show the member a message."""
        if not self.told.done():
            self.told.set_result(message)


class World:
    """Everything that outlives the bot's process."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self.watch = Watch()
        self.messages: dict[int, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: list[Json] = []
        self.permissions = PERMISSIONS
        self.patience = PATIENCE
        self.max_concurrency = 1
        self.listed_servers = 0
        """The servers of each shard that the gateway lists when a session starts."""
        self.servers: dict[int, tuple[str, int]] = {}
        """The servers that the bot is in, with their names and its permissions."""

    def guild(self, shard: int = 0, number: int = 0) -> int:
        """A server whose events come over a shard."""
        first = FIRST_SERVER - FIRST_SERVER % self.shards
        return (first + number * self.shards + shard) << 22

    def listed(self, shard: int) -> list[Json]:
        """The servers of a shard as a session that starts is told of them."""
        return [{"id": str(self.guild(shard, number)), "unavailable": True} for number in range(self.listed_servers)]

    def post(self, channel_id: int, body: Json, nonce: str | None = None) -> tuple[Message, bool]:
        """Post a message; with a nonce that is known in the channel, return that one. True if it is new."""
        if nonce is not None:
            for message in self.messages.values():
                if (message.channel_id, message.nonce) == (channel_id, nonce):
                    return message, False
        message = Message(snowflake(), channel_id, {}, nonce)
        message.edit(body)
        self.messages[message.id] = message
        return message, True

    def shown(self, channel_id: int) -> list[Message]:
        """The messages that everybody sees in a channel."""
        return [
            message
            for message in self.messages.values()
            if message.channel_id == channel_id and not message.deleted and not message.body.get("flags", 0) & EPHEMERAL
        ]

    def slash(
        self, name: str, member: int, channel_id: int, shard: int = 0, server: int = 0, **options: str
    ) -> Interaction:
        """A member uses a command, in one of the servers of a shard."""
        command = next((command for command in self.commands if command["name"] == name), {"id": "1"})
        given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        data = {"id": command["id"], "name": name, "type": 1, "options": given}
        return self._interaction(2, data, member, channel_id, self.guild(shard, server))

    def press(self, message: Message, custom_id: str, member: int, shard: int = 0, server: int = 0) -> Interaction:
        """A member presses a button of a message."""
        data = {"custom_id": custom_id, "component_type": 2, "id": 1}
        interaction = self._interaction(3, data, member, message.channel_id, self.guild(shard, server))
        interaction.data["message"] = message.as_json()
        interaction.source = message
        return interaction

    def _interaction(self, kind: int, data: Json, member: int, channel_id: int, guild_id: int) -> Interaction:
        token = f"token-{snowflake()}"
        guild = {"id": str(guild_id), "locale": "en-US", "features": []}
        body: Json = {
            "id": str(snowflake()),
            "application_id": str(APPLICATION),
            "type": kind,
            "data": data,
            "guild": guild,
            "guild_id": guild["id"],
            "channel_id": str(channel_id),
            "channel": {"id": str(channel_id), "type": 0, "guild_id": guild["id"], "name": "films", "position": 0},
            "member": _member(member),
            "token": token,
            "version": 1,
            "app_permissions": str(self.permissions),
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": guild["id"]},
            "context": 0,
            "attachment_size_limit": 10_485_760,
        }
        interaction = Interaction(body, member, patience=self.patience)
        self.interactions[token] = interaction
        return interaction


def _member(user_id: int) -> Json:
    user = {"id": str(user_id), "username": f"m{user_id}", "discriminator": "0", "avatar": None, "global_name": None}
    return {
        "user": user,
        "roles": [],
        "joined_at": "2024-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "nick": None,
        "avatar": None,
        "permissions": str(PERMISSIONS),
    }
