"""What the program counts of itself: plain numbers, which are read only when somebody asks for them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Literal

Outcome = Literal["answered", "refused", "failed"]
"""How an interaction ended: as asked for, with a sentence on what to do instead, or with a fault of ours."""


class Distribution:
    """Counts values by size: how many were at most each of some bounds, and their sum."""

    __slots__ = ("_counts", "bounds", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        # The last one counts what is beyond every bound.
        self._counts = [0] * (len(self.bounds) + 1)

    def note(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def up_to(self) -> list[int]:
        """How many values were at most each bound, and at last how many there were at all."""
        sums, running = [], 0
        for count in self._counts:
            running += count
            sums.append(running)
        return sums


class Measures:
    """What the client counts, by names that this program gives: never by server, member or text."""

    def __init__(self) -> None:
        self.commands: Counter[tuple[str, Outcome]] = Counter()
        self.presses: Counter[tuple[str, Outcome]] = Counter()
        """Uses of buttons and menus, by the name of their class."""
        self.connections: Counter[str] = Counter()
        """What became of gateway connections: `identified`, `resumed`, `lost`."""
