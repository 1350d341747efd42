"""What goes wrong is said in a sentence, and nothing a member wrote reaches the log."""

import logging
import re

import pytest
from discord import app_commands, ui
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Refusal, explain, named
from bot.film.library import Library
from bot.layout import measure
from bot.limits import Pace
from bot.logs import configure_logs
from bot.servers.cards import about_card
from tests.discord.world import World, components_of, open_world, shown

pytestmark = pytest.mark.usefixtures("logs_as_before")


async def test_a_fault_gets_a_number_for_the_member_and_the_trace_for_the_log(
    library: Library, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("info", "json")
    async with open_world(library, database, check_errors=False) as world:

        async def broken(*_arguments: object) -> None:
            raise ZeroDivisionError

        world.bot.records.open = broken  # type: ignore[method-assign,assignment]
        answer = await world.ana.slash(world.channel, "poll")
        assert answer.ephemeral
        number = re.search(r"the number \*\*([0-9A-F]{6})\*\*", shown(answer))
        assert number
        logged = capsys.readouterr().err
        assert number[1] in logged
        assert "ZeroDivisionError" in logged


async def test_what_a_member_typed_is_not_logged(
    library: Library, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("info", "people")
    async with open_world(library, database, check_errors=False) as world:
        world.bot.get_cog("Answers").index = None  # type: ignore[union-attr]
        await world.ana.slash(world.channel, "ending", topic="my-private-words")
        logged = capsys.readouterr().err
        assert "interaction failed" in logged
        assert "my-private-words" not in logged


async def test_a_button_of_an_older_version_gets_an_answer(world: World) -> None:
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(ui.Button(label="Old", custom_id="from-another-age"))
    view.add_item(row)
    channel = world.bot.get_partial_messageable(world.channel.id)
    with world.env._bot_scope():
        message = await channel.send(view=view)
    answer = await world.ana.click(world.message(message.id), label="Old")
    assert answer.ephemeral
    assert "older version" in shown(answer)


async def test_a_button_of_a_topic_or_poll_that_is_gone_gets_an_answer(world: World) -> None:
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for number, custom_id in enumerate(
        (
            "topic:her:gone",
            "topic:gone:gone",
            "poll:999:vote:0",
            "poll:999:mine",
            "poll:999:close",
            "quote:her:999:love",
        )
    ):
        if number == 5:
            view.add_item(row)
            row = ui.ActionRow()
        row.add_item(ui.Button(label=custom_id, custom_id=custom_id))
    view.add_item(row)
    with world.env._bot_scope():
        message = await world.bot.get_partial_messageable(world.channel.id).send(view=view)
    for custom_id, said in (
        ("topic:her:gone", "ask with /ending again"),
        ("topic:gone:gone", "I know: Her (2013)"),
        ("poll:999:vote:0", "I don’t know this poll any more"),
        ("poll:999:mine", "I don’t know this poll any more"),
        ("poll:999:close", "I don’t know this poll any more"),
        ("quote:her:999:love", "ask with /quote again"),
    ):
        answer = await world.ana.click(world.message(message.id), custom_id=custom_id)
        assert answer.ephemeral
        assert said in shown(answer)


async def test_a_member_who_is_too_quick_is_told_to_wait_and_others_are_not(world: World) -> None:
    world.bot.pace = Pace(uses=2, seconds=60)
    for _ in range(2):
        assert "About" in shown(await world.ana.slash(world.channel, "about"))
    slowed = await world.ana.slash(world.channel, "about")
    assert "That was quick! Nothing was done this time; please wait" in shown(slowed)
    assert "About" in shown(await world.ben.slash(world.channel, "about"))


async def test_too_quick_a_vote_is_not_counted_and_says_so(world: World) -> None:
    poll = await world.ana.slash(world.channel, "poll")
    assert poll.response is not None
    world.bot.presses = Pace(uses=1, seconds=60)
    await world.ana.click(poll.response.message, label="A Happy")
    assert "Nothing was done this time" in shown(await world.ana.click(poll.response.message, label="B Sad"))
    standing = await world.bot.records.get(1)
    assert standing is not None
    assert standing.tally.votes == (1, 0, 0, 0, 0)


def test_permissions_are_named_as_discords_settings_name_them() -> None:
    error = app_commands.BotMissingPermissions(["send_messages", "attach_files"])
    assert explain(error) == (
        "I lack permissions here: Send Messages, Attach Files. Someone who manages this channel can grant them."
    )
    assert named(["manage_guild"]) == "Manage Server"


def test_what_members_can_do_something_about_is_explained_and_faults_are_not() -> None:
    assert explain(Refusal("Do this instead.")) == "Do this instead."
    assert explain(app_commands.NoPrivateMessage()) == "That works in servers only. Please try it there."
    assert explain(ValueError("inner detail")) is None


@pytest.fixture(scope="module")
def quiet() -> None:
    logging.getLogger("discord").setLevel(logging.ERROR)


async def test_any_text_gets_an_answer_within_discords_limits(world: World, quiet: None) -> None:
    examples: list[str] = []

    @given(st.text(min_size=1, max_size=200))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def collect(text: str) -> None:
        examples.append(text)

    collect()
    for text in examples:
        for command, option in (("ending", "topic"), ("quote", "about"), ("poll", "duration")):
            value = text[:50] if command == "poll" else text
            answer = await world.ana.slash(world.channel, command, **{option: value})
            assert answer.acknowledged
            assert shown(answer).strip() or components_of(answer)
            assert len(shown(answer)) <= 4_000
        await world.ana.autocomplete(world.channel, "ending", "topic", text)
        await world.ana.autocomplete(world.channel, "poll", "duration", text[:50])


def test_measuring_counts_what_discord_counts(library: Library) -> None:
    size = measure(about_card(library))
    assert size.components == 6
    assert size.fits
