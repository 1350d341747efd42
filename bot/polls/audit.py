"""The recount: whether the tally of every open poll is what its ballots add up to."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.polls.records import chosen
from bot.store.engine import Store
from bot.store.tables import ballots, polls, tallies


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter of a poll that is not the number of its ballots: of one option, or (None) of its voters."""

    poll_id: int
    choice: int | None
    tallied: int
    counted: int

    def __str__(self) -> str:
        counter = "voters" if self.choice is None else f"option {self.choice + 1}"
        return f"Poll {self.poll_id}, {counter}: the tally says {self.tallied}, the ballots are {self.counted}."


@dataclass(frozen=True, slots=True)
class Audit:
    """What was counted, and where it does not agree."""

    polls: int
    ballots: int
    mismatches: tuple[Mismatch, ...]


async def audit(store: Store) -> Audit:
    """Count the ballots of every open poll anew. All is read from one state of the database, also while people vote."""
    async with store.read() as connection:
        return await audit_within(connection)


async def audit_within(connection: AsyncConnection) -> Audit:
    """The same within a transaction that is under way."""
    open_polls = select(polls.c.id).where(polls.c.closed_at.is_(None))
    tallied = select(tallies.c.poll_id, tallies.c.choice, tallies.c.votes).where(tallies.c.poll_id.in_(open_polls))
    alike = select(ballots.c.poll_id, ballots.c.choices, func.count().label("ballots"))
    alike = alike.where(ballots.c.poll_id.in_(open_polls)).group_by(ballots.c.poll_id, ballots.c.choices)
    number = (await connection.execute(select(func.count()).select_from(open_polls.subquery()))).scalar_one()
    said = {(row.poll_id, row.choice): row.votes for row in (await connection.execute(tallied)).all()}
    voters = select(polls.c.id, polls.c.voters).where(polls.c.closed_at.is_(None)).order_by(polls.c.id)
    said_voters = {row.id: row.voters for row in (await connection.execute(voters)).all()}
    rows = (await connection.execute(alike)).all()
    found: Counter[tuple[int, int]] = Counter()
    for row in rows:
        for option in chosen(row.choices):
            found[row.poll_id, option] += row.ballots
    found_voters: Counter[int] = Counter()
    for row in rows:
        found_voters[row.poll_id] += row.ballots
    pairs = [Mismatch(*place, said.get(place, 0), found[place]) for place in sorted({*said, *found})]
    pairs += [Mismatch(poll_id, None, count, found_voters[poll_id]) for poll_id, count in said_voters.items()]
    return Audit(number, found_voters.total(), tuple(pair for pair in pairs if pair.tallied != pair.counted))
