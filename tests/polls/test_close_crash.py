"""A poll is closed exactly once, wherever the program dies while it closes it.

The closing is driven await by await, and at each in turn something that is no `Exception` is raised there, so that no
handler of errors sees it: what the database holds then is what a killed process leaves. Then everything is built anew
on the same database, as a start does, and the closing runs again.
"""

import asyncio
import contextlib
import gc
import os
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import discord
import pytest
from sqlalchemy import select

from bot.film.library import Library
from bot.polls.board import Board
from bot.polls.closing import Closer
from bot.polls.ledger import Ledger
from bot.polls.records import CLAIM, Records
from bot.polls.rules import Tally
from bot.polls.together import Everywhere
from bot.store.engine import Store, open_store
from bot.store.tables import ballots, polls
from tests.conftest import HandClock
from tests.house import HandHouse
from tests.polls.drafts import OPENER, draft, no_letters
from tests.polls.test_ledger import running

RESULT = "Most votes: **Sad**, with 2 of 3."
NONCE_MEMORY = timedelta(minutes=3)
"""How long the stand-in knows a nonce again; Discord says “the past few minutes”."""
MOST_AWAITS = 1_000


class KilledError(BaseException):
    """The program ends here."""


class KilledAt:
    """Awaits the closing and its task, and kills them at their n-th await. `survived` if they have fewer.

    While its task runs, the closing itself only waits for that; this await is not counted.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], at: int) -> None:
        self._work = work
        self._left = at
        self._tasks = 0
        self.survived = True

    def __await__(self) -> Generator[Any, Any, None]:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(self._new_task)
        try:
            yield from self._steps(self._work, is_task=False)
        finally:
            loop.set_task_factory(None)

    def _new_task(self, loop: asyncio.AbstractEventLoop, work: Any, **named: Any) -> asyncio.Task[Any]:
        if work.cr_code is not Closer._tell_in_turn.__code__:
            # The database layer's, which gives back connections.
            return asyncio.Task(work, loop=loop, **named)
        self._tasks += 1
        return asyncio.Task(self._task(work), loop=loop, **named)

    async def _task(self, work: Coroutine[Any, Any, Any]) -> None:
        # Killed, it can tell nobody of it: who waits for it dies at its own next step.
        with contextlib.suppress(KilledError):
            await Steps(self._steps(work, is_task=True))
        self._tasks -= 1

    def _steps(self, work: Coroutine[Any, Any, Any], *, is_task: bool) -> Generator[Any, Any, None]:
        steps = work.__await__()
        is_dying = False
        with contextlib.suppress(StopIteration):
            waiting = next(steps)
            while True:
                if self.survived and (is_task or not self._tasks):
                    self._left -= 1
                    self.survived = self._left >= 0
                if self.survived or is_dying:
                    yield waiting
                if self.survived or is_dying:
                    # Dying, the database layer undoes the transaction, as a database does for a client that is gone.
                    waiting = next(steps)
                else:
                    is_dying = True
                    # What it waits for goes on without it, as a commit under way does.
                    waiting = steps.throw(KilledError())


@dataclass
class Steps:
    """What a generator yields, as something to await."""

    steps: Generator[Any, Any, None]

    def __await__(self) -> Generator[Any, Any, None]:
        return self.steps


async def a_while() -> None:
    """The shortest time that something can take."""
    await asyncio.sleep(0)


@dataclass
class Message:
    """A message of the stand-in; what it says is in `text`. An edit takes a while before and after it is done."""

    id: int
    text: str
    created_at: datetime
    is_gone: bool = False
    before_edit: Callable[[], Awaitable[None]] = a_while

    async def edit(self, *, view: discord.ui.LayoutView, **_options: Any) -> None:
        await self.before_edit()
        if self.is_gone:
            raise discord.NotFound(cast("Any", type("Response", (), {"status": 404, "reason": "gone"})), "gone")
        self.text = words(view)
        await a_while()


@dataclass
class Channel:
    """A channel of the stand-in. It takes a message with a nonce once, as long as it remembers the nonce."""

    clock: HandClock
    messages: list[Message] = field(default_factory=list)
    nonces: dict[str, tuple[datetime, Message]] = field(default_factory=dict)
    after_post: Callable[[], Awaitable[None]] = a_while

    def get_partial_message(self, message_id: int) -> Message:
        return next(message for message in self.messages if message.id == message_id)

    async def send(self, content: str = "", *, nonce: str, view: discord.ui.LayoutView | None = None, **_: Any) -> Any:
        await a_while()
        known = self.nonces.get(nonce)
        if known is None or self.clock() - known[0] > NONCE_MEMORY:
            known = self.clock(), self.post(words(view) if view else content)
            self.nonces[nonce] = known
        await self.after_post()
        return known[1]

    def post(self, text: str) -> Message:
        message = Message(1_000 + len(self.messages), text, self.clock())
        self.messages.append(message)
        return message

    @property
    def results(self) -> list[Message]:
        """The messages that show a result; notices are no cards."""
        return [each for each in self.messages if not each.is_gone and RESULT in each.text and "## " in each.text]

    @property
    def notices(self) -> list[Message]:
        return [each for each in self.messages if each.text.startswith("The poll “") and RESULT in each.text]


def words(view: discord.ui.LayoutView) -> str:
    """What a card says."""
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay))


KILL_EVERY = int(os.environ.get("KILL_EVERY", "6"))
"""Kills at every n-th await: one round takes about half a second. KILL_EVERY=1 tries them all, in two minutes."""


@dataclass
class Program:
    """The bot's parts that close polls, as one start builds them."""

    store: Store
    records: Records
    board: Board
    closer: Closer

    @classmethod
    async def start(cls, database: str, library: Library, channels: dict[int, Channel], clock: HandClock) -> "Program":
        store = await open_store(database)
        records = Records(store)
        reach = cast("Callable[[int], discord.PartialMessageable]", channels.__getitem__)
        board = Board(records, Everywhere(store), library, HandHouse(), reach, no_letters, clock)
        return cls(store, records, board, Closer(records, board, clock))


