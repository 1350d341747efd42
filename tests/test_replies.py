"""An answer that takes long is deferred before Discord gives up, and comes all the same.

The simulated Discord has no real time, so these tests put a recording stand-in where the interaction's response is.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import aiohttp
import discord
import pytest

from bot import replies
from bot.layout import Card
from bot.replies import in_time, reply_ready


@dataclass
class Response:
    """Records how it was deferred."""

    deferred: list[dict[str, Any]] = field(default_factory=list)

    def is_done(self) -> bool:
        return bool(self.deferred)

    async def defer(self, **options: Any) -> None:
        self.deferred.append(options)


@dataclass
class Waiting:
    """An interaction that waits for an answer."""

    response: Response = field(default_factory=Response)


async def after(seconds: float, result: str = "done") -> str:
    await asyncio.sleep(seconds)
    return result


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "PATIENCE", 0.02)


async def test_quick_work_is_answered_without_a_detour() -> None:
    waiting = Waiting()
    assert await in_time(cast("discord.Interaction", waiting), after(0)) == "done"
    assert waiting.response.deferred == []


@pytest.mark.parametrize("private", [True, False])
async def test_slow_work_is_deferred_first_for_the_same_eyes(private: bool) -> None:
    waiting = Waiting()
    assert await in_time(cast("discord.Interaction", waiting), after(0.1), private=private) == "done"
    assert waiting.response.deferred == [{"ephemeral": private, "thinking": True}]


async def test_a_failure_of_the_work_is_the_callers_to_answer() -> None:
    async def fail() -> None:
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        await in_time(cast("discord.Interaction", Waiting()), fail())


async def test_work_is_not_left_running_when_the_answer_is_called_off() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    answering = asyncio.create_task(in_time(cast("discord.Interaction", Waiting()), work()))
    await asyncio.sleep(0.05)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    await asyncio.wait_for(ended.wait(), 1)


async def test_an_answer_made_before_is_sent_once_more_where_the_connection_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = AsyncMock(side_effect=[aiohttp.ServerDisconnectedError(), True])
    monkeypatch.setattr(replies, "respond", tries)
    interaction = Mock()
    interaction.response.is_done.return_value = False

    await reply_ready(cast("discord.Interaction", interaction), b"{}", lambda: Card().text("Words"))
    assert tries.await_count == 2
