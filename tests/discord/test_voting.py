"""Members vote, and nothing is lost, doubled or told to others."""

from datetime import timedelta

import discord
import pytest
from simcord.results import InteractionResult

from bot.polls.records import Unsent
from tests.discord.world import World, labels, pictures, shown


async def open_poll(world: World, **options: str) -> discord.Message:
    answer = await world.ana.slash(world.channel, "poll", **options)
    assert answer.response is not None
    assert not answer.ephemeral, shown(answer)
    return answer.response.message


async def vote(world: World, message: discord.Message, label: str) -> InteractionResult:
    return await world.ana.click(message, label=label)


async def test_a_bare_poll_asks_the_five_way_question_and_says_when_it_closes(world: World) -> None:
    message = await open_poll(world)
    assert labels(message)[:5] == ["A Happy", "B Sad", "C Bittersweet", "D Open-ended", "E Ambiguous"]
    closes = discord.utils.format_dt(world.env.now() + timedelta(days=3), "R")
    assert f"closes {closes}" in shown(message)


async def test_each_step_of_a_vote_is_confirmed_privately(world: World) -> None:
    message = await open_poll(world)
    for label, said in [
        ("C Bittersweet", "Your vote for **C Bittersweet** is counted."),
        ("C Bittersweet", "was counted already, and it still counts once"),
        ("B Sad", "Changed: your vote is now for **B Sad**."),
        ("My vote", "Your vote: **B Sad**."),
        ("Withdraw my vote", "Your vote is withdrawn"),
        ("Withdraw my vote", "You have no vote in this poll. Press an option to vote."),
        ("My vote", "You have no vote in this poll. Press an option to vote."),
    ]:
        answer = await vote(world, message, label)
        assert answer.ephemeral
        assert said in shown(answer)


async def test_the_message_shows_counts_and_shares_of_a_live_poll(world: World) -> None:
    message = await open_poll(world)
    await world.ana.click(message, label="C Bittersweet")
    await world.ben.click(message, label="B Sad")
    await world.bot.board.flush()
    text = shown(world.message(message.id))
    assert "**C Bittersweet**\n██████ 50% · 1 vote" in text
    assert "2 votes so far" in text


async def test_a_hidden_poll_shows_how_many_voted_and_no_more(world: World) -> None:
    message = await open_poll(world, results="hidden")
    await vote(world, message, "C Bittersweet")
    await world.bot.board.flush()
    text = shown(world.message(message.id))
    assert "1 vote so far" in text
    assert "%" not in text
    assert "The results are shown when the poll closes." in text


async def test_a_second_poll_command_leads_to_the_open_one(world: World) -> None:
    message = await open_poll(world)
    again = await world.ben.slash(world.channel, "poll")
    assert again.ephemeral
    assert f"/{world.guild.id}/{world.channel.id}/{message.id}" in shown(again)


async def test_a_poll_whose_message_was_deleted_is_shown_again_with_its_votes(world: World) -> None:
    message = await open_poll(world)
    await vote(world, message, "C Bittersweet")
    await world.ben.delete(message)
    again = await world.ben.slash(world.channel, "poll")
    assert not again.ephemeral
    assert "100% · 1 vote" in shown(again)


async def test_a_poll_closes_by_itself_with_result_survey_and_chart(world: World) -> None:
    message = await open_poll(world, duration="5 minutes")
    await world.ana.click(message, label="C Bittersweet")
    await world.ben.click(message, label="B Sad")
    await world.env.advance_time(301)
    await world.delivered()
    closed = world.message(message.id)
    text = shown(closed)
    assert "when its time was up" in text
    assert "A tie: **Sad** and **Bittersweet** have 1 of 2 votes each." in text
    assert "**C Bittersweet**: 1 vote, 50% (9 to 91%)\n-# survey 41%, here 9 points more" in text
    assert "**A Happy**: 0 votes, 0% (0 to 66%)\n-# survey 12%, here 12 points less" in text
    assert "Letterboxd User Surveys" in text
    assert "FindThisMovie (long)" in text
    assert labels(closed) == []
    [picture] = pictures(closed)
    assert picture["description"].startswith("Bar chart. How did the ending of Her (2013) leave you?")
    assert [attachment.filename for attachment in closed.attachments] == ["poll-1.png"]


async def test_closing_again_changes_nothing_and_posts_nothing(world: World) -> None:
    message = await open_poll(world, duration="5 minutes")
    await world.env.advance_time(301)
    await world.delivered()
    before = len(world.env.http_requests)
    await world.delivered()
    assert len(world.env.http_requests) == before
    poll, notice = world.channel.history()
    assert "is closed. Nobody voted." in shown(notice)
    assert f"/{message.id}" in shown(notice)
    assert "Nobody voted." in shown(poll)


