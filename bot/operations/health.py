"""Whether the bot is alive, and whether it is ready for members."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bot.client import EndingBot

PATIENCE = 2.0
"""Seconds that the database has to answer; who asks usually waits for a few."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whether it is well, and in words."""

    check: str
    ok: bool
    said: str

    def as_json(self) -> str:
        """The check as a line."""
        return json.dumps(asdict(self))


class Health:
    """Looks at a bot. Looking costs next to nothing and asks Discord nothing."""

    def __init__(self, bot: EndingBot) -> None:
        self._bot = bot
        self._asking = False

    def alive(self) -> list[Check]:
        """Whether the process does its work. That this is answered at all says that the event loop turns."""
        tasks = [
            Check(f"task {name}", well, "runs" if well else "failed, and is started again in a moment")
            for name, well in self._bot.tasks.health().items()
        ]
        return [Check("event loop", True, "turns"), *tasks]

    async def ready(self) -> list[Check]:
        """Whether a member who asks now is answered."""
        return [self._stays(), self._gateway(), await self._database(), self._content()]

    def _stays(self) -> Check:
        stopping = self._bot.stopping
        return Check("stopping", not stopping, "the bot is being stopped" if stopping else "no")

    def _gateway(self) -> Check:
        bot = self._bot
        if bot.shard_count is None or not bot.is_ready():
            return Check("gateway", False, "not connected yet")
        wanted = len(bot.shard_ids or range(bot.shard_count))
        connected = sum(1 for shard in bot.shards.values() if not shard.is_closed())
        return Check("gateway", connected == wanted, f"{connected} of {wanted} shards connected")

    async def _database(self) -> Check:
        if self._asking:
            return Check("database", False, "has not answered an earlier question yet")
        self._asking = True
        try:
            answered = await self._bot.store.answers(PATIENCE)
        finally:
            self._asking = False
        return Check("database", answered, "answers" if answered else f"did not answer within {PATIENCE:g} s")

    def _content(self) -> Check:
        films = len(self._bot.library)
        return Check("content", films > 0, f"{films} film{'' if films == 1 else 's'}")


def all_well(checks: Iterable[Check]) -> bool:
    """Whether every check is well."""
    return all(check.ok for check in checks)
