"""Answers don't flood a channel, can be taken out of it again, and are found in its messages."""

import discord
import pytest
from simcord.results import InteractionResult

from bot.answers.cards import POSTED_WITH, found_card
from bot.answers.cog import MENU
from bot.film.pack import Pack
from bot.layout import BYTES_FOR_EACH_TEXT, measure
from bot.servers.records import ServerRules
from tests.discord.world import World, labels, parts_of, shown

MINUTE = 60.0


async def ask(world: World, command: str = "ending", **options: str) -> InteractionResult:
    return await world.ana.slash(world.channel, command, **options)


def message_of(answer: InteractionResult) -> discord.Message:
    assert answer.response is not None
    return answer.response.message


def posted(world: World) -> int:
    """How many messages everybody in the channel sees."""
    return len([message for message in world.channel.history() if not message.flags.ephemeral])


async def test_a_message_is_looked_up_privately_and_the_answer_can_be_shared(world: World, her: Pack) -> None:
    message = await world.ben.send(world.channel, "So why did Samantha leave?")
    answer = await world.ana.context_menu(world.channel, MENU, message)
    assert answer.ephemeral
    assert her.topics["why-samantha-left"].title in shown(answer)
    shared = await world.ana.click(message_of(answer), label="Share with everyone")
    assert not shared.ephemeral
    assert f"Shared by {world.ana.mention}" in shown(shared)


async def test_a_message_that_the_sources_do_not_answer_gets_the_honest_card(world: World) -> None:
    message = await world.ben.send(world.channel, "qqq zzz xxx")
    answer = await world.ana.context_menu(world.channel, MENU, message)
    assert answer.ephemeral
    assert "The sources don’t say" in shown(answer)


async def test_of_a_long_message_the_beginning_counts(world: World) -> None:
    message = await world.ben.send(world.channel, "qqq zzz " * 25 + "samantha")
    assert "The sources don’t say" in shown(await world.ana.context_menu(world.channel, MENU, message))


async def test_hidden_words_of_a_message_are_understood_and_not_repeated(world: World, her: Pack) -> None:
    message = await world.ben.send(world.channel, "so ||why did samantha leave||")
    text = shown(await world.ana.context_menu(world.channel, MENU, message))
    assert her.topics["why-samantha-left"].title in text
    assert "why did samantha leave" not in text


async def test_a_message_without_words_is_answered_kindly(world: World) -> None:
    picture = await world.ben.send(world.channel, attachments=[("still.png", b"png")])
    answer = await world.ana.context_menu(world.channel, MENU, picture)
    assert answer.ephemeral
    assert "That message has no words that I could look up" in shown(answer)


async def test_a_forwarded_message_is_looked_up_too(world: World, her: Pack) -> None:
    elsewhere = world.guild.create_text_channel("elsewhere")
    forwarded = await world.ben.forward(await world.ben.send(elsewhere, "why did samantha leave"), world.channel)
    answer = await world.ana.context_menu(world.channel, MENU, forwarded)
    assert her.topics["why-samantha-left"].title in shown(answer)


ANSWERS = {
    "ending": {"topic": "grief"},
    "quote": {"about": "love"},
    "timeline": {},
    "sources": {},
    "discuss": {},
}


@pytest.mark.parametrize("command", ANSWERS)
async def test_who_asked_can_delete_a_public_answer_at_any_age(world: World, command: str) -> None:
    answer = await ask(world, command, **ANSWERS[command])
    await world.env.advance_time(3 * 24 * 60 * MINUTE)
    await world.ana.click(message_of(answer), label="Delete")
    assert posted(world) == 0


@pytest.mark.parametrize("command", ANSWERS)
async def test_every_private_answer_can_be_shared_and_then_deleted_by_who_shared_it(world: World, command: str) -> None:
    private = await ask(world, command, **ANSWERS[command], show="me")
    assert "Delete" not in labels(private)
    assert posted(world) == 0
    shared = await world.ana.click(message_of(private), label="Share with everyone")
    assert f"Shared by {world.ana.mention}" in shown(shared)
    assert shown(private).splitlines()[1] in shown(shared)
    await world.ana.click(message_of(shared), label="Delete")
    assert posted(world) == 0


