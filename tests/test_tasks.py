"""Long-lived tasks are watched: one that fails is logged and started again, and all end when told to."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from bot import tasks
from bot.tasks import Errands, Tasks, within


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


async def test_the_end_waits_for_what_is_being_answered() -> None:
    errands = Errands()
    await errands.done()
    with errands:
        ended = asyncio.ensure_future(errands.done())
        await asyncio.sleep(0)
        assert not ended.done()
    await asyncio.wait_for(ended, 5)


async def test_a_step_of_the_end_that_hangs_or_fails_is_left_and_the_next_ones_are_taken() -> None:
    async def stubborn() -> None:
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await let_go.wait()

    async def broken() -> None:
        raise OSError("no network")

    let_go = asyncio.Event()
    with capture_logs() as logged:
        assert not await within(0.01, "a hanging step", stubborn())
        assert not await within(30, "a broken step", broken())
        assert await within(30, "a good step", asyncio.sleep(0))
    let_go.set()
    assert [(line["log_level"], line["step"]) for line in logged] == [
        ("warning", "a hanging step"),
        ("error", "a broken step"),
    ]


async def test_a_task_is_well_while_it_runs_and_when_it_has_done_its_work_but_not_while_it_waits_to_restart() -> None:
    async def endless() -> None:
        await asyncio.Event().wait()

    async def short() -> None:
        short_done.set()

    async def broken() -> None:
        tried.set()
        raise OSError("no network")

    short_done, tried = asyncio.Event(), asyncio.Event()
    kept = Tasks()
    kept.keep("endless", endless)
    kept.keep("short", short)
    kept.keep("broken", broken)
    await asyncio.gather(short_done.wait(), tried.wait())
    await asyncio.sleep(0)
    assert kept.health() == {"endless": True, "short": True, "broken": False}
    await kept.stop()
