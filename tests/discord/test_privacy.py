"""Members get what is held of them and delete it; a server's data goes after the bot."""

import json
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.layout import measure, texts
from bot.presence import DiscordPresence
from bot.servers.cards import forgotten_card, privacy_card
from tests.discord.test_voting import open_poll, vote
from tests.discord.world import World, labels, shown

DAY = 24 * 3600


async def press(world: World, who: MemberActor, answer: InteractionResult, label: str) -> InteractionResult:
    assert answer.response is not None
    return await who.click(answer.response.message, label=label)


async def held_of(world: World, who: MemberActor) -> tuple[InteractionResult, dict[str, Any]]:
    """The private answer to “Show what is held of me”, and its file."""
    answer = await press(world, who, await who.slash(world.channel, "privacy"), "Show what is held of me")
    assert answer.response is not None
    [file] = answer.response.attachments
    assert file.filename == "held-of-me.json"
    return answer, json.loads(await file.read())


async def test_privacy_says_in_private_what_is_held_and_for_how_long(world: World) -> None:
    answer = await world.ana.slash(world.channel, "privacy")
    assert answer.ephemeral
    assert "they stay for 30 days" in shown(answer)
    assert "no messages, no names" in shown(answer)
    assert labels(answer) == ["Show what is held of me", "Delete my votes in open polls"]


async def test_a_member_gets_a_private_file_with_their_votes_and_polls(world: World) -> None:
    message = await open_poll(world)
    await vote(world, message, "C Bittersweet")
    answer, held = await held_of(world, world.ana)
    assert answer.ephemeral
    assert "all that is held of you" in shown(answer)
    assert held["member"] == str(world.ana.id)
    [mine] = held["votes_in_open_polls"]
    assert (mine["choices"], mine["server"], mine["channel"]) == (
        ["Bittersweet"],
        str(world.guild.id),
        str(world.channel.id),
    )
    assert mine["link"] == f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{message.id}"
    assert [poll["link"] for poll in held["polls_opened"]] == [mine["link"]]


async def test_a_member_of_whom_nothing_is_held_is_told_so(world: World) -> None:
    await open_poll(world)
    answer, held = await held_of(world, world.ben)
    assert "Nothing is held of you" in shown(answer)
    assert held == {
        "member": str(world.ben.id),
        "votes_in_open_polls": [],
        "polls_opened": [],
        "polls_closed_early": [],
    }


async def test_votes_are_deleted_only_after_asking_and_the_message_follows(world: World) -> None:
    message = await open_poll(world)
    await vote(world, message, "C Bittersweet")
    await world.ben.click(message, label="B Sad")
    asked = await press(
        world, world.ana, await world.ana.slash(world.channel, "privacy"), "Delete my votes in open polls"
    )
    assert asked.ephemeral
    assert "Delete your votes in all open polls, in every server?" in shown(asked)
    assert (await held_of(world, world.ana))[1]["votes_in_open_polls"]
    await press(world, world.ana, asked, "Delete them now")
    assert "Done: 1 vote deleted, and no longer counted." in shown(asked)
    assert labels(asked) == []
    assert (await held_of(world, world.ana))[1]["votes_in_open_polls"] == []
    await world.bot.board.flush()
    text = shown(world.message(message.id))
    assert "1 vote so far" in text
    assert "**B Sad**\n████████████ 100% · 1 vote" in text


async def test_buttons_of_privacy_work_after_a_restart(world: World) -> None:
    card = await world.ana.slash(world.channel, "privacy")
    await world.restart()
    asked = await press(world, world.ana, card, "Delete my votes in open polls")
    await press(world, world.ana, asked, "Delete them now")
    assert "You had no votes in open polls" in shown(asked)


async def test_a_server_keeps_its_polls_while_the_bot_is_in_it(world: World) -> None:
    await open_poll(world, duration="90 days")
    await world.bot.departures.look()
    await world.env.advance_time(31 * DAY)
    await world.bot.departures.look()
    assert await world.bot.records.get(1) is not None


async def test_a_servers_polls_are_deleted_when_the_bot_has_been_gone_long_enough(world: World) -> None:
    await open_poll(world, duration="90 days")
    world.env.backend.remove_guild(world.guild.id)
    await world.bot.departures.look()
    await world.env.advance_time(29 * DAY)
    await world.bot.departures.look()
    assert await world.bot.records.get(1) is not None
    await world.env.advance_time(DAY)
    await world.bot.departures.look()
    assert await world.bot.records.get(1) is None


async def test_nothing_is_deleted_while_discord_answers_with_errors(world: World) -> None:
    await open_poll(world, duration="90 days")
    world.env.backend.remove_guild(world.guild.id)
    await world.bot.departures.look()
    await world.env.advance_time(31 * DAY)
    for path, status, code in (
        ("/users/@me/guilds", 403, 0),
        (f"/guilds/{world.guild.id}", 403, 0),
        (f"/guilds/{world.guild.id}", 404, 0),
    ):
        world.env.inject_error("GET", path, status=status, code=code)
        with pytest.raises(discord.HTTPException):
            await world.bot.departures.look()
        assert await world.bot.records.get(1) is not None


async def test_the_listing_of_servers_has_all_pages_and_a_page_that_fails_fails_it(world: World) -> None:
    for number in range(250):
        world.env.create_guild(f"Club {number}")
    presence = DiscordPresence(world.bot)
    assert len(await presence.servers()) == 251
    real = world.bot.http.get_guilds
    pages = iter([False, True])

    async def second_page_fails(*arguments: Any, **options: Any) -> Any:
        if next(pages):
            raise ConnectionError("in the middle")
        return await real(*arguments, **options)

    world.bot.http.get_guilds = second_page_fails  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await presence.servers()


def test_the_cards_fit_and_count_in_words() -> None:
    assert measure(privacy_card(timedelta(days=1))).fits
    assert "they stay for a day" in "".join(texts(privacy_card(timedelta(days=1))))
    assert "1,200 votes deleted" in "".join(texts(forgotten_card(1_200)))
