"""Everything that reaches into discord.py beyond its public interface. `tests/test_discord_internals.py` guards it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol, cast

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.webhook.async_ import async_context

from bot.courier import Courier


def use_api_base(base: str) -> None:
    """Send every REST request, those of webhooks too, to this address instead of Discord's."""
    discord.http.Route.BASE = base


async def use_gateway_of_api(client: discord.Client) -> None:
    """Connect only to the gateway that the REST interface names.

    discord.py takes that address for the first connection alone; after an invalid session it would go to Discord's own,
    and hand the token to a server that nobody configured.

    Raises:
        discord.GatewayNotFound: the REST interface names none.
    """
    _, address, _ = await client.http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(address)


REFUSED, TOO_MANY, BROKEN = 400, 429, 500
"""Answers of Discord: from the first on it refuses, by the second it wants to wait, and from the third on it is ill."""
_AS_JSON = {"Content-Type": "application/json"}


class HasCourier(Protocol):
    """The client, as far as answers are concerned."""

    courier: Courier


async def respond(interaction: discord.Interaction, body: bytes) -> bool:
    """Answer an interaction by a new message, with a body that is ready to be sent.

    The library would build a request, a callback and a message object around it, and keep the view; and it asks Discord
    for the whole message, which is larger than the answer. Returns False where nothing was answered and the library has
    to: it keeps its state elsewhere than in the version that was tried, or Discord is busy.

    Raises:
        discord.HTTPException: Discord refuses the answer.
        aiohttp.ClientError: Discord can't be reached.
    """
    http = interaction.client.http
    courier = cast("HasCourier", interaction.client).courier
    address = f"{discord.http.Route.BASE}/interactions/{interaction.id}/{interaction.token}/callback"
    if courier.session is None or not hasattr(interaction.response, "_response_type"):
        return False
    try:
        async with courier.session.post(
            yarl.URL(address, encoded=True),
            data=body,
            headers=_AS_JSON,
            proxy=http.proxy,
            proxy_auth=http.proxy_auth,
        ) as response:
            courier.tell(response)
            if response.status == TOO_MANY or response.status >= BROKEN:
                return False
            if response.status >= REFUSED:
                said = await response.read()
                errors = {403: discord.Forbidden, 404: discord.NotFound}
                is_json = response.content_type == "application/json"
                told = json.loads(said) if is_json else said.decode(errors="replace")
                raise errors.get(response.status, discord.HTTPException)(response, told)
    except aiohttp.ClientError:
        courier.tell(None)
        raise
    interaction.response._response_type = discord.InteractionResponseType.channel_message
    return True


async def public_answer(client: discord.Client, token: str) -> int | None:
    """The id of the message that answered an interaction; None if it is gone, or was shown to one member alone.

    Raises:
        discord.HTTPException: Discord does not say.
    """
    http = client.http
    if not hasattr(http, "_HTTPClient__session"):
        return None
    session = cast("aiohttp.ClientSession", http._HTTPClient__session)
    try:
        # The library asks so too, but only for an interaction that one has kept.
        message = await async_context.get().get_original_interaction_response(
            client.application_id or 0, token, session=session, proxy=http.proxy, proxy_auth=http.proxy_auth
        )
    except discord.NotFound:
        return None
    private = discord.MessageFlags._from_value(message.get("flags", 0)).ephemeral
    return None if private else int(message["id"])


def commands_under_way() -> frozenset[asyncio.Task[Any]]:
    """The tasks in which commands and forms are answered just now, so that the end can wait for them.

    With a discord.py that names its tasks otherwise there are none, and the end waits for buttons alone.
    """
    return frozenset(
        task
        for task in asyncio.all_tasks()
        if task.get_name() == "CommandTree-invoker" or task.get_name().startswith("discord-ui-modal-dispatch-")
    )


class HideableOption:
    """An optional option of a command, to be hidden and shown again, where the library offers no switch for it.

    With a discord.py that keeps its parameters elsewhere the option simply stays visible.
    """

    def __init__(self, command: app_commands.Command[Any, ..., Any], name: str) -> None:
        self._command = command
        self._name = name
        self._parameters = getattr(command, "_params", None)

    def show(self, shown: bool) -> None:
        """Show the option among the others, or hide it."""
        if isinstance(self._parameters, dict):
            # A new dictionary: copies of a command share theirs.
            self._command._params = {
                key: value for key, value in self._parameters.items() if shown or key != self._name
            }


