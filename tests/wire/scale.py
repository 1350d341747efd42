"""`python -m tests.wire.scale`: several processes of the bot on one PostgreSQL, under load, one of them killed.

The Discord of this computer and its crowd run in the process that is started; the bot in processes of its own.
"""

import argparse
import asyncio
import itertools
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.film.library import default_content, load_library
from tests.postgres import new_database, postgres_cluster
from tests.wire.ballots import stored_polls
from tests.wire.crowd import Crowd, Outcome
from tests.wire.process import BotProcess
from tests.wire.server import WireDiscord, wire_discord
from tests.wire.usage import cpu_seconds, postgres_seconds
from tests.wire.world import PATIENCE

POLLS_EACH = 4
"""Polls that are open in each shard."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what."""

    processes: int = 4
    shards: int = 8
    servers: int = 10_000
    rate: float = 500.0
    seconds: float = 60.0
    max_concurrency: int = 1
    understanding: str = "off"
    kill: bool = True
    patience: float = PATIENCE

    def shards_of(self, process: int) -> str:
        """What SHARDS is to be for one of the processes."""
        each = self.shards // self.processes
        return f"{process * each}-{process * each + each - 1}"


@dataclass
class Report:
    """What was seen. CPU is that of the load alone, without the starts; a process that was killed starts in it."""

    plan: Plan
    outcome: Outcome = field(default_factory=Outcome)
    seconds_to_connect: float = 0.0
    seconds_without_a_process: float = 0.0
    answered_by_the_new_process: int = 0
    votes_confirmed: int = 0
    votes_lost: int = 0
    bot_cpu: float = 0.0
    restart_cpu: float = 0.0
    postgres_cpu: float = 0.0
    discord_cpu: float = 0.0
    mebibytes: list[float] = field(default_factory=list)
    shortest_pause: float = float("inf")
    identifies: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def harm(self) -> int:
        """Everything that must be zero."""
        return self.outcome.lost + self.outcome.late + self.outcome.odd.total() + self.votes_lost + len(self.errors)

    def table(self) -> str:
        """The report for people."""
        outcome, plan = self.outcome, self.plan
        each = 1_000 / outcome.answered if outcome.answered else float("nan")
        rows = {
            "processes, shards, servers": f"{plan.processes}, {plan.shards}, {plan.servers:,}",
            "interactions a second, asked for": f"{plan.rate:g} for {plan.seconds:g} s",
            "sent": f"{outcome.sent:,}",
            "answered": f"{outcome.answered:,}",
            "answered later than 3 s": f"{outcome.late:,}",
            "lost": f"{outcome.lost:,}",
            "answered otherwise than meant": f"{outcome.odd.total():,}",
            "cut off by the kill": f"{outcome.cut:,}",
            "not deliverable while it was dead": f"{outcome.undeliverable:,}",
            "seconds until its shards were back": f"{self.seconds_without_a_process:.1f}",
            "answered by the process that came back": f"{self.answered_by_the_new_process:,}",
            "votes confirmed, lost of them": f"{self.votes_confirmed:,}, {self.votes_lost}",
            "event to answer, p50 and p99, ms": f"{outcome.percentile(0.5):.0f}, {outcome.percentile(0.99):.0f}",
            "CPU ms an interaction, bot": f"{self.bot_cpu * each:.2f}",
            "CPU ms an interaction, PostgreSQL": f"{self.postgres_cpu * each:.2f}",
            "CPU ms an interaction, Discord and crowd": f"{self.discord_cpu * each:.2f}",
            "CPU s of the restart": f"{self.restart_cpu:.1f}",
            "memory of each process, MiB": ", ".join(f"{each:.0f}" for each in self.mebibytes),
            "seconds until all shards were connected": f"{self.seconds_to_connect:.1f}",
            "sessions started, shortest pause in a row": f"{self.identifies}, {self.shortest_pause:.2f} s",
            "errors logged": "; ".join(self.errors) or "none",
        }
        return "\n".join(f"{name:42} {value}" for name, value in rows.items())


class Cluster:
    """The processes that share the shards."""

    def __init__(self, discord: WireDiscord, folder: Path, url: str, plan: Plan) -> None:
        self._discord = discord
        self.processes = []
        for number in range(plan.processes):
            (folder / str(number)).mkdir()
            settings = {"SHARDS": plan.shards_of(number), "SHARD_COUNT": str(plan.shards)}
            self.processes.append(
                BotProcess(
                    discord, folder / str(number), url, covered=False, understanding=plan.understanding, **settings
                )
            )

    async def start(self) -> float:
        """Start all at once; the seconds until the last shard is connected."""
        begun = time.monotonic()
        await asyncio.gather(*(process.start() for process in self.processes))
        return time.monotonic() - begun

    @property
    def cpu(self) -> float:
        """The CPU seconds of the processes that run."""
        return cpu_seconds(process.pid for process in self.processes if process.running)

    async def end(self) -> None:
        """Leave no process behind."""
        for process in self.processes:
            await process.kill()


