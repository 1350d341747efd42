"""Fails loudly when discord.py moves what `bot/discord_internals.py` reaches into."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.webhook.async_ import async_context, interaction_message_response_params

from bot.client import EndingBot
from bot.discord_internals import (
    HideableOption,
    LightInteraction,
    commands_under_way,
    public_answer,
    respond,
    role_ids,
    use_api_base,
    use_gateway_of_api,
    use_light_interactions,
    user_id,
)
from bot.film.library import Library, default_content, load_library
from bot.layout import Card
from bot.replies import body_of
from bot.shards import ShardPlan
from bot.store.engine import Store, open_store
from tests.bench.busy import ask, vote
from tests.bench.loopback import MESSAGE, loopback_discord


class Room(commands.Cog):
    @app_commands.command()
    async def ask(self, interaction: discord.Interaction, topic: str, film: str | None = None) -> None:
        """A command with an option to hide."""


def test_an_option_can_be_hidden_from_one_copy_of_a_command_and_shown_again() -> None:
    one, other = Room(), Room()
    option = HideableOption(one.ask, "film")
    option.show(False)
    assert [parameter.name for parameter in one.ask.parameters] == ["topic"]
    assert [parameter.name for parameter in other.ask.parameters] == ["topic", "film"]
    option.show(True)
    assert [parameter.name for parameter in one.ask.parameters] == ["topic", "film"]


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


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[EndingBot]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    bot = EndingBot(load_library(default_content()), store, shard_count=1)
    with loopback_discord():
        await bot.login("token")
        yield bot
        await bot.close()


async def test_an_answer_goes_out_over_the_librarys_own_session_and_counts_as_given(bot: EndingBot) -> None:
    interaction = discord.Interaction(data=cast("Any", ask(1)), state=bot._connection)
    # False would mean that discord.py keeps its session or state elsewhere: all answers would take the long way.
    assert await respond(interaction, body_of("Hello.", private=False))
    assert interaction.response.is_done()


def arriving(bot: EndingBot, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> discord.Interaction:
    """The interaction that comes out where the gateway's event goes in."""
    came: list[discord.Interaction] = []
    monkeypatch.setattr(bot.tree, "_from_interaction", came.append)
    monkeypatch.setattr(bot, "dispatch", lambda _event, interaction: came.append(interaction))
    bot._connection.parsers["INTERACTION_CREATE"](event)
    return came[0]


