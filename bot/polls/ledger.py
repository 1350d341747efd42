"""The ledger of votes: many votes become durable in one transaction, and each is answered after its commit."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.measures import Distribution
from bot.polls.records import POLL_COLUMNS, chosen, poll_from, tally_of
from bot.polls.rules import Poll, Tally, voter
from bot.store.engine import Store
from bot.store.tables import ballots, polls, tallies

QUEUE_LIMIT = 5_000
"""Votes that may wait at once; a further one waits for a place before it waits for its commit."""
BATCH_LIMIT = 512
"""Votes of one transaction; its SQL statements stay below SQLite's limit of 32,766 parameters."""

PACE = 0.01
"""Seconds between the starts of two transactions, so that votes share one; a vote after a pause waits for nothing."""
ENOUGH = 32
"""Votes that don't wait for more: a transaction's cost is small beside theirs."""


BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, BATCH_LIMIT)


class Outcome(Enum):
    """What became of a vote."""

    COUNTED = "counted"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    NO_BALLOT = "no ballot"
    TOO_MANY = "too many options"
    BARRED = "not for this member"
    CLOSED = "closed"
    UNKNOWN = "unknown"


NOT_WRITTEN = "not written"
"""Counted beside the outcomes: votes that got no receipt, and so no outcome."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The ledger's answer to a vote: what became of it, in which poll, and the member's choices now.

    `poll` is None for a poll that is not there; `tally` is the one after the vote, where the poll is open.
    """

    outcome: Outcome
    poll: Poll | None = None
    choices: tuple[int, ...] = ()
    tally: Tally | None = None


@dataclass(slots=True)
class _Vote:
    poll_id: int
    user_id: int
    choices: int
    roles: Collection[int]
    receipt: asyncio.Future[Receipt]
    voter: bytes = b""
    """Who votes, by the key of the poll, once that is known."""


@dataclass(slots=True)
class _Count:
    """One open poll within a batch: its ballots (as bits) before and now, and its tally."""

    poll: Poll
    key: bytes
    votes: list[int]
    voters: int
    held: list[int] = field(default_factory=list)
    """The votes as they are in the database."""
    before: dict[bytes, int] = field(default_factory=dict)
    now: dict[bytes, int] = field(default_factory=dict)

    @property
    def tally(self) -> Tally:
        return Tally(tuple(self.votes), self.voters if self.poll.choices > 1 else None)


class LedgerClosedError(Exception):
    """The ledger is shutting down and takes no more votes."""


class InDoubtError(Exception):
    """The program ended while a vote was being written: only the database knows whether it was."""


