"""Take the README's pictures from the local page: scripts/screenshots.py [FOLDER], by default docs/images."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Locator, expect

ROOT = Path(__file__).resolve().parent.parent
# A script finds its own folder only; the browser's driver is the tests' one.
sys.path.insert(0, str(ROOT))

from tests.e2e.driver import Channel, open_browser, open_tab, run_preview  # noqa: E402

WIDTH = 900
HEIGHT = 2400
"""High enough for the longest card: what is scrolled out of the channel can't be pictured."""
SCALE = 1.5
SOON = 15_000
"""Milliseconds for a tally that follows its votes."""


async def take(folder: Path) -> None:
    """Ask, vote and close a poll, and picture each card."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workplace:
        async with (
            run_preview(Path(workplace)) as address,
            open_browser() as browser,
            open_tab(browser, width=WIDTH, height=HEIGHT, scale=SCALE) as tab,
        ):
            channel = await Channel.open(tab, address)
            await channel.use("ending", "topic", "why samantha l", "Why Samantha leaves")
            await _picture(channel.card("Why Samantha leaves"), folder / "ending.png")

            await channel.use("poll")
            poll = channel.card("How did the ending")
            await channel.press("C Bittersweet")
            await channel.view_as("Viewer Two")
            await channel.press("B Sad")
            await expect(poll).to_contain_text("2 votes so far", timeout=SOON)
            await _picture(poll, folder / "poll.png")

            await channel.view_as("Viewer One")
            await channel.press("Close the poll", poll)
            await channel.press("Close it now")
            chart = tab.locator("img[alt^='Bar chart']")
            await expect(chart).not_to_have_js_property("naturalWidth", 0)
            result = channel.messages.filter(has=chart)
            await _picture(result, folder / "result.png")


async def _picture(message: Locator, path: Path) -> None:
    """Save a message's card without the page around it."""
    await message.page.mouse.move(0, 0)
    await message.locator(".message-components").screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"))
