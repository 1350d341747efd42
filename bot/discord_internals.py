"""Everything that reaches into discord.py beyond its public interface. `tests/test_discord_internals.py` guards it."""

import json
from collections.abc import Mapping
from typing import Any, cast

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket


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


async def respond(interaction: discord.Interaction, body: bytes, *, wants_id: bool) -> Mapping[str, Any] | None:
    """Answer an interaction by a new message, with a body that is ready to be sent.

    The library would build a request, a callback and a message object around it, and keep the view. Returns what
    Discord says of the new message (nothing unless the id is wanted), or None where nothing was answered and the
    library has to: it keeps its HTTP session elsewhere than in the version that was tried, or Discord is busy.

    Raises:
        discord.HTTPException: Discord refuses the answer.
        aiohttp.ClientError: Discord can't be reached.
    """
    http = interaction.client.http
    session = getattr(http, "_HTTPClient__session", None)
    if not isinstance(session, aiohttp.ClientSession) or not hasattr(interaction.response, "_response_type"):
        return None
    path = f"/interactions/{interaction.id}/{interaction.token}/callback{'?with_response=true' if wants_id else ''}"
    async with session.post(
        yarl.URL(discord.http.Route.BASE + path, encoded=True),
        data=body,
        headers={"Content-Type": "application/json"},
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
    ) as response:
        if response.status == TOO_MANY or response.status >= BROKEN:
            return None
        said = await response.read()
        if response.status >= REFUSED:
            errors = {403: discord.Forbidden, 404: discord.NotFound}
            told = json.loads(said) if response.content_type == "application/json" else said.decode(errors="replace")
            raise errors.get(response.status, discord.HTTPException)(response, told)
    interaction.response._response_type = discord.InteractionResponseType.channel_message
    return cast("Mapping[str, Any]", json.loads(said)["interaction"]) if wants_id else {}


def hide_option(command: app_commands.Command[Any, ..., Any], name: str) -> None:
    """Take an optional option away from a command, where the library offers no switch for it.

    With a discord.py that keeps its parameters elsewhere the option simply stays visible.
    """
    parameters = getattr(command, "_params", None)
    if isinstance(parameters, dict):
        # A new dictionary: copies of a command share theirs.
        command._params = {key: value for key, value in parameters.items() if key != name}


async def raw_channel(client: discord.Client, channel_id: int) -> Mapping[str, Any]:
    """A channel as Discord describes it. The library's own channels leave out flags that it does not know.

    Raises:
        discord.HTTPException: the channel is not there, or not to be seen.
    """
    return cast("Mapping[str, Any]", await client.http.get_channel(channel_id))


def role_ids(member: discord.User | discord.Member) -> frozenset[int]:
    """The ids of a member's roles. The public list leaves out roles that are not cached, and here none is.

    With a discord.py that keeps them elsewhere it is the public list; a user outside a server has none.
    """
    if not isinstance(member, discord.Member):
        return frozenset()
    return frozenset(getattr(member, "_roles", None) or (role.id for role in member.roles))
