"""A poll closes on time, whatever the moment at which its time is up."""

import asyncio
from datetime import datetime, timedelta
from typing import cast

import pytest

from bot.polls.board import Board
from bot.polls.closing import LONGEST_NAP, Closer
from bot.polls.records import Records
from bot.store.engine import Store
from tests.conftest import HandClock
from tests.polls.drafts import draft

AT_ONCE = 20.0
"""Seconds that suffice for anything that sleeps for none."""


class LeapingClock:
    """Stands before a poll's end until it has been looked at once, and then after it."""

    def __init__(self, end: datetime) -> None:
        self.moments = [end - timedelta(milliseconds=1)]
        self.after = end + timedelta(milliseconds=1)

    def __call__(self) -> datetime:
        return self.moments.pop() if self.moments else self.after


class SilentBoard:
    """Shows nothing."""

    async def deliver(self, _unsent: object) -> bool:
        return False


async def test_a_poll_whose_time_is_up_while_the_closer_looks_is_closed_at_once(store: Store, clock: HandClock) -> None:
    assert AT_ONCE < LONGEST_NAP
    records = Records(store)
    standing, _ = await records.open(draft(), clock())
    closer = Closer(records, cast("Board", SilentBoard()), LeapingClock(standing.poll.closes_at))
    closing = asyncio.create_task(closer.run())
    try:
        async with asyncio.timeout(AT_ONCE):
            # The database sends no event.
            while (found := await records.get(standing.poll.id)) and found.poll.is_open:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail("it slept over the end of the poll")
    finally:
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
