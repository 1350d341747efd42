"""What polls hold of a member and of a server: found for those whom it concerns, and deleted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Refusal
from bot.polls.ledger import BATCH_LIMIT, Ledger, LedgerClosedError, Outcome
from bot.polls.records import POLL_COLUMNS, chosen, poll_from
from bot.polls.rules import Poll, voter
from bot.store.engine import Store
from bot.store.tables import ballots, polls, server_settings, sharing

PAGE = 500
"""Open polls whose ballots are looked up at once, and polls deleted in one transaction: a page takes milliseconds."""


class MemberPolls:
    """One member's votes in open polls, and the polls they opened or closed."""

    def __init__(self, store: Store, ledger: Ledger, changed: Callable[[int], None]) -> None:
        self._store = store
        self._ledger = ledger
        self._changed = changed

    async def held(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """All that is held of a member, as values for JSON. Ids are texts: JSON's numbers are too small for them."""
        votes = []
        async with self._store.read() as connection:
            async for bits in _own_ballots(connection, user_id):
                for poll in await _polls(connection, polls.c.id.in_(bits)):
                    labels = [poll.options[option].label for option in chosen(bits[poll.id])]
                    votes.append(_described(poll) | {"choices": labels})
            opened = await _polls(connection, polls.c.opened_by == user_id)
            closed = await _polls(connection, polls.c.closed_by == user_id)
        return {
            "votes_in_open_polls": votes,
            "polls_opened": [_described(poll) for poll in opened],
            "polls_closed_early": [_described(poll) for poll in closed],
        }

    async def forget(self, user_id: int) -> int:
        """Withdraw a member's votes in open polls, and say how many were."""
        async with self._store.read() as connection:
            mine = [poll_id async for bits in _own_ballots(connection, user_id) for poll_id in bits]
        withdrawn = 0
        for start in range(0, len(mine), BATCH_LIMIT):
            batch = mine[start : start + BATCH_LIMIT]
            withdrawn += sum(await asyncio.gather(*(self._withdraw(poll_id, user_id) for poll_id in batch)))
        if withdrawn:
            await self._store.forget_traces()
        return withdrawn

    async def _withdraw(self, poll_id: int, user_id: int) -> bool:
        try:
            receipt = await self._ledger.cast(poll_id, user_id, ())
        except LedgerClosedError as error:
            raise Refusal(
                "I’m just being restarted, so some of your votes are still there. Please press again in a minute."
            ) from error
        if receipt.outcome is not Outcome.WITHDRAWN:
            return False
        self._changed(poll_id)
        return True


class ServerPolls:
    """The polls of a server as a whole, and what it decided."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def servers(self) -> frozenset[int]:
        """The servers of which anything is held here."""
        async with self._store.read() as connection:
            have_polls = (await connection.execute(select(polls.c.guild_id).distinct())).scalars().all()
            share = (await connection.execute(select(sharing.c.guild_id))).scalars().all()
            have_rules = (await connection.execute(select(server_settings.c.guild_id))).scalars().all()
        return frozenset((*have_polls, *share, *have_rules)) - {0}

    async def delete(self, guild_id: int) -> int:
        """Delete a server's decisions, and its polls with all that hangs on them; say how many polls they were."""
        page = select(polls.c.id).where(polls.c.guild_id == guild_id).limit(PAGE)
        deleted = 0
        async with self._store.write() as connection:
            for decided in (sharing, server_settings):
                await connection.execute(delete(decided).where(decided.c.guild_id == guild_id))
        while True:
            # A page at a time, so that no vote elsewhere waits long; what hangs on a poll goes with it.
            async with self._store.write() as connection:
                poll_ids = (await connection.execute(page)).scalars().all()
                await connection.execute(delete(polls).where(polls.c.id.in_(poll_ids)))
            deleted += len(poll_ids)
            if len(poll_ids) < PAGE:
                break
        await self._store.forget_traces()
        return deleted


async def _own_ballots(connection: AsyncConnection, user_id: int) -> AsyncIterator[dict[int, int]]:
    """A member's choices, as bits, by open poll, in pages. Each poll has its own key, and so its own code for them."""
    is_open = select(polls.c.id, polls.c.voter_key).where(polls.c.closed_at.is_(None)).order_by(polls.c.id)
    last = 0
    while True:
        keys = (await connection.execute(is_open.where(polls.c.id > last).limit(PAGE))).all()
        if keys:
            mine = [(row.id, voter(row.voter_key, user_id)) for row in keys]
            query = select(ballots.c.poll_id, ballots.c.choices)
            query = query.where(tuple_(ballots.c.poll_id, ballots.c.voter).in_(mine))
            yield {row.poll_id: row.choices for row in (await connection.execute(query)).all()}
            last = keys[-1].id
        if len(keys) < PAGE:
            return


async def _polls(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Poll]:
    query = select(*POLL_COLUMNS).where(condition).order_by(polls.c.id)
    return [poll_from(row) for row in (await connection.execute(query)).all()]


def _described(poll: Poll) -> dict[str, Any]:
    return {
        "question": poll.question,
        "server": str(poll.guild_id),
        "channel": str(poll.channel_id),
        "link": poll.link,
        "opened_at": poll.opened_at.isoformat(),
        "closes_at": poll.closes_at.isoformat(),
        "closed_at": _iso(poll.closed_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
