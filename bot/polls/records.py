"""The polls themselves: opening, finding and closing them. Votes are the ledger's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, and_, case, delete, func, literal, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.polls.rules import LONGEST, REMINDER, Draft, Option, Poll, Tally, new_voter_key
from bot.shards import WHOLE, ShardPlan
from bot.store.engine import Store
from bot.store.tables import ballots, outbox, polls, tallies

POLL_COLUMNS = [column for column in polls.c if column.name not in ("voter_key", "voters")]
"""What a `Poll` is made of."""


CLAIM = timedelta(minutes=2)
"""How long who took a message has for sending it. Discord knows a nonce again for about as long."""
TAKEOVER = timedelta(seconds=15)
"""How long a process leaves the polls of other shards to theirs; what is later than that is everybody's."""


class MiscountError(Exception):
    """The ballots of a poll do not add up to its tally; the poll stays open until somebody has looked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A poll and its votes at one moment."""

    poll: Poll
    tally: Tally

    @property
    def has_enough(self) -> bool:
        """Whether as many have voted as the poll asked for."""
        return self.tally.total >= self.poll.minimum

    @property
    def has_result(self) -> bool:
        """Whether the counts may be shown when it is closed: too few of them would tell who voted what."""
        return self.has_enough and not self.poll.cancelled


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that Discord must still be given: a poll's result, or the notice of its close."""

    poll_id: int
    message: str
    tried_at: datetime | None


