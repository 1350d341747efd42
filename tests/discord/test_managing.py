"""Polls can be listed, extended, cancelled, asked again and exported by those who may, and by no others."""

import asyncio
from datetime import timedelta

import discord
from discord import ui
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.polls.cog import Polls
from tests.discord.world import World, labels, pictures, shown
from tests.spoilers import visible


async def open_poll(world: World, **options: str | int) -> discord.Message:
    answer = await world.ana.slash(world.channel, "poll", **options)
    assert answer.response is not None
    return answer.response.message


async def look(world: World, member: MemberActor, poll_id: int = 1) -> InteractionResult:
    listed = await member.slash(world.channel, "polls")
    assert listed.response is not None
    return await member.select(listed.response.message, [str(poll_id)], custom_id="polls")


async def press(member: MemberActor, answer: InteractionResult, label: str) -> InteractionResult:
    assert answer.response is not None
    return await member.click(answer.response.message, label=label)


async def test_the_list_shows_open_and_closed_polls_with_links_privately(world: World) -> None:
    first = await open_poll(world)
    await world.bot.closer.close(1, world.ana.id)
    second = await open_poll(world)
    listed = await world.ana.slash(world.channel, "polls")
    assert listed.ephemeral
    text = shown(listed)
    assert text.index(str(second.id)) < text.index(str(first.id))
    assert "open, closes" in text
    assert f"by {world.ana.mention}" in text


async def test_an_empty_list_says_how_to_begin(world: World) -> None:
    assert "Start one with `/poll`" in shown(await world.ana.slash(world.channel, "polls"))


async def test_polls_of_other_channels_are_not_listed_to_members(world: World) -> None:
    other = world.guild.create_text_channel("elsewhere")
    await world.ana.slash(other, "poll")
    assert "There is none yet" in shown(await world.ana.slash(world.channel, "polls"))


async def test_who_opened_a_poll_can_extend_it_and_others_see_no_such_button(world: World) -> None:
    message = await open_poll(world, duration="1 day")
    stranger = world.guild.add_member(world.env.create_user("carla"))
    assert "7 days longer" not in labels(await look(world, stranger))
    extended = await press(world.ana, await look(world, world.ana), "7 days longer")
    closes = discord.utils.format_dt(world.env.now() + timedelta(days=8), "f")
    assert f"The poll now runs until {closes}" in shown(extended)
    await world.bot.board.flush()
    assert closes in shown(world.message(message.id))


async def test_a_button_of_somebody_elses_private_card_is_refused(world: World) -> None:
    await open_poll(world)
    stranger = world.guild.add_member(world.env.create_user("carla"))
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    forged = [f"poll:1:{verb}" for verb in ("extend:7", "cancel", "cancel-now", "close-now", "again")]
    for custom_id in forged:
        row.add_item(ui.Button(label=custom_id, custom_id=custom_id))
    view.add_item(row)
    with world.env._bot_scope():
        message = await world.bot.get_partial_messageable(world.channel.id).send(view=view)
    for custom_id in forged:
        refused = await stranger.click(world.message(message.id), custom_id=custom_id)
        assert "Only the member who started this poll" in shown(refused)
    standing = await world.bot.records.get(1)
    assert standing is not None
    assert standing.poll.is_open


async def test_a_cancelled_poll_shows_no_result_and_asks_first(world: World) -> None:
    message = await open_poll(world)
    await world.ana.click(message, label="A Happy")
    asked = await press(world.ana, await look(world, world.ana), "Cancel it")
    assert "Cancel this poll? Its votes are deleted" in shown(asked)
    await press(world.ana, asked, "Cancel it now")
    text = shown(world.message(message.id))
    assert "This poll was cancelled." in text
    assert "%" not in text
    assert len(world.channel.history()) == 1


async def test_asking_again_starts_at_zero_with_a_new_poll(world: World) -> None:
    message = await open_poll(world, results="hidden")
    await world.ana.click(message, label="A Happy")
    await world.bot.closer.close(1, world.ana.id)
    again = await press(world.ana, await look(world, world.ana), "Ask it again")
    assert not again.ephemeral
    assert "0 votes so far" in shown(again)
    standing = await world.bot.records.get(2)
    assert standing is not None
    assert standing.poll.results == "hidden"
    assert "Most votes: **Happy**, with 1 of 1." in shown(world.message(message.id))


async def test_who_has_to_wait_for_another_opening_is_answered_in_time_and_it_ends_well(world: World) -> None:
    polls = world.bot.get_cog("Polls")
    assert isinstance(polls, Polls)
    slow = polls._opening.setdefault(world.channel.id, asyncio.Lock())
    await slow.acquire()
    opening = asyncio.create_task(world.ana.slash(world.channel, "poll"))
    while not any(request.path.endswith("/callback") for request in world.env.http_requests):
        assert not opening.done()
        await asyncio.sleep(0.01)
    assert await world.bot.records.open_in(world.channel.id, "her") is None
    slow.release()
    assert "The poll is open" in shown(await opening)
    assert await world.bot.records.open_in(world.channel.id, "her") is not None
    assert not slow.locked()


