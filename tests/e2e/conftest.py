"""What every test in the browser needs: a Chromium, a tab, and the preview as a process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.driver import NoBrowser, open_browser, open_tab, run_preview

RunPreview = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium. Without one the test fails: a skipped promise is not kept."""
    try:
        async with open_browser() as browser:
            yield browser
    except NoBrowser as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """An empty tab."""
    async with open_tab(browser) as page:
        yield page


@pytest.fixture
def preview(tmp_path: Path) -> RunPreview:
    """Runs `ending-bot preview`, with the database given or with none that is kept."""
    return partial(run_preview, tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where a preview may keep its polls."""
    return tmp_path / "polls.db"