class Records:
    """Polls in the database.

    What falls due is looked for among the polls of this process's shards, and, when it is late, among all: a process
    that is dead or hangs keeps no poll from its end.
    """

    def __init__(self, store: Store, shards: ShardPlan = WHOLE) -> None:
        self._store = store
        self._mine = true() if shards.count == 1 else _of_shards(shards)

    async def open(self, draft: Draft, now: datetime) -> tuple[Standing, bool]:
        """Open a poll, or return the one on the same matter that is open in this channel. True if it is new."""
        values = {
            "guild_id": draft.guild_id,
            "channel_id": draft.channel_id,
            "film": draft.film,
            "kind": draft.kind,
            "about": draft.about,
            "cancelled": False,
            "minimum": draft.minimum,
            "choices": draft.choices,
            "role_id": draft.role_id,
            "voters": 0,
            "unreachable": False,
            # Who is reminded as soon as a poll is opened is not reminded, but bothered.
            "remind": draft.remind and draft.duration > 2 * REMINDER,
            "question": draft.question,
            "options": [{"id": option.id, "label": option.label} for option in draft.options],
            "results": draft.results,
            "opened_by": draft.opened_by,
            "opened_at": _seconds(now),
            "closes_at": _seconds(now + draft.duration),
            "voter_key": new_voter_key(),
        }
        try:
            async with self._store.write() as connection:
                insert = polls.insert().values(values).returning(polls.c.id)
                poll_id = (await connection.execute(insert)).scalar_one()
                await connection.execute(
                    tallies.insert(),
                    [{"poll_id": poll_id, "choice": index, "votes": 0} for index in range(len(draft.options))],
                )
        except IntegrityError:
            # Somebody else was quicker; one open poll of a kind for a film and channel is the table's rule.
            existing = await self.open_in(draft.channel_id, draft.film, draft.about)
            if existing is None:
                raise
            return existing, False
        return (await self._where(polls.c.id == poll_id))[0], True

    async def get(self, poll_id: int) -> Standing | None:
        """A poll by its id."""
        return next(iter(await self._where(polls.c.id == poll_id)), None)

    async def open_in(self, channel_id: int, film: str, about: str = "") -> Standing | None:
        """The poll about a film's ending, or about one of its differences, that is open in a channel."""
        found = await self._where(
            polls.c.channel_id == channel_id,
            polls.c.film == film,
            polls.c.about == about,
            polls.c.closed_at.is_(None),
        )
        return next(iter(found), None)

    async def posted(self, poll_id: int, message_id: int) -> None:
        """Remember the message that shows a poll."""
        async with self._store.write() as connection:
            await connection.execute(update(polls).where(polls.c.id == poll_id).values(message_id=message_id))

    async def due(self, now: datetime) -> Sequence[int]:
        """The open polls whose time has come, the longest overdue first."""
        async with self._store.read() as connection:
            query = select(polls.c.id).where(polls.c.closed_at.is_(None), self._came(polls.c.closes_at, now))
            return (await connection.execute(query.order_by(polls.c.closes_at))).scalars().all()

    async def open_ids(self) -> Sequence[int]:
        """The polls of this process that take votes."""
        async with self._store.read() as connection:
            query = select(polls.c.id).where(polls.c.closed_at.is_(None), self._mine)
            return (await connection.execute(query)).scalars().all()

    async def open_and_overdue(self, now: datetime) -> tuple[int, int]:
        """How many polls are open, and how many of these should have been closed by now."""
        late = func.count().filter(polls.c.closes_at <= _seconds(now))
        async with self._store.read() as connection:
            query = select(func.count(), late).select_from(polls).where(polls.c.closed_at.is_(None))
            count, overdue = (await connection.execute(query)).one()
        return count, overdue

    async def remind_due(self, now: datetime) -> Sequence[int]:
        """Put the reminder of every poll that ends soon into the outbox, once, and return these polls."""
        came = self._came(polls.c.closes_at, now + REMINDER)
        soon = (polls.c.closed_at.is_(None), polls.c.remind.is_(True), came)
        # A poll whose votes are just being written has its turn a moment later: to wait for one while holding another
        # would be a deadlock with a process that writes votes in both.
        free = select(polls.c.id).where(*soon).with_for_update(skip_locked=True).correlate(None)
        async with self._store.write() as connection:
            taken = update(polls).where(polls.c.id.in_(free)).values(remind=False).returning(polls.c.id)
            found: Sequence[int] = (await connection.execute(taken)).scalars().all()
            if found:
                await connection.execute(
                    outbox.insert(), [{"poll_id": poll_id, "message": "reminder"} for poll_id in found]
                )
        return found

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next open poll falls due here that is not due yet, or has to remind its channel."""
        async with self._store.read() as connection:
            later = (polls.c.closed_at.is_(None), ~self._came(polls.c.closes_at, now))
            early = case((polls.c.remind.is_(True), int(REMINDER.total_seconds())), else_=0)
            late = case((self._mine, 0), else_=int(TAKEOVER.total_seconds()))
            query = select(func.min(polls.c.closes_at - early + late)).where(*later)
            seconds = (await connection.execute(query)).scalar_one_or_none()
        return _moment(seconds)

    async def close(
        self, poll_id: int, now: datetime, closed_by: int | None, *, cancelled: bool = False, by_clock: bool = False
    ) -> bool:
        """Close a poll once: recount it, destroy its voter key, and drop its ballots. False if it was closed already.

        What Discord must be told of it is put into the outbox in the same transaction. A cancelled poll has no result.
        `by_clock` it is also False before the poll's end, and while another process closes it or writes votes in it.

        Raises:
            MiscountError: tally and ballots differ.
        """
        async with self._store.write() as connection:
            still_open = select(polls.c.id).where(polls.c.id == poll_id, polls.c.closed_at.is_(None))
            if by_clock:
                # It may have been extended since it was found to be due.
                still_open = still_open.where(polls.c.closes_at <= _seconds(now))
            taken = await connection.execute(still_open.with_for_update(skip_locked=by_clock))
            if taken.first() is None:
                return False
            closed = {"closed_at": _seconds(now), "closed_by": closed_by, "cancelled": cancelled, "voter_key": None}
            await connection.execute(update(polls).where(polls.c.id == poll_id).values(closed))
            if await _recount(connection, poll_id) != await _counters(connection, poll_id):
                raise MiscountError(f"poll {poll_id}: the ballots do not add up to the tally")
            await connection.execute(delete(ballots).where(ballots.c.poll_id == poll_id))
            messages = ("result",) if cancelled else ("result", "notice")
            await connection.execute(outbox.insert(), [{"poll_id": poll_id, "message": each} for each in messages])
        await self._store.forget_traces()
        return True

    async def extend(self, poll_id: int, now: datetime, by: timedelta) -> Poll | None:
        """Let an open poll run on, at most as long as a new one could. None if it is closed, or its time is up."""
        async with self._store.write() as connection:
            this = (polls.c.id == poll_id, polls.c.closed_at.is_(None), polls.c.closes_at > _seconds(now))
            until = select(polls.c.closes_at).where(*this).with_for_update()
            closes_at = (await connection.execute(until)).scalar_one_or_none()
            if closes_at is None:
                return None
            later = min(closes_at + int(by.total_seconds()), _seconds(now + LONGEST))
            await connection.execute(update(polls).where(*this).values(closes_at=max(closes_at, later)))
        return (await self._where(polls.c.id == poll_id))[0].poll

    async def recent(self, guild_id: int, channel_id: int | None, limit: int) -> Sequence[Standing]:
        """The polls of a server, or of one of its channels: open ones first, then the latest closed ones."""
        here = [polls.c.guild_id == guild_id]
        if channel_id is not None:
            here.append(polls.c.channel_id == channel_id)
        order = (polls.c.closed_at.is_not(None), polls.c.id.desc())
        return await self._where(*here, order=order, limit=limit)

    async def unsent(self, now: datetime | None = None) -> Sequence[Unsent]:
        """What Discord must still be told: the oldest poll first, its result before its notice.

        With `now` only what this process has to tell: of its own shards' polls, and what is late by then.
        """
        query = select(outbox).order_by(outbox.c.poll_id, outbox.c.message.desc())
        if now is not None:
            # A poll that was closed for another process is late from its end on, so who closed it tells of it at once.
            since = case(
                (polls.c.closed_at.is_(None), polls.c.closes_at - int(REMINDER.total_seconds())),
                (polls.c.closed_at < polls.c.closes_at, polls.c.closed_at),
                else_=polls.c.closes_at,
            )
            late = since <= _seconds(now - TAKEOVER)
            query = query.join(polls, polls.c.id == outbox.c.poll_id).where(or_(self._mine, late))
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Unsent(row.poll_id, row.message, _moment(row.tried_at)) for row in rows]

    async def claim(self, unsent: Unsent, now: datetime) -> bool:
        """Take a message to send it. False if somebody else has it, or has had it since it was looked up."""
        if unsent.tried_at is not None and now - unsent.tried_at < CLAIM:
            return False
        seen = None if unsent.tried_at is None else _seconds(unsent.tried_at)
        as_seen = outbox.c.tried_at.is_not_distinct_from(seen)
        # What another process is just taking is passed over: one that hangs must not hold up those that do not.
        free = select(outbox.c.poll_id).where(*_this(unsent), as_seen).with_for_update(skip_locked=True).correlate(None)
        async with self._store.write() as connection:
            taken = update(outbox).where(*_this(unsent), outbox.c.poll_id.in_(free)).values(tried_at=_seconds(now))
            return (await connection.execute(taken)).rowcount == 1

    async def release(self, unsent: Unsent, claimed_at: datetime) -> None:
        """Give a message back that Discord did not take, to be sent later; whoever has taken it since keeps it."""
        mine = outbox.c.tried_at == _seconds(claimed_at)
        async with self._store.write() as connection:
            await connection.execute(update(outbox).where(*_this(unsent), mine).values(tried_at=None))

    async def release_results(self) -> None:
        """Give back the results that a killed process had taken: showing one twice changes nothing, a notice would."""
        mine = outbox.c.poll_id.in_(select(polls.c.id).where(self._mine))
        async with self._store.write() as connection:
            await connection.execute(update(outbox).where(outbox.c.message == "result", mine).values(tried_at=None))

    async def unreachable(self, poll_id: int) -> None:
        """Remember that Discord would not let a poll's channel be told of its close."""
        async with self._store.write() as connection:
            await connection.execute(update(polls).where(polls.c.id == poll_id).values(unreachable=True))

    async def sent(self, unsent: Unsent) -> None:
        """Remember that Discord has a message, or never will."""
        async with self._store.write() as connection:
            await connection.execute(delete(outbox).where(*_this(unsent)))

    def _came(self, when: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
        """Whether a time has come for this process: a moment that has passed, for others' polls some time ago."""
        return or_(and_(self._mine, when <= _seconds(now)), when <= _seconds(now - TAKEOVER))

    async def _where(
        self, *conditions: ColumnElement[bool], order: Sequence[ColumnElement[Any]] = (polls.c.id,), limit: int = 100
    ) -> list[Standing]:
        query = select(*POLL_COLUMNS).where(*conditions).order_by(*order).limit(limit)
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).all()
            found = [poll_from(row) for row in rows]
            return [Standing(poll, await tally_of(connection, poll)) for poll in found]


