"""The people who run the bot read its content anew on Discord, and everybody is answered from it."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock

import discord
import pytest
from discord import ui
from simcord.builders import UserHandle

from bot.film.library import load_library
from bot.house import Rules
from bot.owners import Owners
from bot.replies import reply_ready
from tests.discord.world import World, labels, open_world, shown
from tests.packs import Files, line_of, put, tiny_files, write_pack

ENDING = "topics/the-end.yaml"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    write_pack(folder)
    return folder


@pytest.fixture
async def world(content: Path, database: str) -> AsyncIterator[World]:
    """A bot that reads a folder which the test may change."""
    read = partial(load_library, content, "tiny")
    async with open_world(read(), database, reread=read) as it:
        yield it


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "username": "somebody", "discriminator": "0", "avatar": None, **more}


def application(world: World, owner: int, team: dict[str, Any] | None = None) -> discord.AppInfo:
    """What Discord says of the application."""
    data = {
        "id": "1",
        "name": "ending",
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": 0,
        "owner": person(owner),
        "team": team,
    }
    return discord.AppInfo(world.bot._connection, cast("Any", data))


@pytest.fixture
def owner(world: World, monkeypatch: pytest.MonkeyPatch) -> UserHandle:
    """Who owns the bot; the simulated Discord knows no owners."""
    user = world.env.create_user("owner")
    monkeypatch.setattr(world.bot, "application_info", AsyncMock(return_value=application(world, user.id)))
    return user


def changed(file: str, *place: str, to: object) -> Files:
    files = tiny_files()
    put(files, file, place, to)
    return files


async def test_the_owner_is_told_in_private_what_changed_and_everybody_is_answered_from_it(
    world: World, owner: UserHandle, content: Path
) -> None:
    assert "calls the fox home" in shown(await world.ana.slash(world.channel, "ending", topic="the-end"))
    write_pack(content, changed(ENDING, "summary", to="The fox comes home, says The Fox Paper."))

    answer = await owner.slash("reload")

    assert answer.ephemeral
    assert "Tiny (2001), topics, changed: the-end" in shown(answer)
    other = world.guild.create_text_channel("another")
    assert "The fox comes home" in shown(await world.ben.slash(other, "ending", topic="the-end"))


async def test_an_answer_that_was_on_its_way_meanwhile_is_not_kept_for_others(
    world: World, content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(content, changed(ENDING, "summary", to="The fox comes home, says The Fox Paper."))
    ready: list[str] = []
    rules = world.bot.house.rules

    async def rules_after_a_reload(guild_id: int | None) -> Rules:
        await world.bot.reloader.reload()
        return await rules(guild_id)

    # The simulated Discord takes no bodies that were made before, so they are looked at on the way.
    async def noted(interaction: discord.Interaction, body: bytes, make: Callable[[], ui.LayoutView]) -> None:
        ready.append(body.decode())
        await reply_ready(interaction, body, make)

    monkeypatch.setattr("bot.answers.posting.reply_ready", noted)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(world.bot.house, "rules", rules_after_a_reload)
        await world.ana.slash(world.channel, "ending", topic="the-end")
    await world.ana.slash(world.guild.create_text_channel("another"), "ending", topic="the-end")
    assert ["The fox comes home" in body for body in ready] == [False, True]


async def test_nobody_else_can_and_no_server_is_shown_the_command(
    world: World, owner: UserHandle, content: Path
) -> None:
    write_pack(content, changed(ENDING, "summary", to="The fox comes home, says The Fox Paper."))
    answer = await world.env.create_user("carla").slash("reload")
    assert answer.ephemeral
    assert "Only the owner of this bot" in shown(answer)
    assert "calls the fox home" in shown(await world.ana.slash(world.channel, "ending", topic="the-end"))
    assert "reload" not in world.ana.available_commands(world.channel)


async def test_a_broken_pack_is_refused_with_each_problem_and_the_old_one_stays(
    world: World, owner: UserHandle, content: Path
) -> None:
    files = changed(ENDING, "title", to=7)
    put(files, "film.yaml", ("year",), "long ago")
    folder = write_pack(content, files)

    answer = shown(await owner.slash("reload"))

    assert "the old one stays: 2 problems" in answer
    assert f"tiny/{ENDING}:{line_of(folder / ENDING, 'title:')}: title: " in answer
    assert f"tiny/film.yaml:{line_of(folder / 'film.yaml', 'year:')}: year: " in answer
    assert "How Tiny ends" in shown(await world.ana.slash(world.channel, "ending", topic="the-end"))
    assert "1 problem." not in answer


async def test_reading_what_is_as_it_was_says_so(world: World, owner: UserHandle) -> None:
    assert shown(await owner.slash("reload")) == "The content was read anew, and is as it was."


async def test_with_a_second_film_members_can_choose_one_and_without_it_no_more(
    world: World, owner: UserHandle, content: Path
) -> None:
    commands = {"ending", "quote", "timeline", "sources", "discuss", "poll"}

    def with_film() -> set[str]:
        return {
            command["name"]
            for command in world.env.backend.commands[None].values()
            if any(option["name"] == "film" for option in command.get("options", []))
        }

    assert with_film() == set()
    second = tiny_files()
    put(second, "film.yaml", ("id",), "small")
    put(second, "film.yaml", ("title",), "Small")
    folder = write_pack(content, second, "small")

    assert "Small (2001): a new film" in shown(await owner.slash("reload"))
    assert with_film() == commands
    assert "Small (2001)" in shown(await world.ana.slash(world.channel, "ending", topic="the-end", film="small"))

    (folder / "film.yaml").unlink()
    assert "Small (2001): gone" in shown(await owner.slash("reload"))
    assert with_film() == set()


async def test_where_discord_is_not_told_of_the_option_the_next_time_tries_again(
    world: World, owner: UserHandle, content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tiny_files()
    put(second, "film.yaml", ("id",), "small")
    write_pack(content, second, "small")
    sync = AsyncMock(side_effect=[OSError("no way there"), []])
    monkeypatch.setattr(world.bot.tree, "sync", sync)
    assert "Discord was not told" in shown(await owner.slash("reload"))
    assert "as it was" in shown(await owner.slash("reload"))
    assert sync.await_count == 2
    assert "as it was" in shown(await owner.slash("reload"))
    assert sync.await_count == 2


async def test_an_open_poll_keeps_what_it_asked_when_it_was_opened(
    world: World, owner: UserHandle, content: Path
) -> None:
    answer = await world.ana.slash(world.channel, "poll")
    assert answer.response is not None
    message = answer.response.message
    files = changed("poll.yaml", "question", to="Was it long enough?")
    put(files, "poll.yaml", ("options",), [{"id": each, "label": each.title()} for each in ("yes", "no", "perhaps")])
    write_pack(content, files)
    await owner.slash("reload")

    voted = await world.ben.click(world.message(message.id), label="B Cold")

    assert "**B Cold** is counted" in shown(voted)
    assert "How did the ending of Tiny (2001) leave you?" in shown(world.message(message.id))
    await world.bot.closer.close(1, world.ana.id)
    assert "Most votes: **Cold**, with 1 of 1." in shown(world.message(message.id))
    again = await world.ana.slash(world.channel, "poll")
    assert "Was it long enough?" in shown(again)
    assert labels(again)[:3] == ["A Yes", "B No", "C Perhaps"]


async def test_a_poll_of_a_film_that_is_gone_still_closes_with_its_result(
    world: World, owner: UserHandle, content: Path
) -> None:
    answer = await world.ana.slash(world.channel, "poll")
    assert answer.response is not None
    message = answer.response.message
    await world.ben.click(world.message(message.id), label="A Warm")
    other = tiny_files()
    put(other, "film.yaml", ("id",), "small")
    write_pack(content, other, "small")
    (content / "tiny" / "film.yaml").unlink()
    assert "Tiny (2001): gone" in shown(await owner.slash("reload"))
    await world.bot.closer.close(1, world.ana.id)
    assert "Most votes: **Warm**, with 1 of 1." in shown(world.message(message.id))


async def test_of_a_team_those_belong_who_may_do_more_than_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [
        {"membership_state": state, "permissions": ["*"], "team_id": "9", "role": role, "user": person(number)}
        for number, state, role in [(11, 2, "admin"), (12, 2, "developer"), (13, 2, "read_only"), (14, 1, "admin")]
    ]
    team = {"id": "9", "name": "Team", "icon": None, "owner_user_id": "10", "members": members}
    monkeypatch.setattr(world.bot, "application_info", AsyncMock(return_value=application(world, 99, team)))
    owners = Owners(world.bot)
    assert [number for number in (10, 11, 12, 13, 14, 99) if await owners.include(number)] == [10, 11, 12]
