"""What is kept of servers: since when the bot is gone from one, its rules, and whether it shares its counts."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, select
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
        async with self._store.write() as connection:
            rules = await _rules(connection, guild_id)
            rules = replace(rules, spoilers=spoilers or rules.spoilers)
            rules = rules if private is None else replace(rules, private=private)
            values = {"guild_id": guild_id, "spoilers": rules.spoilers, "private_by_default": rules.private}
            await connection.execute(delete(server_settings).where(server_settings.c.guild_id == guild_id))
            await connection.execute(server_settings.insert().values(values))
        return rules


async def _rules(connection: AsyncConnection, guild_id: int) -> Rules:
    query = select(server_settings).where(server_settings.c.guild_id == guild_id)
    row = (await connection.execute(query)).first()
    return Rules(row.spoilers, row.private_by_default) if row else Rules()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
