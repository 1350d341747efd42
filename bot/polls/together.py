"""The votes of all servers together: only of servers that agreed, only as counts, only of enough voters."""

from dataclasses import dataclass

from sqlalchemy import Text, cast, func, select

from bot.polls.records import Standing
from bot.polls.rules import Tally
from bot.store.engine import Store
from bot.store.tables import polls, sharing, tallies

FEWEST_VOTERS = 50
"""Up to so many voters nothing is shown: in a small crowd a count could point to a server."""


@dataclass(frozen=True, slots=True)
class Together:
    """The ending polls of a film in all servers that share, added up."""

    servers: int
    tally: Tally


class Everywhere:
    """Adds up closed ending polls."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def like(self, standing: Standing) -> Together | None:
        """The votes on the ending of the same film with the same options. None if this server does not share its own,
        or if there are too few voters."""
        poll = standing.poll
        shares = select(sharing.c.guild_id)
        options = cast(polls.c.options, Text)
        own_options = select(options).where(polls.c.id == poll.id).correlate(None).scalar_subquery()
        alike = (
            polls.c.kind == "ending",
            polls.c.film == poll.film,
            polls.c.question == poll.question,
            options == own_options,
            polls.c.closed_at.is_not(None),
            polls.c.cancelled.is_(False),
            polls.c.guild_id.in_(shares),
        )
        added = select(tallies.c.choice, func.sum(tallies.c.votes).label("votes")).join(polls).where(*alike)
        servers = select(func.count(polls.c.guild_id.distinct())).where(*alike)
        async with self._store.read() as connection:
            own = (await connection.execute(shares.where(sharing.c.guild_id == poll.guild_id))).first()
            if own is None:
                return None
            rows = (await connection.execute(added.group_by(tallies.c.choice))).all()
            number = (await connection.execute(servers)).scalar_one()
        counts = {row.choice: int(row.votes) for row in rows}
        tally = Tally(tuple(counts.get(option, 0) for option in range(len(poll.options))))
        return Together(number, tally) if tally.total > FEWEST_VOTERS else None