async def test_who_opened_a_poll_can_close_it_early_after_being_asked(world: World) -> None:
    message = await open_poll(world)
    await vote(world, message, "E Ambiguous")
    asked = await world.ana.click(message, label="Close the poll")
    assert asked.ephemeral
    assert "Close this poll now, for everyone?" in shown(asked)
    assert asked.response is not None
    assert world.bot is not None
    await world.ana.click(asked.response.message, label="Close it now")
    assert f"by {world.ana.mention}" in shown(world.message(message.id))


async def test_who_may_manage_messages_can_close_it_and_others_cannot(world: World) -> None:
    message = await open_poll(world)
    stranger = world.guild.add_member(world.env.create_user("carla"))
    refused = await stranger.click(message, label="Close the poll")
    assert "Only the member who started this poll" in shown(refused)
    allowed = await world.ben.click(message, label="Close the poll")
    assert "Close this poll now" in shown(allowed)


async def test_votes_and_buttons_survive_a_restart(world: World) -> None:
    message = await open_poll(world)
    await vote(world, message, "C Bittersweet")
    await world.restart()
    assert "Your vote: **C Bittersweet**." in shown(await vote(world, message, "My vote"))
    assert "Changed" in shown(await vote(world, message, "A Happy"))
    await world.bot.board.flush()
    assert "1 vote so far" in shown(world.message(message.id))


async def test_a_poll_that_fell_due_while_the_bot_was_off_closes_after_the_start(world: World) -> None:
    message = await open_poll(world, duration="5 minutes")
    await vote(world, message, "C Bittersweet")
    await world.env.advance_time(3600)
    await world.restart()
    await world.delivered()
    assert "Most votes: **Bittersweet**, with 1 of 1." in shown(world.message(message.id))


async def test_a_button_of_a_closed_poll_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await open_poll(world)

    async def nothing() -> list[Unsent]:
        return []

    # The message does not show the result yet.
    monkeypatch.setattr(world.bot.records, "unsent", nothing)
    await world.bot.records.close(1, world.env.now(), closed_by=1)
    answer = await vote(world, message, "C Bittersweet")
    assert "This poll is closed, so nothing was counted or changed." in shown(answer)
    assert "closed already" in shown(await vote(world, message, "Close the poll"))


async def test_a_result_is_posted_anew_where_the_message_was_deleted_and_is_its_own_notice(world: World) -> None:
    message = await open_poll(world, duration="5 minutes")
    await vote(world, message, "C Bittersweet")
    await world.ben.delete(message)
    await world.env.advance_time(301)
    await world.delivered()
    (posted,) = world.channel.history()
    assert "its result is posted here" in shown(posted)
    await world.delivered()
    assert len(world.channel.history()) == 1


async def test_a_result_that_discord_did_not_take_is_tried_again(world: World) -> None:
    message = await open_poll(world, duration="5 minutes")
    await world.env.advance_time(301)
    world.env.inject_error("PATCH", "/channels/*/messages/*", status=500)
    await world.delivered()
    assert "Nobody voted." in shown(world.message(message.id))


async def test_a_vote_counts_even_where_the_message_cannot_be_edited(world: World) -> None:
    message = await open_poll(world)
    world.env.inject_error("PATCH", "/channels/*/messages/*", status=500)
    assert "is counted" in shown(await vote(world, message, "C Bittersweet"))
    await world.bot.board.flush()
    standing = await world.bot.records.get(1)
    assert standing is not None
    assert standing.tally.total == 1


@pytest.mark.parametrize("duration", ["1 minute", "a while", "91 days"])
async def test_a_duration_that_cannot_be_is_refused_with_what_can(world: World, duration: str) -> None:
    answer = await world.ana.slash(world.channel, "poll", duration=duration)
    assert answer.ephemeral
    assert "Write it like `90 minutes`, `3 days` or `2 weeks`." in shown(answer)
    assert await world.bot.records.open_in(world.channel.id, "her") is None


async def test_durations_are_offered_while_typing(world: World) -> None:
    usual = await world.ana.autocomplete(world.channel, "poll", "duration", "")
    assert [choice["value"] for choice in usual] == ["1 hour", "1 day", "3 days", "1 week", "30 days"]
    own = await world.ana.autocomplete(world.channel, "poll", "duration", "36 h")
    assert own[0]["value"] == "36 h"


async def test_missing_permissions_are_named_one_by_one(world: World) -> None:
    bare = world.guild.create_text_channel(
        "bare", overwrites={world.guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    )
    answer = await world.ana.slash(bare, "poll")
    assert answer.ephemeral
    assert "I lack permissions here: Attach Files." in shown(answer)
    assert await world.bot.records.open_in(bare.id, "her") is None
