"""The one place that starts long-lived tasks, watches them and stops them, and that waits for short ones at the end."""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

RESTART_PAUSE = 5.0
"""Seconds before a task that failed is started again."""


class Tasks:
    """Long-lived tasks of one bot. A task that fails is logged and started again; `stop` ends them all."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}

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
                await asyncio.sleep(RESTART_PAUSE)

    async def stop(self) -> None:
        """Cancel every task and wait until each has ended."""
        tasks, self._running = list(self._running.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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

    async def done(self, seconds: float) -> None:
        """Wait until nothing is being answered, but not for longer than this."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
