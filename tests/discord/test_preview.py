"""A preview that is started again shows the poll it kept, and opens none by itself; its page takes what members do."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.preview.page import _show_kept_poll
from bot.preview.turns import Turns
from tests.discord.world import World, labels, shown
from tests.polls.drafts import draft


async def kept_poll(world: World, duration: timedelta) -> int:
    """A poll that the database has and no message shows."""
    kept = replace(draft(world.channel.id, duration=duration), guild_id=world.guild.id)
    standing, _ = await world.bot.records.open(kept, world.env.now())
    return standing.poll.id


async def test_a_kept_poll_is_shown_as_the_bots_own_message_and_can_be_voted_in(world: World) -> None:
    poll_id = await kept_poll(world, timedelta(hours=1))

    await _show_kept_poll(world.bot, world.channel.id)

    (message,) = world.channel.history()
    assert message.interaction_metadata is None
    standing = await world.bot.records.get(poll_id)
    assert standing is not None
    assert standing.poll.message_id == message.id
    assert "C Bittersweet" in labels(message)
    assert "is counted" in shown(await world.ana.click(message, label="C Bittersweet"))


async def test_an_overdue_poll_is_not_opened_again(world: World) -> None:
    poll_id = await kept_poll(world, timedelta(seconds=-5))

    await _show_kept_poll(world.bot, world.channel.id)

    assert world.channel.history() == []
    assert await world.bot.records.get(poll_id + 1) is None


async def test_without_a_kept_poll_the_channel_stays_empty(world: World) -> None:
    await _show_kept_poll(world.bot, world.channel.id)

    assert world.channel.history() == []


async def test_what_a_member_does_while_the_page_is_refreshed_is_taken_afterwards(world: World) -> None:
    async with world.env.preview(world.channel, viewers=[world.ana, world.ben], layout="channel") as page:
        turns = Turns(page)
        shown_page = page._open_page()
        refresh = asyncio.create_task(turns.refresh())
        await asyncio.sleep(0)
        assert world.env._operation_label == "preview.refresh"

        receipt = await page._action(
            shown_page.id,
            {
                "kind": "viewer",
                "viewer_id": str(world.ben.id),
                "protocol_version": 3,
                "sequence": 1,
                "request_id": "one",
                "generation": shown_page.generation,
                "bot_generation": world.env._generation,
                "published_revision": shown_page.revision,
            },
        )

        assert refresh.done()
        assert receipt["settlement"] == "settled", receipt
        assert shown_page.viewer.id == world.ben.id
