"""Closing polls on time, once, also those that fell due while the program was off."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.clock import Clock
from bot.polls.board import Board
from bot.polls.records import MiscountError, Records, Unsent

log = structlog.get_logger(__name__)

LONGEST_NAP = 30.0
"""Seconds after which the closer looks again, whatever it expects: clocks jump, and other processes open polls."""
SOON = timedelta(seconds=1)
"""When to look again at a poll that another process has."""
SIDE_BY_SIDE = 8
"""Polls that Discord is told of at once: one that it keeps waiting must not hold up the others."""


class Closer:
    """Closes polls. The result stands in the database before any message shows it.

    Several processes may do so on one database: each poll is closed, and each message sent, by the one that takes it.
    Each looks after the polls of its own shards, and after what others are late with (`records.TAKEOVER`).
    """

    def __init__(self, records: Records, board: Board, clock: Clock) -> None:
        self._records = records
        self._board = board
        self._clock = clock
        self._wake = asyncio.Event()
        self._miscounted: set[int] = set()
        self._telling: set[int] = set()
        self._places = asyncio.Semaphore(SIDE_BY_SIDE)

    def expect(self) -> None:
        """Say that a poll was opened, so that the closer looks when the next one is due."""
        self._wake.set()

    async def run(self) -> None:
        """Close what is due, until cancelled."""
        await self._records.release_results()
        # What an earlier run had begun, it has also ended.
        self._telling.clear()
        async with asyncio.TaskGroup() as telling:
            while True:
                # One moment for all questions: what falls due between two would be neither due nor next.
                now = self._clock()
                passed_over = await self._close_all_due(now)
                self._begin_to_tell(await self._records.unsent(now), telling)
                next_due = now + SOON if passed_over else await self._records.next_due(now)
                self._wake.clear()
                # Not wait_for: in Python 3.11 it loses a cancellation that comes together with `expect`.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._nap(next_due)):
                        await self._wake.wait()

    def _nap(self, next_due: datetime | None) -> float:
        if next_due is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.1, (next_due - self._clock()).total_seconds()))

    async def close_due(self) -> None:
        """Close every poll whose time has come, and show every result that is not shown yet."""
        now = self._clock()
        await self._close_all_due(now)
        unsent = await self._records.unsent(now)
        async with asyncio.TaskGroup() as telling:
            self._begin_to_tell(unsent, telling)

    async def _close_all_due(self, now: datetime) -> bool:
        """Close polls. True if one was passed over because another process has it, which may yet fail."""
        due = [poll_id for poll_id in await self._records.due(now) if poll_id not in self._miscounted]
        closed = [await self._close(poll_id) for poll_id in due]
        await self._records.remind_due(now)
        return not all(closed)

    async def _close(self, poll_id: int) -> bool:
        try:
            return await self._records.close(poll_id, self._clock(), None, by_clock=True)
        except MiscountError:
            # Until the next start: nothing changes by trying again, and no vote is taken after the time.
            self._miscounted.add(poll_id)
            log.exception("a poll stays open because its ballots do not add up", poll=poll_id)
            return True

    def _begin_to_tell(self, unsent: Sequence[Unsent], telling: asyncio.TaskGroup) -> None:
        """Start giving Discord messages: the polls side by side, but each poll's one after the other."""
        for poll_id, messages in groupby(unsent, lambda each: each.poll_id):
            if poll_id not in self._telling:
                self._telling.add(poll_id)
                telling.create_task(self._tell_in_turn(poll_id, list(messages)))

    async def _tell_in_turn(self, poll_id: int, messages: Sequence[Unsent]) -> None:
        try:
            async with self._places:
                await self._tell(messages)
        except Exception:
            # Nothing that befalls one poll may end the telling of the others.
            log.exception("could not tell of a poll, trying again", poll=poll_id)
        finally:
            self._telling.discard(poll_id)

    async def _tell(self, messages: Sequence[Unsent]) -> None:
        for unsent in messages:
            if not await self._board.deliver(unsent):
                # Somebody else is at it; what comes after must not overtake them.
                return

    async def close(self, poll_id: int, closed_by: int, *, cancelled: bool = False) -> bool:
        """Close a poll early, or cancel it. False if it was closed already."""
        closed = await self._records.close(poll_id, self._clock(), closed_by, cancelled=cancelled)
        await self._tell([unsent for unsent in await self._records.unsent() if unsent.poll_id == poll_id])
        return closed