@pytest.mark.parametrize("event", [ask(1), vote(1)], ids=["command", "press"])
async def test_an_interaction_is_read_only_as_far_as_is_asked_for(
    bot: EndingBot, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = discord.Interaction(data=cast("Any", event), state=bot._connection)
    reading = Mock(wraps=discord.Interaction._from_data)
    monkeypatch.setattr(discord.Interaction, "_from_data", reading)

    light = arriving(bot, event, monkeypatch)

    assert isinstance(light, LightInteraction)
    for name in ("id", "type", "token", "data", "guild_id", "channel_id"):
        assert getattr(light, name) == getattr(whole, name)
    assert user_id(light) == user_id(whole)
    assert role_ids(light) == role_ids(whole)
    assert not light.response.is_done()
    assert reading.call_count == 0


async def test_all_else_of_an_interaction_is_there_when_it_is_asked_for(
    bot: EndingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = discord.Interaction(data=cast("Any", vote(1)), state=bot._connection)
    slots = [name for name in discord.Interaction.__slots__ if not name.startswith("_cs_")]
    for name in slots:
        light = arriving(bot, vote(1), monkeypatch)
        assert repr(getattr(light, name)) == repr(getattr(whole, name)) or name == "channel", name
    light = arriving(bot, vote(1), monkeypatch)
    assert light.user == whole.user
    assert light.permissions == whole.permissions
    assert light.message is not None
    assert light.channel is not None
    with pytest.raises(AttributeError):
        _ = light.nothing_of_this_name  # type: ignore[attr-defined]


async def test_a_direct_message_has_a_user_without_roles(bot: EndingBot, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {key: value for key, value in ask(1).items() if key not in ("guild_id", "guild", "member")}
    light = arriving(bot, event | {"user": ask(1)["member"]["user"]}, monkeypatch)
    assert light.guild_id is None
    assert user_id(light) == light.user.id
    assert role_ids(light) == frozenset()


@pytest.mark.parametrize(("private", "known"), [(False, 7), (True, None)])
async def test_an_answer_that_discord_made_private_is_no_message_to_point_to(
    bot: EndingBot, monkeypatch: pytest.MonkeyPatch, private: bool, known: int | None
) -> None:
    message = {"id": "7", "flags": discord.MessageFlags(ephemeral=private).value}
    asking = AsyncMock(return_value=message)
    monkeypatch.setattr(async_context.get(), "get_original_interaction_response", asking)
    assert await public_answer(bot, "token") == known


async def test_an_earlier_answer_is_found_by_its_interactions_token(bot: EndingBot) -> None:
    assert await public_answer(bot, "token") == int(MESSAGE["id"])


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


class Gate:
    """Stands for whose turn it is."""

    def __init__(self) -> None:
        self.waited: list[int] = []
        self.started: list[int] = []

    async def wait(self, shard_id: int) -> None:
        self.waited.append(shard_id)

    async def start(self, shard_id: int) -> None:
        self.started.append(shard_id)


async def test_every_shard_waits_for_its_turn_before_it_connects_and_again_before_it_identifies(
    monkeypatch: pytest.MonkeyPatch, store: Store, library: Library
) -> None:
    connected: list[tuple[int, int]] = []

    async def from_client(client: EndingBot, *, shard_id: int, initial: bool = False, **_options: Any) -> AsyncMock:
        connected.append((shard_id, len(cast("Gate", client.identifies).waited)))
        # As discord.py does where it identifies.
        await client._connection.call_hooks("before_identify", shard_id, initial=initial)
        return AsyncMock(shard_id=shard_id, poll_event=asyncio.Event().wait)

    monkeypatch.setattr(DiscordWebSocket, "from_client", from_client)
    async with EndingBot(library, store, shards=ShardPlan((2, 3), 4)) as bot:
        gate = Gate()
        bot.identifies = cast("Any", gate)
        bot._reconnect = True
        await bot.launch_shards()
        assert connected == [(2, 1), (3, 2)]
        assert gate.waited == gate.started == [2, 3]
        assert set(bot.shards) == {2, 3}
        assert bot.shard_count == 4


def test_discord_py_calls_the_hook_where_it_identifies_and_launches_each_shard_where_it_can_wait() -> None:
    assert "call_hooks('before_identify', self.shard_id" in inspect.getsource(DiscordWebSocket.identify)
    assert "self.launch_shard(" in inspect.getsource(discord.AutoShardedClient.launch_shards)
    assert "self.launch_shard(" in inspect.getsource(discord.AutoShardedClient.launch_shard)


async def test_the_budget_hears_of_answers_that_go_out_past_the_librarys_own_way(bot: EndingBot) -> None:
    interaction = discord.Interaction(data=cast("Any", ask(1)), state=bot._connection)
    assert bot.budget.refused == 0
    with loopback_discord(refuse=True), pytest.raises(discord.HTTPException):
        await respond(interaction, body_of("Hello.", private=False))
    assert bot.budget.refused == 1


async def test_the_end_finds_the_commands_and_forms_that_are_being_answered(bot: EndingBot) -> None:
    bot._connection.parsers["INTERACTION_CREATE"](ask(1))
    under_way = commands_under_way()
    assert len(under_way) == 1
    await asyncio.wait(under_way)
    assert not commands_under_way()
    assert "discord-ui-modal-dispatch-" in inspect.getsource(discord.ui.Modal._dispatch_submit)


async def test_an_interaction_of_a_kind_that_is_not_known_yet_goes_the_librarys_own_way(
    tmp_path: Path, library: Library
) -> None:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'polls.db'}")
    bot = EndingBot(library, store, shard_count=1)
    usual = Mock()
    bot._connection.parsers["INTERACTION_CREATE"] = usual
    use_light_interactions(bot)

    bot._connection.parsers["INTERACTION_CREATE"]({"type": 99})

    usual.assert_called_once_with({"type": 99})
    await bot.close()
