"""Drives the local page like a member: starts the program, types commands, presses buttons, switches the member.

Nothing here waits for a fixed time; it waits for what the page itself reports.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, Playwright, async_playwright, expect

START = 30.0
"""Seconds that the program may take to serve its page."""
STOP = 15.0
"""Seconds that it may take to end after Ctrl-C."""
TRIES = 5

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_BROWSER = (
    "These tests need a Chromium and found none. Install one with `playwright install chromium`, "
    "or your system’s package: `apt install chromium`."
)
SETTINGS = ("DISCORD_TOKEN", "DATABASE_URL", "CONTENT_DIR", "DEFAULT_FILM", "LOG_LEVEL", "LOG_FORMAT")

# Playwright's own Response.json() waits for ever where the page doesn't read the answer, as it does with a 400.
KEEP_RECEIPTS = """() => {
    window.receipts = [];
    const send = window.fetch;
    window.fetch = async (path, options) => {
        const response = await send(path, options);
        if (path === "/api/action") {
            const {kind, value} = JSON.parse(options.body);
            response.clone().json().then(receipt => window.receipts.push({kind, value, receipt}));
        }
        return response;
    };
}"""
NEW_RECEIPT = """([seen, kind, value]) => window.receipts.slice(seen)
    .find(taken => taken.kind === kind && (value === null || taken.value === value))?.receipt"""

# The page takes an action only when the last one is done and its outcome is on the screen.
IDLE = """() => {
    const page = window.simcordPreview;
    return Boolean(page && page.ready && page.authorized && !page.pendingAction && !page.pendingQuery
        && (page.awaitingRevision === null || page.awaitingRevision <= page.publishedRevision));
}"""


class NoBrowser(Exception):
    """There is no Chromium on this computer; the text says what to install."""


def find_chromium(playwright: Playwright) -> str:
    """The path of the system's Chromium or Chrome, else of the one that Playwright installs.

    Raises:
        NoBrowser: there is none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    own = playwright.chromium.executable_path
    if not Path(own).exists():
        raise NoBrowser(NO_BROWSER)
    return own


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A headless Chromium.

    Raises:
        NoBrowser: there is none.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(playwright), args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_tab(browser: Browser, *, width: int = 1280, height: int = 1600, scale: float = 1) -> AsyncIterator[Page]:
    """An empty tab. Its context may evaluate JavaScript, which the page's own policy forbids."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, bypass_csp=True
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()


@asynccontextmanager
async def run_preview(folder: Path, database: Path | None = None) -> AsyncIterator[str]:
    """Run `python -m bot preview` in a folder and yield the page's address; at the end press Ctrl-C.

    Raises:
        AssertionError: it does not start, does not end well, says something went wrong, or leaves a process behind.
    """
    command = [sys.executable, "-m", "bot", "preview", "--no-browser", "--port", "0"]
    if database is not None:
        command += ["--database", str(database)]
    log = folder / "preview.log"
    with log.open("ab") as errors:
        # In a group of its own, so that whatever it starts can be told apart and counted.
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield await _address(process, log)
        # Not in `finally`: where the test has failed already, its own failure is the one to read.
        process.send_signal(signal.SIGINT)
        status = await asyncio.wait_for(process.wait(), STOP)
        said = log.read_text(encoding="utf-8")
        assert status == 0, f"Ctrl-C ended the preview with status {status}:\n{said}"
        assert "Traceback" not in said, f"The preview met an error:\n{said}"
        assert not _is_alive(process.pid), "The preview left a process behind."
    finally:
        if _is_alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _environment() -> Mapping[str, str]:
    """This environment without the settings of a bot that somebody runs on this computer."""
    return {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in SETTINGS}


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(START):
        async for line in process.stdout:
            if found := re.search(r"http://\S+", line.decode()):
                return found[0]
    said = await asyncio.to_thread(log.read_text, encoding="utf-8")
    raise AssertionError(f"The preview ended without serving a page:\n{said}")


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Channel:
    """The channel on the page, as the member sees it who is chosen there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages = page.locator("article.channel-message")

    @classmethod
    async def open(cls, page: Page, address: str) -> "Channel":
        """Load the page and wait until it takes commands."""
        channel = cls(page)
        await page.add_init_script(f"({KEEP_RECEIPTS})()")
        await page.goto(address)
        await channel.idle()
        return channel

    async def idle(self) -> None:
        """Wait until the page has shown the outcome of what was done last."""
        await self.page.wait_for_function(IDLE)

    def card(self, text: str) -> Locator:
        """The newest message that holds a text."""
        return self.messages.filter(has_text=text).last

    async def use(self, command: str, option: str | None = None, typed: str = "", choice: str = "") -> None:
        """Type a command, fill its option with a completion, and send it.

        `typed` goes into the field, and `choice` is the completion that is then taken. Optional options stay out.
        """
        await self.idle()
        composer = self.page.locator("#channel-composer-input")
        await composer.click()
        await composer.press_sequentially(f"/{command}")
        await expect(self.page.locator(".command-entry.is-active strong")).to_have_text(f"/{command}")
        await composer.press("Enter")
        if option is not None:
            await self._complete(option, typed, choice)
        # Not by Enter: while the page offers anything more, such as options to add, Enter takes that.
        await self._until_taken("run_command", self.page.locator("#send-message").click)
        await expect(composer).to_be_visible()

    async def _complete(self, option: str, typed: str, choice: str) -> None:
        field = self.page.locator(f'.command-option-input[data-option="{option}"]')
        await expect(field).to_be_focused()
        await expect(self.page.locator("#command-suggestion-listbox")).to_be_visible()

        async def type_anew() -> None:
            await field.fill("")
            await field.press_sequentially(typed)

        await self._until_taken("autocomplete_command", type_anew, typed)
        wanted = self.page.get_by_role("option", name=choice, exact=True)
        await expect(wanted).to_be_visible()
        value = await wanted.get_attribute("data-value") or ""
        place = int((await wanted.get_attribute("id") or "").rpartition("-")[2])
        for _ in range(place):
            await field.press("ArrowDown")
        await expect(wanted).to_have_attribute("aria-selected", "true")
        await field.press("Enter")
        await expect(field).to_have_value(value)

    async def press(self, label: str, on: Locator | None = None) -> None:
        """Press a button, the newest one with that label, and wait until the bot has answered."""
        button = (on or self.page).get_by_role("button", name=label, exact=True).last
        await self._until_taken("click", button.click)

    async def view_as(self, member: str) -> None:
        """See and use the page as another member."""
        picker = self.page.locator("#viewer-picker")

        async def pick() -> None:
            await picker.select_option(label=member)

        await self._until_taken("viewer", pick)

    async def _until_taken(self, kind: str, act: Callable[[], Awaitable[None]], value: str | None = None) -> None:
        """Do something that sends an action to the page's server, again where the page was just behind.

        The page refuses an action when the bot changed a message in the half second before, and says so.
        """
        for _ in range(TRIES):
            await self.idle()
            seen = await self.page.evaluate("window.receipts.length")
            await act()
            found = await self.page.wait_for_function(NEW_RECEIPT, arg=[seen, kind, value])
            receipt = await found.json_value()
            assert "error" not in receipt, receipt
            await self.idle()
            if not receipt["rejected"]:
                assert receipt["settlement"] == "settled", receipt
                return
            codes = {diagnostic["code"] for diagnostic in receipt["diagnostics"]}
            assert codes <= {"stale-revision", "busy"}, receipt
        raise AssertionError(f"The page refused {kind} {TRIES} times.")