async def tally_of(connection: AsyncConnection, poll: Poll) -> Tally:
    """The votes of a poll, by its counters."""
    votes, voters = await _counters(connection, poll.id)
    return Tally(tuple(votes), voters if poll.choices > 1 else None)


async def _counters(connection: AsyncConnection, poll_id: int) -> tuple[list[int], int]:
    votes = select(tallies.c.votes).where(tallies.c.poll_id == poll_id).order_by(tallies.c.choice)
    voters = select(polls.c.voters).where(polls.c.id == poll_id)
    return list((await connection.execute(votes)).scalars()), (await connection.execute(voters)).scalar_one()


async def _recount(connection: AsyncConnection, poll_id: int) -> tuple[list[int], int]:
    """The counters as they follow from the ballots."""
    options = select(func.count()).select_from(tallies).where(tallies.c.poll_id == poll_id)
    votes = [0] * (await connection.execute(options)).scalar_one()
    alike = select(ballots.c.choices, func.count()).where(ballots.c.poll_id == poll_id).group_by(ballots.c.choices)
    voters = 0
    for choices, count in (await connection.execute(alike)).all():
        voters += count
        for option in chosen(choices):
            votes[option] += count
    return votes, voters


def chosen(choices: int) -> tuple[int, ...]:
    """The options of a ballot, from its bits."""
    return tuple(option for option in range(choices.bit_length()) if choices >> option & 1)


def poll_from(row: Row[*tuple[Any, ...]]) -> Poll:
    """The poll of a row that has POLL_COLUMNS."""
    values = {column.name: getattr(row, column.name) for column in POLL_COLUMNS}
    for name in ("opened_at", "closes_at", "closed_at"):
        values[name] = _moment(values[name])
    values["options"] = tuple(Option(**option) for option in values["options"])
    return Poll(**values)


def _of_shards(shards: ShardPlan) -> ColumnElement[bool]:
    # PostgreSQL shifts by small numbers only.
    shard = polls.c.guild_id.bitwise_rshift(literal(22, Integer)) % shards.count
    return shard.in_(shards.ids)


def _this(unsent: Unsent) -> tuple[ColumnElement[bool], ...]:
    return outbox.c.poll_id == unsent.poll_id, outbox.c.message == unsent.message


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