async def test_counts_are_exported_as_csv_but_not_while_they_are_kept_back(world: World) -> None:
    await open_poll(world, results="hidden")
    assert "Counts as a CSV file" not in labels(await look(world, world.ana))
    await world.bot.closer.close(1, world.ana.id)
    exported = await press(world.ana, await look(world, world.ana), "Counts as a CSV file")
    assert exported.ephemeral
    assert exported.response is not None
    assert [attachment.filename for attachment in exported.response.attachments] == ["poll-1.csv"]


async def test_who_has_voted_sees_the_results_where_the_poll_says_so(world: World) -> None:
    message = await open_poll(world, results="voters")
    assert "Who has voted sees the results" in shown(message)
    await world.ana.click(message, label="A Happy")
    await world.bot.board.flush()
    assert "%" not in shown(world.message(message.id))
    assert "100% · 1 vote" in shown(await world.ana.click(message, label="My vote"))
    assert "%" not in shown(await world.ben.click(message, label="My vote"))


async def test_too_few_votes_give_no_result_and_say_how_many_were_asked_for(world: World) -> None:
    message = await open_poll(world, minimum=5)
    await world.ana.click(message, label="A Happy")
    await world.bot.closer.close(1, world.ana.id)
    card = await look(world, world.ben)
    for text in (shown(world.message(message.id)), shown(card)):
        assert "Too few votes for a result: 1, and this poll asked for at least 5." in text
        assert "%" not in text
    assert "Counts as a CSV file" not in labels(card)


async def test_counts_that_are_kept_back_are_not_exported_by_an_older_button_either(world: World) -> None:
    await open_poll(world, minimum=5)
    older = await look(world, world.ana)
    await world.bot.closer.close(1, world.ana.id)
    assert "no result" in shown(await press(world.ana, older, "Counts as a CSV file"))


async def test_a_poll_says_while_it_is_open_how_many_votes_a_result_needs(world: World) -> None:
    assert "A result needs" not in shown(await open_poll(world))
    assert "-# A result needs at least 3 votes." in shown(await open_poll(world, about="real-love", minimum=3))


async def test_who_closes_a_poll_is_told_truly_whether_there_is_a_result(world: World) -> None:
    for votes, said in ((0, "It had too few votes for a result; its message says so."), (1, "shows the result")):
        message = await open_poll(world, minimum=1)
        for _ in range(votes):
            await world.ana.click(message, label="A Happy")
        asked = await world.ana.click(message, label="Close the poll")
        assert asked.response is not None
        await press(world.ana, asked, "Close it now")
        assert said in shown(asked.response.message)


async def test_a_poll_on_a_difference_has_the_positions_and_ends_with_who_holds_them(world: World) -> None:
    message = await open_poll(world, about="left-or-decommissioned")
    assert "Her (2013): Left, or decommissioned?" in shown(message)
    assert labels(message)[:2] == ["A Decommissioned", "B They left"]
    assert "Nick Fore" not in shown(message)
    await world.ana.click(message, label="B They left")
    await world.bot.closer.close(1, world.ana.id)
    text = shown(world.message(message.id))
    assert "**A The OSes were decommissioned** — Nick Fore" in text
    assert "Samantha and the other Operating Systems are being decommissioned" in text


async def test_the_ending_and_a_difference_can_be_asked_at_the_same_time(world: World) -> None:
    await open_poll(world)
    await open_poll(world, about="real-love")
    assert [standing.poll.kind for standing in await world.bot.records.recent(world.guild.id, None, 5)] == [
        "difference",
        "ending",
    ]


async def test_a_point_can_be_typed_instead_of_picked(world: World) -> None:
    for typed, title in (
        ("Theodore", "Theodore and Amy: couple or friends?"),
        ("LEFT ", "Left, or decommissioned?"),
        ("Was the love real?", "Was the love real?"),
    ):
        assert f"Her (2013): {title}" in shown(await open_poll(world, about=typed))


async def test_words_for_no_point_or_for_several_are_asked_about(world: World) -> None:
    for typed in ("no-such-point", "love"):
        answer = await world.ana.slash(world.channel, "poll", about=typed)
        assert answer.ephemeral
        assert "I don’t know which point you mean. Pick one of those that `about` offers" in shown(answer)
    offered = await world.ana.autocomplete(world.channel, "poll", "about", "love")
    assert {"name": "Was the love real?", "value": "real-love"} in offered


async def ask_own(world: World, **written: object) -> InteractionResult:
    """Fill the form for an own question and submit it."""
    shown_form = await world.ana.slash(world.channel, "poll", own=True)
    assert shown_form.modal is not None
    values: dict[str, object] = {"question": "Tea or coffee?", "options": "Tea\nCoffee", "choices": "1"}
    return await world.ana.submit_modal(shown_form, values | written)


