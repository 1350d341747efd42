"""Benchmark: `/ending` and a durable vote, beside a plain discord.py bot that answers a constant.

Run it with `python -m tests.bench.answers`. Each bot is a process of its own, ours as `ending-bot run` starts it, and
each has a loopback Discord that sends it interactions over a gateway and times the answers. They take turns, several
rounds; what is printed are medians and the ratio of ours to the plain bot's. A single pair is noisy, so nothing is
concluded from less than 10 %. `--same` measures the plain bot beside itself: how far from 1 the ratios come by chance.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.speed import loop_factory, settle
from tests.bench.bots import Name, RunningBot, running
from tests.bench.busy import Payload, ask, vote

SERVERS = 100
"""Servers that the bots are in; the interactions come from all of them."""


@dataclass(frozen=True, slots=True)
class Job:
    """What members do, and how many at the same time."""

    name: str
    payload: Payload
    at_once: int
    goals: Mapping[str, float] = field(hash=False)


JOBS = (
    Job("/ending samantha", ask, 32, {"cpu": 0.6, "p99": 0.6}),
    Job("a durable vote", vote, 64, {"cpu": 0.7}),
    Job("a durable vote", vote, 32, {}),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One round: CPU seconds for 1,000 interactions, and milliseconds from event to answer."""

    cpu: float
    median: float
    p99: float


UNITS = {"cpu": "CPU s / 1,000", "median": "ms, median", "p99": "ms, p99"}


async def measure(bot: RunningBot, job: Job, first: int, count: int) -> Figures:
    """Send a bot interactions, and take what they cost it."""
    before = bot.cpu
    took = sorted(await bot.discord.drive(job.payload, first, count, job.at_once))
    return Figures(
        (bot.cpu - before) * 1_000 / count,
        1_000 * statistics.median(took),
        1_000 * took[min(count - 1, int(count * 0.99))],
    )


async def compare(rounds: int, count: int, names: Sequence[Name] = ("plain", "ours")) -> Table:
    """Measure both bots in turn and set their medians side by side."""
    results: defaultdict[tuple[Job, int], list[Figures]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there:
        async with (
            running(names[0], Path(here), servers=SERVERS) as one,
            running(names[1], Path(there), servers=SERVERS) as other,
        ):
            first = 0
            for number in range(rounds + 1):
                for job in JOBS:
                    for side, bot in enumerate((one, other)):
                        figures = await measure(bot, job, first, count)
                        first += count
                        # The first round warms both up.
                        if number:
                            results[job, side].append(figures)
    table = Table("", *names, "ratio", "goal", title=f"{rounds} rounds of {count:,}; medians")
    for job in JOBS:
        for name, unit in UNITS.items():
            by, of = (statistics.median(getattr(each, name) for each in results[job, side]) for side in (0, 1))
            goal = f"≤ {job.goals[name]}" if name in job.goals else ""
            table.add_row(
                f"{job.name}, {job.at_once} at once, {unit}", f"{by:.2f}", f"{of:.2f}", f"{of / by:.2f}", goal
            )
    return table


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=3_000)
    parser.add_argument("--same", action="store_true", help="the plain bot beside itself")
    options = parser.parse_args()
    names: Sequence[Name] = ("plain", "plain") if options.same else ("plain", "ours")
    # Pauses of this process, which times the answers, would look like the bots'.
    settle()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        Console(width=110).print(runner.run(compare(options.rounds, options.count, names)))


if __name__ == "__main__":
    main()
