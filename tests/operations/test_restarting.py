"""While the bot ends, members are told so, and nothing is begun that could not be ended."""

import asyncio

from structlog.testing import capture_logs

from bot.client import EndingBot
from bot.film.library import Library
from bot.store.engine import Store
from tests.discord.world import World, shown

TOLD = "I’m just being restarted, so nothing was done. Please try again in a minute."


async def test_commands_and_buttons_get_a_private_answer_and_do_nothing(world: World) -> None:
    poll = await world.ana.slash(world.channel, "poll")
    assert poll.response is not None
    message = poll.response.message
    world.bot.stopping = True
    for answer in (
        await world.ben.slash(world.channel, "ending", topic="samantha"),
        await world.ben.slash(world.channel, "poll", own=True),
        await world.ben.click(message, label="B Sad"),
    ):
        assert answer.ephemeral
        assert shown(answer).strip() == TOLD
    world.bot.stopping = False
    standing = await world.bot.records.get(1)
    assert standing is not None
    assert sum(standing.tally.votes) == 0
    assert world.bot.measures.commands == {("poll", "answered"): 1, ("ending", "refused"): 1, ("poll", "refused"): 1}
    assert world.bot.measures.presses == {("VoteButton", "refused"): 1}


async def test_faults_refusals_and_answers_are_counted_apart(world: World) -> None:
    await world.ana.slash(world.channel, "about")
    await world.ana.slash(world.channel, "poll", duration="soon")
    assert world.bot.measures.commands == {("about", "answered"): 1, ("poll", "refused"): 1}


async def test_a_poll_is_shown_once_for_each_edit_that_is_counted(world: World) -> None:
    poll = await world.ana.slash(world.channel, "poll")
    assert poll.response is not None
    await world.ana.click(poll.response.message, label="B Sad")
    await world.bot.closer.close(1, 1)
    await world.delivered()
    assert world.bot.board.edits["shown"] >= 1
    assert world.bot.board.deliveries == {("result", "sent"): 1, ("notice", "sent"): 1}
    assert world.bot.ledger.outcomes == {"counted": 1}
    assert world.bot.ledger.batches.up_to()[0] == 1


async def test_the_end_waits_for_a_command_and_for_a_button_that_are_being_answered(
    store: Store, library: Library
) -> None:
    bot = EndingBot(library, store)
    answered = asyncio.Event()
    command = asyncio.create_task(answered.wait(), name="CommandTree-invoker")
    with bot.errands:
        last_words = asyncio.ensure_future(bot._last_words())
        await asyncio.sleep(0)
        answered.set()
        await command
        await asyncio.sleep(0)
        assert not last_words.done()
    await asyncio.wait_for(last_words, 30)
    waiting = asyncio.create_task(asyncio.Event().wait(), name="CommandTree-invoker")
    last_words = asyncio.ensure_future(bot._last_words())
    await asyncio.sleep(0)
    assert not last_words.done()
    waiting.cancel()
    await asyncio.wait_for(last_words, 30)
    await bot.close()


async def test_a_bot_that_never_logged_in_ends_without_a_complaint_and_may_be_ended_twice(
    store: Store, library: Library
) -> None:
    bot = EndingBot(library, store)
    with capture_logs() as logged:
        await asyncio.gather(bot.close(), bot.close())
    assert [(line["log_level"], line["event"]) for line in logged] == [("info", "stopping")]