async def test_who_may_manage_messages_can_delete_an_answer_and_others_are_told_kindly(world: World) -> None:
    answer = await ask(world, "timeline")
    carla = world.guild.add_member(world.env.create_user("carla"))
    told = await carla.click(message_of(answer), label="Delete")
    assert told.ephemeral
    assert "Only who asked for this answer" in shown(told)
    assert posted(world) == 1
    await world.ben.click(message_of(answer), label="Delete")
    assert posted(world) == 0


async def test_delete_works_after_a_restart(world: World) -> None:
    answer = await ask(world, "timeline")
    await world.restart()
    await world.ana.click(message_of(answer), label="Delete")
    assert posted(world) == 0


@pytest.mark.parametrize(
    ("command", "first", "again"),
    [
        ("ending", {"topic": "why did samantha leave"}, {"topic": "why-samantha-left"}),
        ("quote", {"about": "love"}, {"about": " Love"}),
        ("timeline", {}, {}),
        ("sources", {}, {"show": "everyone"}),
    ],
)
async def test_what_was_answered_here_just_now_is_pointed_to_instead_of_posted_again(
    world: World, command: str, first: dict[str, str], again: dict[str, str]
) -> None:
    answer = await ask(world, command, **first)
    await world.env.advance_time(9 * MINUTE)
    repeated = await world.ben.slash(world.channel, command, **again)
    assert repeated.ephemeral
    link = f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{message_of(answer).id}"
    asked_at = int(message_of(answer).created_at.timestamp())
    assert shown(repeated).splitlines()[1] == f"Answered here <t:{asked_at}:R>: {link}"
    assert shown(answer).splitlines()[1] in shown(repeated)
    assert posted(world) == 1
    shared = await world.ben.click(message_of(repeated), label="Share with everyone")
    assert not shared.ephemeral
    assert posted(world) == 2


async def test_an_answer_is_posted_again_after_ten_minutes_or_in_another_channel(world: World) -> None:
    await ask(world, topic="grief")
    elsewhere = world.guild.create_text_channel("elsewhere")
    assert not (await world.ana.slash(elsewhere, "ending", topic="grief")).ephemeral
    await world.env.advance_time(10 * MINUTE)
    assert not (await ask(world, topic="grief")).ephemeral


async def test_an_answer_that_was_deleted_is_given_anew(world: World) -> None:
    await world.ana.click(message_of(await ask(world, topic="grief")), label="Delete")
    assert not (await ask(world, topic="grief")).ephemeral


async def test_a_private_answer_is_no_earlier_answer_until_it_is_shared(world: World) -> None:
    private = await ask(world, topic="grief", show="me")
    assert not (await ask(world, topic="grief")).ephemeral
    other = await ask(world, topic="rooftop", show="me")
    await world.ana.click(message_of(other), label="Share with everyone")
    assert (await world.ben.slash(world.channel, "ending", topic="rooftop")).ephemeral
    assert "Answered here" not in shown(private)


async def test_in_direct_messages_every_question_is_answered(world: World) -> None:
    user = world.env.create_user("carla")
    first = await user.slash("ending", topic="grief")
    again = await user.slash("ending", topic="grief")
    assert "Answered here" not in shown(again)
    assert shown(again) == shown(first)


async def test_what_posting_adds_to_a_card_is_reckoned_with_when_a_pack_is_checked(world: World, her: Pack) -> None:
    await ServerRules(world.bot.store).change(world.guild.id, "always", None)
    bare = measure(found_card(her, her.topics["grief"], private=False))
    private = await ask(world, topic="grief", show="me")
    shared = await world.ana.click(message_of(private), label="Share with everyone")
    repeated = await ask(world, topic="grief")
    for answer in (private, shared, repeated):
        sent = list(parts_of(answer))
        texts = [part["content"] for part in sent if "content" in part]
        assert len(sent) <= bare.components + POSTED_WITH.components
        assert sum(map(len, texts)) <= bare.characters + POSTED_WITH.characters
        encoded = sum(len(text.encode()) + BYTES_FOR_EACH_TEXT for text in texts)
        assert encoded <= bare.encoded + POSTED_WITH.encoded
