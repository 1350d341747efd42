"""Going on from an older state: nothing is posted twice, and no button of a lost poll votes in a new one.

Between a backup and its restoring the bot has gone on: it has shown results and sent notices that the backup knows
nothing of, and opened polls whose messages are still there. Nobody can tell any more which, so what may have been
posted counts as posted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.polls.rules import REMINDER
from bot.store.sequences import last_numbers, set_last_numbers
from bot.store.tables import ballots, outbox, polls

GAP = 1_000_000
"""Poll numbers that are skipped: more than are opened between two backups, and 2,000 times less than there are."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled: how many polls had ended meanwhile, and how many go on."""

    ended: int
    going_on: int


async def settle(connection: AsyncConnection, now: datetime, miscounted: Collection[int] = ()) -> Settled:
    """Make an older state safe to go on from.

    Polls whose end has passed are closed with the votes that are there, and their keys and ballots destroyed; but
    `miscounted` ones stay open, as they would in the bot. A message that still shows such a poll open turns into its
    result when somebody presses a button of it.
    """
    seconds = int(now.timestamp())
    still_open = (polls.c.closed_at.is_(None), polls.c.id.not_in(miscounted))
    ended = update(polls).where(*still_open, polls.c.closes_at <= seconds)
    # A moment before its end: by this everybody can tell that it was not closed in the usual way.
    closed = await connection.execute(ended.values(closed_at=polls.c.closes_at - 1, voter_key=None, remind=False))
    is_closed = select(polls.c.id).where(polls.c.closed_at.is_not(None))
    await connection.execute(delete(ballots).where(ballots.c.poll_id.in_(is_closed)))
    await connection.execute(delete(outbox))
    soon = seconds + int(REMINDER.total_seconds())
    await connection.execute(update(polls).where(polls.c.closes_at <= soon).values(remind=False))
    going_on = (await connection.execute(select(polls.c.id).where(polls.c.closed_at.is_(None)))).scalars().all()
    numbers = await last_numbers(connection)
    await set_last_numbers(connection, numbers | {polls.name: numbers[polls.name] + GAP})
    return Settled(closed.rowcount, len(going_on))
