"""Which of the bot's shards this process runs, and with them which servers it serves.

Discord gives a server to the shard `(server >> 22) % count`, and what is in no server to shard 0.
"""

import re
from dataclasses import dataclass

RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
MOST = 10_000
"""More than any bot needs: Discord wants about one for each 1,000 servers."""
PAIR = (
    "SHARDS and SHARD_COUNT (--shards and --shard-count) go together: which shards this process runs, and of how many"
)


class ShardsError(ValueError):
    """Shards that can't be run; the text says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """The shards of one process, in order, and how many all processes have together."""

    ids: tuple[int, ...]
    count: int

    @property
    def leads(self) -> bool:
        """Whether this process does what is done once for the whole bot: it has the first shard."""
        return 0 in self.ids

    @property
    def part(self) -> float:
        """The part of all shards that this process runs."""
        return len(self.ids) / self.count


WHOLE = ShardPlan((0,), 1)
"""The plan of a process that runs all shards, however many Discord wants: every server is its own."""


def shard_plan(shards: str | None, count: int | None) -> ShardPlan | None:
    """The plan of a text such as "0-3" or "0,2,5-7", of so many shards in all; None where neither is given.

    Raises:
        ShardsError: one is given without the other, or they do not fit.
    """
    if shards is None and count is None:
        return None
    if shards is None or count is None:
        raise ShardsError(f"{PAIR}, such as --shards 0-3 --shard-count 16. Only one of them is set.")
    if not 1 <= count <= MOST:
        raise ShardsError(f"SHARD_COUNT is {count}, but must lie between 1 and {MOST}.")
    ids: list[int] = []
    for piece in shards.split(","):
        found = RANGE.fullmatch(piece.strip())
        if found is None:
            raise ShardsError(f"SHARDS has “{piece.strip()}”. Write numbers and ranges, such as 0-3 or 0,2,5-7.")
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last:
            raise ShardsError(f"SHARDS has {piece.strip()}, which runs backwards. Write {last}-{first}.")
        if last >= count:
            raise ShardsError(f"SHARDS has {last}, but of {count} shards the last is {count - 1}: they count from 0.")
        ids += range(first, last + 1)
    if len(set(ids)) != len(ids):
        twice = next(each for each in ids if ids.count(each) > 1)
        raise ShardsError(f"SHARDS names shard {twice} twice. Name each once.")
    return ShardPlan(tuple(sorted(ids)), count)
