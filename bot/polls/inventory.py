"""What a database holds, in numbers."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.polls.audit import Mismatch, audit_within
from bot.store.tables import polls


@dataclass(frozen=True, slots=True)
class Inventory:
    """How many polls, of them open ones, ballots in those, and servers that have polls."""

    polls: int
    open_polls: int
    ballots: int
    servers: int
    mismatches: tuple[Mismatch, ...]

    def __str__(self) -> str:
        return (
            f"{_some(self.polls, 'poll')}, {self.open_polls} of them open with {_some(self.ballots, 'ballot')}, "
            f"in {_some(self.servers, 'server')}"
        )


async def take_inventory(connection: AsyncConnection) -> Inventory:
    """Count what there is, and recount every ballot."""
    counted = select(func.count(), func.count(polls.c.guild_id.distinct())).select_from(polls)
    number, servers = (await connection.execute(counted)).one()
    done = await audit_within(connection)
    return Inventory(number, done.polls, done.ballots, servers, done.mismatches)


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
