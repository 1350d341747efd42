"""The one place that starts long-lived tasks, watches them and stops them, and that waits for short ones at the end."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

RESTART_PAUSE = 5.0
"""Seconds before a task that failed is started again."""


class Tasks:
    """Long-lived tasks of one bot. A task that fails is logged and started again; `stop` ends them all."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failed: set[str] = set()

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` until `stop`. It starts in an empty context, so that it belongs to no command."""
        if name in self._running:
            raise RuntimeError(f"the task {name} already runs")
        self._running[name] = contextvars.Context().run(
            asyncio.create_task, self._watch(name, work), name=f"ending-bot-{name}"
        )

    async def _watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except Exception:
                log.exception("task failed, starting it again", task=name, pause=RESTART_PAUSE)
                self._failed.add(name)
                await asyncio.sleep(RESTART_PAUSE)
                self._failed.discard(name)

    def health(self) -> dict[str, bool]:
        """For each task whether it is well: it runs, or has done all that it had to; not while it waits to restart."""
        return {
            name: name not in self._failed and (not task.done() or _ended_well(task))
            for name, task in self._running.items()
        }

    async def stop(self) -> None:
        """Cancel every task and wait until each has ended."""
        tasks, self._running = list(self._running.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ended_well(done: asyncio.Future[Any]) -> bool:
    return not done.cancelled() and done.exception() is None


async def within(seconds: float, what: str, work: Awaitable[object]) -> bool:
    """Do a step of the end, but for no longer than this: what hangs is cancelled, logged and left. True if it was done.

    A step that fails is logged too, because the next ones must still be taken.
    """
    step = asyncio.ensure_future(work)
    # Not wait_for, which waits on for a step that does not let itself be cancelled.
    await asyncio.wait({step}, timeout=seconds)
    if not step.done():
        log.warning("gave up a step of the end", step=what, seconds=round(seconds, 1))
        step.cancel()
        return False
    if not step.cancelled() and (error := step.exception()) is not None:
        log.error("a step of the end failed", step=what, exc_info=error)
    return _ended_well(step)


class Errands:
    """Counts what is being answered just now, `with` it as its context, so that the end can wait for it."""

    def __init__(self) -> None:
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        self._running += 1
        self._idle.clear()

    def __exit__(self, *_error: object) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    async def done(self) -> None:
        """Wait until nothing is being answered."""
        await self._idle.wait()