async def raw_channel(client: discord.Client, channel_id: int) -> Mapping[str, Any]:
    """A channel as Discord describes it. The library's own channels leave out flags that it does not know.

    Raises:
        discord.HTTPException: the channel is not there, or not to be seen.
    """
    return cast("Mapping[str, Any]", await client.http.get_channel(channel_id))


_READ_LATER = frozenset(
    {
        *("channel", "message", "user", "version", "application_id", "locale", "guild_locale", "context"),
        *("filesize_limit", "entitlements", "entitlement_sku_ids"),
        *("_integration_owners", "_permissions", "_app_permissions"),
    }
)
"""What the library reads of an interaction besides what `LightInteraction` reads at once."""


class LightInteraction(discord.Interaction[Any]):
    """An interaction that is read only as far as it is asked for.

    The library makes a server, a channel, a member and a message of each, while most are answered by their ids alone.
    Whoever asks for more gets all of it, made by the library itself.
    """

    __slots__ = ("_raw",)

    def _from_data(self, data: Any) -> None:
        self._raw = data
        self.id = int(data["id"])
        self.type = discord.enums.try_enum(discord.InteractionType, data["type"])
        self.data = data.get("data")
        self.token = data["token"]
        self.guild_id = int(data["guild_id"]) if data.get("guild_id") else None

    def __getattr__(self, name: str) -> Any:
        # Called only for what is not there, or not there yet.
        if name not in _READ_LATER:
            raise AttributeError(name)
        super()._from_data(self._raw)
        return object.__getattribute__(self, name)

    @property
    def channel_id(self) -> int | None:
        channel = self._raw.get("channel") or {}
        return int(channel["id"]) if "id" in channel else None

    @property
    def guild(self) -> discord.Guild | None:
        # Commands ask for it to make objects of options that need it; no server is cached here.
        return None if self.guild_id is None else super().guild

    @property
    def member(self) -> Mapping[str, Any]:
        """The member as Discord describes them; in direct messages the user alone."""
        return self._raw.get("member") or {"user": self._raw["user"], "roles": []}


def use_light_interactions(client: discord.Client) -> None:
    """Let commands, completions and presses arrive as LightInteractions; presses go to `on_interaction` alone.

    With a discord.py that takes in events elsewhere they come as usual; `on_interaction` gets presses then too.
    """
    connection = client._connection
    parsers = getattr(connection, "parsers", None)
    tree = getattr(connection, "_command_tree", None)
    if not isinstance(parsers, dict) or tree is None or not hasattr(discord.Interaction, "_from_data"):
        return
    usual = parsers["INTERACTION_CREATE"]

    def parse(data: Any) -> None:
        # Like the library, which passes on what it does not know; an error here would end the shard.
        kind = discord.enums.try_enum(discord.InteractionType, data["type"])
        if kind is discord.InteractionType.component:
            client.dispatch("interaction", LightInteraction(data=data, state=connection))
        elif kind in (discord.InteractionType.application_command, discord.InteractionType.autocomplete):
            tree._from_interaction(LightInteraction(data=data, state=connection))
        else:
            usual(data)

    parsers["INTERACTION_CREATE"] = parse


def user_id(interaction: discord.Interaction) -> int:
    """The id of who used something."""
    if isinstance(interaction, LightInteraction):
        return int(interaction.member["user"]["id"])
    return interaction.user.id


def role_ids(interaction: discord.Interaction) -> frozenset[int]:
    """The ids of a member's roles; none in direct messages.

    The library's public list leaves out roles that are not cached, and here none is; it is taken all the same from an
    interaction that did not come as a LightInteraction.
    """
    if isinstance(interaction, LightInteraction):
        return frozenset(map(int, interaction.member["roles"]))
    member = interaction.user
    if not isinstance(member, discord.Member):
        return frozenset()
    return frozenset(getattr(member, "_roles", None) or (role.id for role in member.roles))
