"""A server chooses what is hidden and who sees answers, and its members are answered so."""

from collections.abc import Mapping
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.film.pack import Pack
from bot.polls.personal import ServerPolls
from bot.spoiler_channels import FLAG
from tests.discord.test_posting import ANSWERS, message_of, posted
from tests.discord.world import World, labels, parts_of, shown
from tests.spoilers import visible

NOTE = "-# This tells how Her (2013) ends. Tap it to see it."
FRAME = 17


@pytest.fixture
def chief(world: World) -> MemberActor:
    """A member who may manage the server."""
    role = world.guild.create_role("Chiefs", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("chief"), roles=[role])


async def choose(world: World, chief: MemberActor, **options: str) -> str:
    answer = await chief.slash(world.channel, "settings", **options)
    assert answer.ephemeral
    return shown(answer)


def hidden(answer: InteractionResult | discord.Message) -> bool:
    """Whether all but the note above and what stands below the frame is behind a spoiler mark."""
    frames = [part for part in parts_of(answer) if part.get("type") == FRAME]
    assert frames
    return all(frame["spoiler"] for frame in frames)


def flag(world: World, monkeypatch: pytest.MonkeyPatch, channel_id: int) -> None:
    """Mark a channel as a spoiler channel; the simulated Discord knows no flags."""
    real = world.bot.http.get_channel

    async def flagged(asked: int) -> Mapping[str, Any]:
        return {**await real(asked), "flags": FLAG if asked == channel_id else 0}

    monkeypatch.setattr(world.bot.http, "get_channel", flagged)


async def test_settings_say_what_is_set_and_what_it_means(world: World, chief: MemberActor) -> None:
    usual = await choose(world, chief)
    assert await ServerPolls(world.bot.store).servers() == frozenset(), "looking decides nothing"
    assert "Everybody sees them at once" in usual
    assert "Everyone, unless who asks says otherwise" in usual
    assert "Hidden until one taps on them, in every channel" in await choose(world, chief, spoilers="always")
    both = await choose(world, chief, answers="asker")
    assert "Only who asks" in both
    assert "in every channel" in both
    assert await choose(world, chief) == both
    await world.restart()
    assert await choose(world, chief) == both


async def test_settings_are_for_who_manages_the_server(world: World) -> None:
    assert "settings" not in world.ana.available_commands(world.channel)
    assert "settings" not in world.env.create_user("carla").available_commands()


async def test_answers_are_open_until_the_server_says_otherwise(world: World) -> None:
    assert not hidden(await world.ana.slash(world.channel, "ending", topic="grief"))


@pytest.mark.parametrize("command", ANSWERS)
async def test_with_spoiler_marks_everything_that_all_see_is_hidden_but_the_way_to_delete_it(
    world: World, chief: MemberActor, command: str
) -> None:
    await choose(world, chief, spoilers="always")
    answer = await world.ana.slash(world.channel, command, **ANSWERS[command])
    assert hidden(answer)
    note, frame, below = message_of(answer).components
    assert getattr(note, "content", None) == NOTE
    assert getattr(frame, "spoiler", False)
    assert [getattr(button, "label", None) for button in getattr(below, "children", [])] == ["Delete"]


async def test_a_private_answer_is_not_hidden_and_a_shared_one_is(world: World, chief: MemberActor) -> None:
    await choose(world, chief, spoilers="always")
    private = await world.ana.slash(world.channel, "ending", topic="grief", show="me")
    assert not hidden(private)
    shared = await world.ana.click(message_of(private), label="Share with everyone")
    assert hidden(shared)
    assert shown(shared).splitlines()[1:3] == [f"-# Shared by {world.ana.mention}", NOTE]
    assert not hidden(await world.ana.slash(world.channel, "ending", topic="grief"))
    opened = await world.ben.click(message_of(shared), label=labels(shared)[0])
    assert not hidden(opened)


async def test_in_a_spoiler_channel_answers_are_open_where_the_server_wants_that(
    world: World, chief: MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await choose(world, chief, spoilers="outside")
    spoilers = world.guild.create_text_channel("her-spoilers")
    flag(world, monkeypatch, spoilers.id)
    assert not hidden(await world.ana.slash(spoilers, "timeline"))
    assert hidden(await world.ana.slash(world.channel, "timeline"))
    await choose(world, chief, spoilers="always")
    await world.env.advance_time(11 * 60)
    assert hidden(await world.ana.slash(spoilers, "timeline"))


async def test_direct_messages_are_never_hidden(world: World, chief: MemberActor) -> None:
    await choose(world, chief, spoilers="always")
    assert not hidden(await world.env.create_user("carla").slash("timeline"))


@pytest.mark.parametrize("command", ANSWERS)
async def test_where_answers_are_for_who_asks_all_see_them_only_on_wish(
    world: World, chief: MemberActor, command: str
) -> None:
    await choose(world, chief, answers="asker")
    private = await world.ana.slash(world.channel, command, **ANSWERS[command])
    assert private.ephemeral
    assert "Share with everyone" in labels(private)
    assert posted(world) == 0
    assert not (await world.ana.slash(world.channel, command, **ANSWERS[command], show="everyone")).ephemeral
    await choose(world, chief, answers="everyone")
    assert not (await world.ana.slash(world.channel, "ending", topic="rooftop")).ephemeral


async def test_a_poll_about_a_difference_is_hidden_from_its_opening_to_its_result(
    world: World, chief: MemberActor, her: Pack
) -> None:
    await choose(world, chief, spoilers="always")
    difference = her.differences[0]
    opened = message_of(
        await world.ana.slash(world.channel, "poll", about=difference.id, duration="3 hours", remind=True)
    )
    assert hidden(opened)
    assert shown(opened).splitlines()[1] == "-# A poll that tells how Her (2013) ends. Tap it to see it."
    await world.ben.click(opened, custom_id="poll:1:vote:0")
    await world.env.advance_time(10)
    await world.bot.board.flush()
    assert "1 vote so far" in shown(world.message(opened.id))
    assert hidden(world.message(opened.id))
    await world.env.advance_time(2.5 * 3600)
    await world.delivered()
    await world.env.advance_time(3600)
    await world.delivered()
    result, reminder, notice = world.channel.history()
    assert hidden(result)
    assert "Most votes" in shown(result)
    for message in (reminder, notice):
        assert difference.title not in visible(message.content)
        assert difference.title in message.content
    assert "is closed" in visible(notice.content)
    assert "Most votes" not in visible(notice.content)


async def test_a_poll_about_the_feeling_tells_nothing_of_the_film_and_stays_open(
    world: World, chief: MemberActor
) -> None:
    await choose(world, chief, spoilers="always")
    assert not hidden(await world.ana.slash(world.channel, "poll"))


async def test_nothing_is_hidden_in_polls_of_a_server_that_wants_no_marks(world: World, her: Pack) -> None:
    assert not hidden(await world.ana.slash(world.channel, "poll", about=her.differences[0].id, duration="5 minutes"))
    await world.env.advance_time(301)
    await world.delivered()
    result, notice = world.channel.history()
    assert not hidden(result)
    assert "||" not in notice.content