async def scale(url: str, socket: str, plan: Plan, folder: Path) -> Report:
    """Run the load on an empty database, and compare what members were told with what is stored."""
    report = Report(plan)
    topics = [topic.title for topic in load_library(default_content()).default.topics.values()]
    async with wire_discord(shards=plan.shards) as discord:
        discord.world.max_concurrency = plan.max_concurrency
        discord.world.patience = plan.patience
        discord.world.listed_servers = plan.servers // plan.shards
        crowd = Crowd(discord, topics, discord.world.listed_servers, random.Random(5))  # noqa: S311 - chance is all it is for
        cluster = Cluster(discord, folder, url, plan)
        try:
            report.seconds_to_connect = await cluster.start()
            await crowd.open_polls(POLLS_EACH)
            await _load(discord, cluster, crowd, socket, report)
            report.mebibytes = [process.mebibytes for process in cluster.processes]
            for process in cluster.processes:
                if (code := await process.stop()) != 0:
                    report.errors.append(f"ended with {code}")
        finally:
            await cluster.end()
        report.outcome = crowd.outcome
        await _compare(url, crowd, report)
        report.errors += [
            line
            for process in cluster.processes
            for line in process.text().splitlines()
            if '"level": "error"' in line or "Traceback" in line
        ]
        report.identifies = len(discord.gateway.identified)
        report.shortest_pause = shortest_pause(discord.gateway.identified, plan.max_concurrency)
    return report


async def _load(discord: WireDiscord, cluster: Cluster, crowd: Crowd, socket: str, report: Report) -> None:
    plan = report.plan
    before, postgres, own = cluster.cpu, postgres_seconds(socket), time.process_time()
    acting = asyncio.ensure_future(crowd.act(plan.rate))
    await asyncio.sleep(plan.seconds / 3)
    if plan.kill:
        before += await _kill_and_restart(discord, cluster.processes[-1], crowd, report)
    back = sum(crowd.answered[shard] for shard in cluster.processes[-1].shards)
    await asyncio.sleep(max(plan.seconds / 3, plan.seconds * 2 / 3 - report.seconds_without_a_process))
    crowd.go_home()
    await acting
    await crowd.hear_the_rest()
    report.answered_by_the_new_process = sum(crowd.answered[each] for each in cluster.processes[-1].shards) - back
    report.bot_cpu = cluster.cpu - before
    report.postgres_cpu = postgres_seconds(socket) - postgres
    report.discord_cpu = time.process_time() - own


async def _kill_and_restart(discord: WireDiscord, victim: BotProcess, crowd: Crowd, report: Report) -> float:
    """Returns the CPU seconds of the process that are none of the load's: of its new start, less those of the old."""
    spent = cpu_seconds([victim.pid])
    await victim.kill()
    begun = time.monotonic()
    # Only when Discord has seen the last of what it sent is it known what it did not answer.
    await discord.watch.until(lambda: not any(discord.gateway.reaches([shard]) for shard in victim.shards) or None)
    crowd.give_up_on(victim.shards)
    await victim.start()
    report.seconds_without_a_process = time.monotonic() - begun
    report.restart_cpu = cpu_seconds([victim.pid])
    return report.restart_cpu - spent


async def _compare(url: str, crowd: Crowd, report: Report) -> None:
    stored = await stored_polls(url)
    for ballot in crowd.ballots:
        held = stored[ballot.poll_id].choices(ballot.confirmed)
        report.votes_confirmed += len(ballot.confirmed)
        report.votes_lost += sum(held[member] != option for member, option in ballot.confirmed.items())


def shortest_pause(identified: list[tuple[float, int]], max_concurrency: int) -> float:
    """The least number of seconds between two sessions whose shards stand in one row."""
    rows: defaultdict[int, list[float]] = defaultdict(list)
    for moment, shard in identified:
        rows[shard % max_concurrency].append(moment)
    pauses = [later - earlier for row in rows.values() for earlier, later in itertools.pairwise(row)]
    return min(pauses, default=float("inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    usual = Plan()
    parser.add_argument("--processes", type=int, default=usual.processes)
    parser.add_argument("--shards", type=int, default=usual.shards)
    parser.add_argument("--servers", type=int, default=usual.servers)
    parser.add_argument("--rate", type=float, default=usual.rate, help="interactions a second")
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--max-concurrency", type=int, default=usual.max_concurrency)
    parser.add_argument("--understanding", choices=("on", "off"), default=usual.understanding)
    parser.add_argument("--no-kill", dest="kill", action="store_false")
    plan = Plan(**vars(parser.parse_args()))
    with postgres_cluster() as socket, TemporaryDirectory() as folder:

        async def run() -> Report:
            return await scale(await new_database(socket, "scale"), socket, plan, Path(folder))

        report = asyncio.run(run())
    sys.stdout.write(report.table() + "\n")
    sys.exit(1 if report.harm else 0)


if __name__ == "__main__":
    main()
