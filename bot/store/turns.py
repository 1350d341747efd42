"""Taking turns through the database: processes that share it never do the same thing closer together than a pause."""

import contextlib
from typing import Any

from sqlalchemy import Double, case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from bot.store.engine import Store
from bot.store.tables import turns

DAY = 86_400.0
"""Seconds after which the count of a row starts anew, as Discord's does."""


class _Now(FunctionElement[float]):
    """The database's own time in Unix seconds, for processes on computers whose clocks differ."""

    type = Double()
    inherit_cache = True


@compiles(_Now)
def _now(_element: _Now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "extract(epoch FROM clock_timestamp())"


@compiles(_Now, "sqlite")
def _now_of_sqlite(_element: _Now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


class Turns:
    """Rows in which shards stand, each by its number. One at a time has its turn, and then nobody for a pause."""

    def __init__(self, store: Store, pause: float) -> None:
        self._store = store
        self._pause = pause

    async def take(self, bucket: int) -> float:
        """Take the turn of a row if it is free: 0. Otherwise the seconds until it may be."""
        free = update(turns).where(turns.c.bucket == bucket, turns.c.free_at <= _Now())
        taken = free.values(free_at=_Now() + self._pause)
        wait = select(turns.c.free_at - _Now()).where(turns.c.bucket == bucket)
        await self._ensure(bucket)
        async with self._store.write() as connection:
            if (await connection.execute(taken)).rowcount:
                return 0.0
            # Just now it was not free, whatever the clock says a moment later.
            return max(0.001, float((await connection.execute(wait)).scalar_one()))

    async def use(self, bucket: int) -> None:
        """Note that a turn is used at this moment, and count it: the pause begins now."""
        over = turns.c.since <= _Now() - DAY
        used = update(turns).where(turns.c.bucket == bucket)
        await self._ensure(bucket)
        async with self._store.write() as connection:
            await connection.execute(
                used.values(
                    free_at=_Now() + self._pause,
                    since=case((over, _Now()), else_=turns.c.since),
                    identifies=case((over, 1), else_=turns.c.identifies + 1),
                )
            )

    async def used(self) -> int:
        """How many turns were used in the days that the rows are in."""
        lately = select(func.coalesce(func.sum(turns.c.identifies), 0)).where(turns.c.since > _Now() - DAY)
        async with self._store.read() as connection:
            return int((await connection.execute(lately)).scalar_one())

    async def _ensure(self, bucket: int) -> None:
        async with self._store.read() as connection:
            if (await connection.execute(select(turns.c.bucket).where(turns.c.bucket == bucket))).first():
                return
        # Another process may be making it just now.
        with contextlib.suppress(IntegrityError):
            async with self._store.write() as connection:
                await connection.execute(turns.insert().values(bucket=bucket, free_at=0.0, since=_Now(), identifies=0))