@dataclass
class Scene:
    """One database on which a poll after the other is closed, each killed at a later await."""

    database: str
    library: Library
    clock: HandClock
    channels: dict[int, Channel] = field(default_factory=dict)
    awaits: int = 0

    async def program(self) -> Program:
        return await Program.start(self.database, self.library, self.channels, self.clock)

    async def new_poll(self, program: Program, *, is_gone: bool) -> int:
        """A poll with three votes, in a channel of its own, whose message may be deleted."""
        channel_id = len(self.channels) + 1
        channel = self.channels[channel_id] = Channel(self.clock)
        standing, _ = await program.records.open(draft(channel_id), self.clock())
        poll_id = standing.poll.id
        message = channel.post("the open poll")
        await program.records.posted(poll_id, message.id)
        async with running(Ledger(program.store, self.clock)) as ledger:
            await asyncio.gather(*(ledger.cast(poll_id, user, (min(user, 1),)) for user in range(3)))
        message.is_gone = is_gone
        return poll_id


@pytest.fixture(autouse=True)
def quick_collections() -> Iterator[None]:
    """Set aside what is there before the test, so that its many collections look only at what it makes."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def scene(database: str, library: Library, clock: HandClock) -> Scene:
    return Scene(database, library, clock)


async def assert_closed_once(program: Program, poll_id: int, channel: Channel) -> None:
    """One result with the right counts, a notice at most, nothing left to do and nothing that leads to a person."""
    standing = await program.records.get(poll_id)
    assert standing is not None
    assert standing.tally == Tally((1, 2, 0, 0, 0))
    assert not standing.poll.is_open
    assert len(channel.results) == 1
    assert standing.poll.message_id == channel.results[0].id
    assert len(channel.notices) <= 1
    assert await program.records.unsent() == []
    async with program.store.read() as connection:
        keys = select(polls.c.voter_key).where(polls.c.voter_key.is_not(None))
        assert (await connection.execute(keys)).all() == []
        assert (await connection.execute(select(ballots))).all() == []


async def key_of(program: Program, poll_id: int) -> bytes:
    async with program.store.read() as connection:
        return cast("bytes", (await connection.execute(select(polls.c.voter_key).filter_by(id=poll_id))).scalar_one())


def on_disk(database: str) -> bytes:
    """The bytes of SQLite's files; nothing for PostgreSQL, which promises nothing about them."""
    if not database.startswith("sqlite"):
        return b""
    file = Path(database.removeprefix("sqlite+aiosqlite:///"))
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*") if not path.name.endswith("-shm"))


def by_the_clock(program: Program, _poll_id: int) -> Coroutine[Any, Any, object]:
    return program.closer.close_due()


def by_a_member(program: Program, poll_id: int) -> Coroutine[Any, Any, object]:
    return program.closer.close(poll_id, OPENER)


@pytest.mark.parametrize(
    ("closing", "is_gone"),
    [
        pytest.param(by_the_clock, True, id="by the clock, its message deleted"),
        pytest.param(by_a_member, False, id="by a member"),
    ],
)
async def test_killed_at_any_await_a_poll_has_one_result_and_one_notice_at_most(
    scene: Scene, closing: Callable[[Program, int], Coroutine[Any, Any, object]], is_gone: bool
) -> None:
    noticed = rounds = 0
    for at in range(0, MOST_AWAITS, KILL_EVERY):
        rounds += 1
        first = await scene.program()
        poll_id = await scene.new_poll(first, is_gone=is_gone)
        key = await key_of(first, poll_id)
        scene.clock.move(timedelta(hours=1))
        attempt = KilledAt(closing(first, poll_id), at)
        with contextlib.suppress(KilledError):
            await attempt
        # The end of a process ends its transactions; here SQLite's lives on until its last cursor is collected.
        gc.collect()
        scene.clock.move(CLAIM)
        second = await scene.program()
        await second.closer.close_due()
        channel = scene.channels[poll_id]
        await assert_closed_once(second, poll_id, channel)
        # The first program's connections are still there, as its files are after a kill: nothing tidies up for it.
        assert key not in await asyncio.to_thread(on_disk, scene.database), f"killed at {at}, its key is on disk"
        noticed += len(channel.notices)
        await first.store.close()
        await second.store.close()
        if attempt.survived:
            break
    assert attempt.survived
    assert at > 20
    if is_gone:
        # The result is posted anew, and is its own notice.
        assert scene.channels[poll_id].notices == []
    else:
        # Only a kill around the sending itself may cost the notice.
        assert noticed > rounds / 2
        assert len(scene.channels[poll_id].notices) == 1