class Ledger:
    """Takes votes in order of arrival. `run` must be running for them to be written."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._queue: asyncio.Queue[_Vote] = asyncio.Queue(QUEUE_LIMIT)
        self._open = True
        self._begun = float("-inf")
        self.outcomes: Counter[str] = Counter()
        """How many votes came to each outcome; those without one are `NOT_WRITTEN`."""
        self.batches = Distribution(BATCH_SIZES)

    @property
    def waiting(self) -> int:
        """Votes that wait for their transaction."""
        return self._queue.qsize()

    async def cast(self, poll_id: int, user_id: int, choices: Collection[int], roles: Collection[int] = ()) -> Receipt:
        """Vote for options (by their indices), change a vote to them, or withdraw it (none). Returns after the commit.

        Raises:
            LedgerClosedError: the program is stopping, so the vote is not counted.
            InDoubtError: the program is stopping, and the vote may be counted or not.
            sqlalchemy.exc.DBAPIError: the vote could not be written, so it is not counted.
        """
        if not self._open:
            raise LedgerClosedError
        bits = sum({1 << option for option in choices})
        vote = _Vote(poll_id, user_id, bits, roles, asyncio.get_running_loop().create_future())
        await self._queue.put(vote)
        return await vote.receipt

    async def ballot(self, poll_id: int, user_id: int) -> Receipt:
        """A member's own ballot in an open poll, by the poll's key."""
        async with self._store.read() as connection:
            row = (await connection.execute(_POLLS, {"poll_ids": [poll_id]})).one_or_none()
            if row is None:
                return Receipt(Outcome.UNKNOWN)
            poll = poll_from(row)
            if row.voter_key is None:
                return Receipt(Outcome.CLOSED, poll)
            mine = select(ballots.c.choices).where(
                ballots.c.poll_id == poll_id, ballots.c.voter == voter(row.voter_key, user_id)
            )
            choices = chosen((await connection.execute(mine)).scalar_one_or_none() or 0)
            tally = await tally_of(connection, poll)
            return Receipt(Outcome.COUNTED if choices else Outcome.NO_BALLOT, poll, choices, tally)

    async def run(self) -> None:
        """Write votes until cancelled: whatever waits goes into the next transaction."""
        while True:
            batch = [await self._queue.get()]
            try:
                await self._write(batch)
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def close(self) -> None:
        """Take no more votes, and return when `run` has written those that wait."""
        self._open = False
        await self._queue.join()

    def refuse_waiting(self) -> None:
        """Give up the votes that still wait for their transaction: each gets a `LedgerClosedError`."""
        while not self._queue.empty():
            self._give_up([self._queue.get_nowait()], LedgerClosedError())
            self._queue.task_done()

    async def _write(self, batch: list[_Vote]) -> None:
        """Write a batch that is begun, with what else waits."""
        loop = asyncio.get_running_loop()
        try:
            if self._queue.qsize() < ENOUGH and self._open:
                await asyncio.sleep(self._begun + PACE - loop.time())
            self._begun = loop.time()
            while len(batch) < BATCH_LIMIT and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)
        except BaseException:
            # The program ends: these have not come to the database.
            self._give_up([vote for vote in batch if not vote.receipt.done()], LedgerClosedError())
            raise

    async def _commit(self, batch: Sequence[_Vote]) -> None:
        """Write votes in one transaction and answer them."""
        now = self._clock()
        try:
            receipts = await self._store.write_at_once(lambda connection: _count(connection, batch, now))
        except IntegrityError as error:
            by_poll: defaultdict[int, list[_Vote]] = defaultdict(list)
            for vote in batch:
                by_poll[vote.poll_id].append(vote)
            if len(by_poll) == 1:
                self._give_up(batch, error)
                return
            # One poll whose counters are wrong must not fail the votes in the others.
            for votes in by_poll.values():
                await self._commit(votes)
            return
        except Exception as error:
            self._give_up(batch, error)
            return
        except BaseException:
            self._give_up(batch, InDoubtError())
            raise
        self.batches.note(len(batch))
        self.outcomes.update(receipt.outcome.value for receipt in receipts)
        for vote, receipt in zip(batch, receipts, strict=True):
            # A member who gave up waiting is not told, but counted.
            if not vote.receipt.done():
                vote.receipt.set_result(receipt)

    def _give_up(self, votes: Sequence[_Vote], why: Exception) -> None:
        self.outcomes[NOT_WRITTEN] += len(votes)
        for vote in votes:
            if not vote.receipt.done():
                vote.receipt.set_exception(why)


_POLLS = (
    select(*POLL_COLUMNS, polls.c.voter_key, polls.c.voters)
    .where(polls.c.id.in_(bindparam("poll_ids", expanding=True)))
    .order_by(polls.c.id)
)
_OPEN_POLLS = _POLLS.where(polls.c.voter_key.is_not(None), polls.c.closes_at > bindparam("now")).with_for_update()
"""With PostgreSQL several processes write; for one poll they take turns, in an order that can't deadlock.

