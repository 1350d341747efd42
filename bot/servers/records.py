"""What is kept of servers: since when the bot is gone from one, its rules, and whether it shares its counts."""

import contextlib
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.house import Rules, Spoilers
from bot.store.engine import Store
from bot.store.tables import departures, server_settings, sharing


class Departed:
    """Servers without the bot, in the database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def are(self, gone: Set[int], now: datetime) -> bool:
        """Remember exactly these servers: those known keep their time. False if another process was just doing it."""
        try:
            async with self._store.write() as connection:
                known = set((await connection.execute(select(departures.c.guild_id))).scalars())
                if back := [{"back": guild_id} for guild_id in known - gone]:
                    await connection.execute(delete(departures).where(departures.c.guild_id == bindparam("back")), back)
                if new := [{"guild_id": guild_id, "gone_since": _seconds(now)} for guild_id in gone - known]:
                    await connection.execute(departures.insert(), new)
        except IntegrityError:
            return False
        return True

    async def since(self, moment: datetime) -> Sequence[int]:
        """The servers that were gone at this moment and have been since, the longest gone first."""
        query = select(departures.c.guild_id).where(departures.c.gone_since <= _seconds(moment))
        async with self._store.read() as connection:
            return (await connection.execute(query.order_by(departures.c.gone_since))).scalars().all()

    async def forget(self, guild_id: int) -> None:
        """Forget that a server is gone: it is back, or nothing is held of it any more."""
        async with self._store.write() as connection:
            await connection.execute(delete(departures).where(departures.c.guild_id == guild_id))


class Sharing:
    """Whether a server lets its counts be added to those of all servers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def set(self, guild_id: int, shares: bool) -> None:
        """Give a server's consent, or take it back."""
        # Two members who agree at the same moment agree.
        with contextlib.suppress(IntegrityError):
            async with self._store.write() as connection:
                await connection.execute(delete(sharing).where(sharing.c.guild_id == guild_id))
                if shares:
                    await connection.execute(sharing.insert().values(guild_id=guild_id))


class ServerRules:
    """How servers want to be answered."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, guild_id: int) -> Rules:
        """The rules of a server."""
        async with self._store.read() as connection:
            return await _rules(connection, guild_id)

    async def change(self, guild_id: int, spoilers: Spoilers | None, private: bool | None) -> Rules:
        """Change what is given, leave the rest, and return the rules that now hold."""
        given = {"spoilers": spoilers, "private_by_default": private}
        values = {name: value for name, value in given.items() if value is not None}
        try:
            return await self._write(guild_id, values)
        except IntegrityError:
            # Another member has just written this server's first rules.
            return await self._write(guild_id, values)

    async def _write(self, guild_id: int, values: Mapping[str, object]) -> Rules:
        async with self._store.write() as connection:
            if values:
                # Only what is given: of two members who change different rules at the same moment both do.
                this = update(server_settings).where(server_settings.c.guild_id == guild_id).values(values)
                if not (await connection.execute(this)).rowcount:
                    usual = {"guild_id": guild_id, "spoilers": Rules().spoilers, "private_by_default": Rules().private}
                    await connection.execute(server_settings.insert().values(usual | dict(values)))
            return await _rules(connection, guild_id)


async def _rules(connection: AsyncConnection, guild_id: int) -> Rules:
    query = select(server_settings).where(server_settings.c.guild_id == guild_id)
    row = (await connection.execute(query)).first()
    return Rules(row.spoilers, row.private_by_default) if row else Rules()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