async def test_an_own_question_is_asked_with_its_own_options(world: World) -> None:
    answer = await ask_own(world)
    assert "Tea or coffee?" in shown(answer)
    assert labels(answer)[:2] == ["A Tea", "B Coffee"]
    assert answer.response is not None
    await world.ana.click(answer.response.message, label="B Coffee")
    await world.bot.closer.close(1, world.ana.id)
    assert "Most votes: **Coffee**, with 1 of 1." in shown(world.message(answer.response.message.id))


async def test_several_options_are_chosen_from_a_menu(world: World) -> None:
    answer = await ask_own(world, options="Tea\nCoffee\nWater", choices="2")
    assert answer.response is not None
    none = await world.ben.click(answer.response.message, label="My vote")
    assert "You have no vote in this poll. Choose from its menu to vote." in shown(none)
    chosen = await world.ben.select(answer.response.message, ["0", "2"], custom_id="poll:1:choose")
    assert "Your vote for **A Tea**, **C Water** is counted." in shown(chosen)
    await world.bot.board.flush()
    assert "1 vote so far. Up to 2 options each" in shown(world.message(answer.response.message.id))


async def test_what_is_wrong_in_the_form_is_named_and_nothing_that_was_written_is_lost(world: World) -> None:
    for field, written, said in (
        ("options", "Only one", "**Options**: there is 1."),
        ("options", "Tea\ntea", "**Options**, line 2: same as line 1."),
        ("options", "Tea\n" + "x" * 40, "**Options**, line 2: at most 32 characters"),
        ("choices", "3", "**How many may be chosen**: write a number from 1 to 2."),
    ):
        answer = await ask_own(world, **{field: written})
        assert answer.ephemeral
        assert said in shown(answer)
        assert "Tea or coffee?" in shown(answer)
    assert await world.bot.records.recent(world.guild.id, None, 5) == []


async def test_hidden_words_of_an_own_question_stay_hidden_in_poll_result_and_error(world: World) -> None:
    refused = await ask_own(world, options="||She leaves||")
    assert "She leaves" not in visible(shown(refused))
    assert "||She leaves||" in shown(refused)
    answer = await ask_own(world, question="||The end|| or not?", options="||She leaves||\nShe stays")
    assert "She leaves" not in visible(shown(answer))
    assert "**A ||She leaves||**" in shown(answer)
    assert labels(answer)[:2] == ["A (hidden)", "B She stays"]
    assert answer.response is not None
    await world.ana.click(answer.response.message, label="A (hidden)")
    await world.bot.closer.close(1, world.ana.id)
    result, notice = world.channel.history()
    for message in (result, notice):
        assert "Most votes: **||She leaves||**, with 1 of 1." in shown(message)
        assert "The end" not in visible(shown(message))
    [picture] = pictures(result)
    assert picture["description"] == "Bar chart. (hidden) or not? A (hidden): 100% (1); B She stays: 0% (0)."


async def test_a_poll_for_a_role_is_for_its_members(world: World) -> None:
    role = world.guild.create_role("Critics")
    critic = world.guild.add_member(world.env.create_user("dora"), roles=[role])
    answer = await ask_own(world, role=[role])
    assert answer.response is not None
    message = answer.response.message
    assert f"<@&{role.id}>" in shown(await world.ben.click(message, label="A Tea"))
    assert "is counted" in shown(await critic.click(message, label="A Tea"))


async def test_the_channel_is_reminded_once_an_hour_before_the_end(world: World) -> None:
    message = await open_poll(world, duration="3 hours", remind=True)
    await world.env.advance_time(2 * 3600 - 60)
    await world.delivered()
    assert len(world.channel.history()) == 1
    await world.env.advance_time(120)
    for _ in range(2):
        await world.delivered()
    _, reminder = world.channel.history()
    assert "closes <t:" in shown(reminder)
    assert f"/{message.id}" in shown(reminder)


async def test_an_answer_where_sources_differ_offers_to_ask_the_channel(world: World) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="was-love-real", show="me")
    opened = await press(world.ana, answer, "Ask the channel")
    assert not opened.ephemeral
    assert "Her (2013): Was the love real?" in shown(opened)
    joined = await press(world.ana, answer, "Ask the channel")
    assert joined.ephemeral
    assert "A poll is open here already" in shown(joined)


async def test_only_who_manages_the_server_decides_about_sharing_its_counts(world: World) -> None:
    managers = world.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    manager = world.guild.add_member(world.env.create_user("eva"), roles=[managers])
    agreed = await manager.slash(world.channel, "sharing", on=True)
    assert agreed.ephemeral
    assert "are now added to those of all servers" in shown(agreed)
    assert "no longer added" in shown(await manager.slash(world.channel, "sharing", on=False))
    assert "sharing" not in world.ana.available_commands(world.channel)