Late votes lock nothing: however many come, they must not keep their poll from being closed.
"""

_TALLIES = select(tallies).where(tallies.c.poll_id.in_(bindparam("poll_ids", expanding=True)))
_BALLOTS = select(ballots.c.voter, ballots.c.choices).where(
    ballots.c.poll_id == bindparam("poll_id"), ballots.c.voter.in_(bindparam("voters", expanding=True))
)
_THIS_BALLOT = (ballots.c.poll_id == bindparam("p"), ballots.c.voter == bindparam("v"))
_DROP = delete(ballots).where(*_THIS_BALLOT)
_ADD = ballots.insert()
_CHANGE = update(ballots).where(*_THIS_BALLOT).values(choices=bindparam("c"))
_MOVE = (
    update(tallies)
    .where(tallies.c.poll_id == bindparam("p"), tallies.c.choice == bindparam("o"))
    .values(votes=tallies.c.votes + bindparam("by"))
)
_GROW = update(polls).where(polls.c.id == bindparam("p")).values(voters=polls.c.voters + bindparam("by"))


def _count(connection: Connection, batch: Sequence[_Vote], now: datetime) -> list[Receipt]:
    """Apply votes in order, write what changed, and say what became of each."""
    counts, closed = _load(connection, batch, now)
    receipts = [_apply(counts.get(vote.poll_id), vote, closed.get(vote.poll_id)) for vote in batch]
    _save(connection, counts)
    return receipts


def _load(connection: Connection, batch: Sequence[_Vote], now: datetime) -> tuple[dict[int, _Count], dict[int, Poll]]:
    """The open polls of a batch with their counts, and those that take no more votes."""
    poll_ids = sorted({vote.poll_id for vote in batch})
    rows = connection.execute(_OPEN_POLLS, {"poll_ids": poll_ids, "now": int(now.timestamp())}).all()
    # A poll whose time is up takes no vote, also in the moment before it is closed.
    counts = {row.id: _Count(poll_from(row), row.voter_key, [0] * len(row.options), row.voters) for row in rows}
    others = [poll_id for poll_id in poll_ids if poll_id not in counts]
    rows = connection.execute(_POLLS, {"poll_ids": others}).all() if others else ()
    closed = {row.id: poll_from(row) for row in rows}
    if counts:
        for row in connection.execute(_TALLIES, {"poll_ids": list(counts)}).all():
            counts[row.poll_id].votes[row.choice] = row.votes
        for each in counts.values():
            each.held = each.votes.copy()
    voters: defaultdict[int, set[bytes]] = defaultdict(set)
    for vote in batch:
        if count := counts.get(vote.poll_id):
            vote.voter = voter(count.key, vote.user_id)
            voters[vote.poll_id].add(vote.voter)
    for poll_id, hashes in voters.items():
        held = connection.execute(_BALLOTS, {"poll_id": poll_id, "voters": list(hashes)}).all()
        found = {row.voter: row.choices for row in held}
        counts[poll_id].before = found
        counts[poll_id].now = dict(found)
    return counts, closed


def _apply(count: _Count | None, vote: _Vote, closed: Poll | None) -> Receipt:
    if count is None:
        return Receipt(Outcome.CLOSED, closed) if closed else Receipt(Outcome.UNKNOWN)
    if vote.choices >> len(count.votes):
        return Receipt(Outcome.UNKNOWN)
    # Whoever lost the role can still take their vote back.
    if vote.choices and count.poll.role_id is not None and count.poll.role_id not in vote.roles:
        return Receipt(Outcome.BARRED, count.poll)
    who = vote.voter
    held = count.now.get(who, 0)
    if vote.choices.bit_count() > count.poll.choices:
        return Receipt(Outcome.TOO_MANY, count.poll, chosen(held), count.tally)
    if vote.choices == held:
        return Receipt(Outcome.UNCHANGED if held else Outcome.NO_BALLOT, count.poll, chosen(held), count.tally)
    for option in chosen(held):
        count.votes[option] -= 1
    for option in chosen(vote.choices):
        count.votes[option] += 1
    count.voters += bool(vote.choices) - bool(held)
    if vote.choices:
        count.now[who] = vote.choices
        outcome = Outcome.CHANGED if held else Outcome.COUNTED
    else:
        del count.now[who]
        outcome = Outcome.WITHDRAWN
    return Receipt(outcome, count.poll, chosen(vote.choices), count.tally)


def _save(connection: Connection, counts: dict[int, _Count]) -> None:
    both = [(poll_id, count, count.before, count.now) for poll_id, count in counts.items()]
    dropped = [{"p": poll_id, "v": who} for poll_id, _, before, now in both for who in before.keys() - now.keys()]
    added = [
        {"poll_id": poll_id, "voter": who, "choices": now[who]}
        for poll_id, _, before, now in both
        for who in now.keys() - before.keys()
    ]
    changed = [
        {"p": poll_id, "v": who, "c": now[who]}
        for poll_id, _, before, now in both
        for who in now.keys() & before.keys()
        if now[who] != before[who]
    ]
    moved = [
        {"p": poll_id, "o": option, "by": now - held}
        for poll_id, count, _, _ in both
        for option, (held, now) in enumerate(zip(count.held, count.votes, strict=True))
        if now != held
    ]
    grown = [
        {"p": poll_id, "by": len(now) - len(before)} for poll_id, _, before, now in both if len(now) != len(before)
    ]
    for statement, rows in ((_DROP, dropped), (_ADD, added), (_CHANGE, changed), (_MOVE, moved), (_GROW, grown)):
        if rows:
            connection.execute(statement, rows)
