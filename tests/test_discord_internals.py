"""Fails loudly when discord.py moves what `bot/discord_internals.py` reaches into."""

import json
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.webhook.async_ import interaction_message_response_params

from bot.discord_internals import hide_option, respond, use_api_base, use_gateway_of_api
from bot.layout import Card
from bot.replies import body_of
from tests.bench.answers import ask, ending_bot
from tests.bench.loopback import loopback_discord


class Room(commands.Cog):
    @app_commands.command()
    async def ask(self, interaction: discord.Interaction, topic: str, film: str | None = None) -> None:
        """A command with an option to hide."""


def test_an_option_can_be_hidden_from_one_copy_of_a_command() -> None:
    one, other = Room(), Room()
    hide_option(one.ask, "film")
    assert [parameter.name for parameter in one.ask.parameters] == ["topic"]
    assert [parameter.name for parameter in other.ask.parameters] == ["topic", "film"]


def test_the_version_that_was_tried_is_the_version_that_is_pinned() -> None:
    constraints = (Path(__file__).parent.parent / "constraints.txt").read_text(encoding="utf-8")
    assert f"discord-py=={discord.__version__}\n" in constraints


async def test_every_request_and_every_connection_goes_to_the_address_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    use_api_base("http://127.0.0.1:1/api/v10")
    assert discord.http.Route("GET", "/gateway/bot").url == "http://127.0.0.1:1/api/v10/gateway/bot"
    async with discord.Client(intents=discord.Intents.none()) as client:
        monkeypatch.setattr(client.http, "get_bot_gateway", AsyncMock(return_value=(1, "ws://127.0.0.1:1", {})))
        await use_gateway_of_api(client)
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1"


async def test_an_answer_goes_out_over_the_librarys_own_session_and_counts_as_given() -> None:
    with loopback_discord():
        async with ending_bot() as bot:
            await bot.login("token")
            interaction = discord.Interaction(data=cast("Any", ask(1)), state=bot._connection)

            said = await respond(interaction, body_of("Hello.", private=False), wants_id=True)

            # None would mean that discord.py keeps its session or state elsewhere: all answers would take the long way.
            assert said is not None
            assert interaction.response.is_done()


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("answer", ["Your vote is counted.", Card().text("## Title").rule().text("Words")])
def test_a_body_says_what_the_library_itself_would_send(answer: str | Card, private: bool) -> None:
    flags = discord.MessageFlags(ephemeral=private)
    text, view = (answer, discord.utils.MISSING) if isinstance(answer, str) else (discord.utils.MISSING, answer)
    with interaction_message_response_params(
        type=4, content=text, view=view, flags=flags, allowed_mentions=discord.AllowedMentions.none()
    ) as params:
        expected = cast("dict[str, Any]", params.payload)
    body = json.loads(body_of(answer, private=private))

    assert body["type"] == expected["type"]
    # Unset is the same as false for Discord.
    assert expected["data"].pop("tts") is False
    assert body["data"] == {key: value for key, value in expected["data"].items() if value is not None}
