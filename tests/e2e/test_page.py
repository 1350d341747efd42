"""The page in a browser: asking, quoting and voting as two members do it, and polls that keep their promises."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.polls.chart import WIDTH
from tests.e2e.conftest import RunPreview
from tests.e2e.driver import Channel

pytestmark = pytest.mark.browser

QUESTION = "How did the ending of Her (2013) leave you?"
SOURCES = ("FindThisMovie (long)", "Screen Rant (repost)", "FindThisMovie (emotional)", "Nick Fore")
PACE = 15_000
"""Milliseconds for what the bot does by itself: a poll's message follows its votes within 5 seconds."""


async def test_samantha_is_picked_from_the_completions_and_every_source_speaks(preview: RunPreview, tab: Page) -> None:
    async with preview() as address:
        channel = await Channel.open(tab, address)
        await channel.use("ending", "topic", "sam", "Samantha")
        card = channel.card("Where they differ")
        for text in ("Samantha", "Her (2013)", "Why Samantha leaves", *SOURCES, "Where they differ"):
            await expect(card).to_contain_text(text)


async def test_the_letter_is_quoted_in_its_three_parts_in_order(preview: RunPreview, tab: Page) -> None:
    async with preview() as address:
        channel = await Channel.open(tab, address)
        await channel.use("quote", "about", "letter", "What the letter to Catherine says")
        card = channel.card("The letter")
        parts = ("What he is sorry for", "What she gave him", "What he wishes her")
        await expect(card).to_contain_text(parts[0])
        shown = await card.inner_text()
        assert [text for text in shown.splitlines() if text.endswith(parts)] == [
            "1. What he is sorry for",
            "2. What she gave him",
            "3. What he wishes her",
        ]


async def test_two_members_vote_and_the_tally_shows_both(preview: RunPreview, tab: Page) -> None:
    async with preview() as address:
        channel = await Channel.open(tab, address)
        await channel.use("poll")
        poll = channel.card(QUESTION)
        await expect(poll).to_contain_text("0 votes so far")

        await channel.press("C Bittersweet")
        answer = channel.card("Your vote for C Bittersweet is counted.")
        await expect(answer).to_contain_text("Only you can see this")

        await channel.view_as("Viewer Two")
        await expect(poll).to_be_visible()
        await expect(channel.messages.filter(has_text="Your vote")).to_have_count(0)
        await channel.press("B Sad")
        answer = channel.card("Your vote for B Sad is counted.")
        await expect(answer).to_contain_text("Only you can see this")

        await expect(poll).to_contain_text("2 votes so far", timeout=PACE)


async def test_a_poll_closes_by_itself_and_the_page_shows_its_chart(
    preview: RunPreview, tab: Page, database: Path
) -> None:
    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        await channel.use("poll")
        await channel.press("C Bittersweet")
    _close_in(database, seconds=5)

    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        result = channel.card("when its time was up")
        await expect(result).to_contain_text("Most votes: Bittersweet, with 1 of 1.", timeout=PACE)
        chart = result.locator("img[alt^='Bar chart']")
        await expect(chart).to_have_js_property("naturalWidth", WIDTH)
        await expect(result.get_by_role("button", name="C Bittersweet")).to_have_count(0)


async def test_a_poll_that_fell_due_while_the_preview_was_off_shows_its_result_and_no_new_one_opens(
    preview: RunPreview, tab: Page, database: Path
) -> None:
    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        await channel.use("poll")
        await channel.press("C Bittersweet")
    _close_in(database, seconds=-60)

    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        await expect(channel.card("when its time was up")).to_contain_text("with 1 of 1.", timeout=PACE)
        await expect(channel.messages).to_have_count(1)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM polls").fetchone() == (1,)


async def test_the_empty_page_says_what_to_type(preview: RunPreview, tab: Page) -> None:
    async with preview() as address:
        await Channel.open(tab, address)
        await expect(tab.locator("#channel-topic")).to_contain_text("Type /ending, /quote or /poll")


async def test_a_restarted_preview_keeps_the_votes_and_counts_a_changed_one_once(
    preview: RunPreview, tab: Page, database: Path
) -> None:
    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        await channel.use("poll")
        await channel.press("C Bittersweet")
        await channel.view_as("Viewer Two")
        await channel.press("B Sad")

    async with preview(database) as address:
        channel = await Channel.open(tab, address)
        poll = channel.card(QUESTION)
        await expect(poll).to_contain_text("2 votes so far")

        await channel.press("A Happy")
        await expect(channel.card("Changed: your vote is now for A Happy.")).to_be_visible()
        await expect(poll).to_contain_text("50% · 1 voteB Sad", timeout=PACE)
        await expect(poll).to_contain_text("2 votes so far")


async def test_a_related_topic_answers_only_the_member_who_asked(preview: RunPreview, tab: Page) -> None:
    async with preview() as address:
        channel = await Channel.open(tab, address)
        await channel.use("ending", "topic", "why samantha l", "Why Samantha leaves")
        await channel.press("Where the OSes go", channel.card("Why Samantha leaves"))
        answer = channel.card("Share with everyone")
        await expect(answer).to_contain_text("Only you can see this")

        await channel.view_as("Viewer Two")
        await expect(channel.card("Why Samantha leaves")).to_be_visible()
        await expect(channel.messages).to_have_count(1)


def _close_in(database: Path, seconds: int) -> None:
    """Move the end of the open poll: the bot itself refuses polls that are shorter than five minutes."""
    with closing(sqlite3.connect(database)) as connection, connection:
        moved = connection.execute(
            "UPDATE polls SET closes_at = ? WHERE closed_at IS NULL", (int(time.time()) + seconds,)
        )
        assert moved.rowcount == 1
