"""Long-lived tasks are watched: one that fails is logged and started again, and all end when told to."""

import asyncio

import pytest

from bot import tasks
from bot.tasks import Errands, Tasks


async def test_a_task_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "RESTART_PAUSE", 0.0)
    runs = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("first try")
        done.set()

    kept = Tasks()
    kept.keep("work", work)
    await asyncio.wait_for(done.wait(), 5)
    await kept.stop()
    assert runs == 2


async def test_stopping_ends_every_task() -> None:
    ended = []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    kept = Tasks()
    kept.keep("one", lambda: work("one"))
    kept.keep("two", lambda: work("two"))
    await asyncio.sleep(0)
    await kept.stop()
    assert sorted(ended) == ["one", "two"]


async def test_the_same_task_does_not_run_twice() -> None:
    kept = Tasks()
    kept.keep("work", asyncio.Event().wait)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="already runs"):
        kept.keep("work", asyncio.Event().wait)  # type: ignore[arg-type]
    await kept.stop()


async def test_the_end_waits_for_what_is_being_answered_but_not_for_ever() -> None:
    errands = Errands()
    await errands.done(0)
    with errands:
        ended = asyncio.ensure_future(errands.done(60))
        await asyncio.sleep(0)
        assert not ended.done()
        await errands.done(0.01)
    await asyncio.wait_for(ended, 5)
