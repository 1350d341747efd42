"""The program's counts as Prometheus reads them. They are put together when somebody asks, never while work is done."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar, get_args

import discord
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import __version__
from bot.client import BUTTONS, EndingBot
from bot.measures import Distribution, Outcome
from bot.operations.polls import PollCounts
from bot.operations.pulse import Pulse
from bot.polls import ledger as votes
from bot.rest import SCOPES, UNKNOWN_SCOPE

Name = TypeVar("Name")
PREFIX = "ending_bot_"
Counts = Iterable[tuple[Sequence[str], float]]
"""Numbers with the values of their labels."""
VOTES = (*(outcome.value for outcome in votes.Outcome), votes.NOT_WRITTEN)
PRESSES = tuple(product((item.__name__ for item in BUTTONS), get_args(Outcome)))
LIMITS = (*sorted(SCOPES), UNKNOWN_SCOPE)
CONNECTIONS = ("identified", "resumed", "lost")


class Metrics(Collector):
    """The metrics of one bot, with a registry of their own. Labels are names that this program gives."""

    def __init__(self, bot: EndingBot) -> None:
        self._bot = bot
        self.pulse = Pulse()
        self.polls = PollCounts(lambda: bot.records.open_and_overdue(bot.clock()))
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    async def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        await self.polls.refresh()
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would collect everything once, only to know the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """What the registry asks for."""
        yield gauge("info", "The version that runs.", [((__version__,), 1)], "version")
        yield from self._interactions()
        yield from self._voting()
        yield from self._gateway()
        yield from self._requests()
        yield histogram("loop_lag_seconds", "How much too late the event loop woke a sleeper.", self.pulse.lateness)
        yield gauge("task_up", "Whether a long-lived task is well.", singly(self._bot.tasks.health()), "task")

    def _interactions(self) -> Iterator[Metric]:
        bot, measures = self._bot, self._bot.measures
        commands = from_zero(product(self._command_names(), get_args(Outcome)), measures.commands)
        yield counter("commands", "Commands by how they ended.", commands.items(), "command", "outcome")
        presses = from_zero(PRESSES, measures.presses).items()
        yield counter("presses", "Uses of buttons and menus by how they ended.", presses, "button", "outcome")
        yield histogram(
            "answer_seconds", "From an interaction at Discord to its first answer there.", bot.rest.answer_seconds
        )

    def _command_names(self) -> Iterator[str]:
        for kind in discord.AppCommandType:
            yield from (command.qualified_name for command in self._bot.tree.walk_commands(type=kind))

    def _voting(self) -> Iterator[Metric]:
        ledger, board = self._bot.ledger, self._bot.board
        yield counter("votes", "Votes by what became of them.", singly(from_zero(VOTES, ledger.outcomes)), "outcome")
        yield histogram("ledger_batch_votes", "Votes of one transaction.", ledger.batches)
        yield gauge("ledger_waiting_votes", "Votes that wait for their transaction.", ledger.waiting)
        yield counter("poll_edits", "Edits of polls' messages by outcome.", singly(board.edits), "outcome")
        yield counter(
            "poll_messages",
            "Results, notices and reminders by outcome.",
            board.deliveries.items(),
            "message",
            "outcome",
        )
        if self.polls.known is not None:
            count, overdue = self.polls.known
            yield gauge("polls_open", "Open polls in the database, of all processes.", count)
            yield gauge("polls_overdue", "Open polls that should have been closed by now.", overdue)
        yield gauge("database_up", "Whether the database said how many polls are open.", self.polls.known is not None)

    def _gateway(self) -> Iterator[Metric]:
        bot = self._bot
        # It is infinite or no number until the first heartbeat was answered.
        latencies = (((str(shard),), latency) for shard, latency in bot.latencies if math.isfinite(latency))
        yield gauge("gateway_latency_seconds", "Between a heartbeat and its answer.", latencies, "shard")
        up = (((str(number),), not shard.is_closed()) for number, shard in bot.shards.items())
        yield gauge("shard_up", "Whether a shard is connected.", up, "shard")
        connections = singly(from_zero(CONNECTIONS, bot.measures.connections))
        yield counter("gateway_connections", "New sessions, resumed and lost ones.", connections, "event")
        guilds = bot.application.approximate_guild_count if bot.application else 0
        if guilds:
            yield gauge("servers", "The whole bot's servers, as Discord said at the login.", guilds)

    def _requests(self) -> Iterator[Metric]:
        rest, budget = self._bot.rest, self._bot.budget
        yield counter("rest_answers", "Discord's answers by class of status.", singly(rest.answers), "status")
        yield counter("rate_limits", "Answers with status 429.", singly(from_zero(LIMITS, rest.limits)), "scope")
        used = "The part of the refusals in ten minutes after which Discord blocks the address that is used up."
        yield gauge("refusals_used_ratio", used, budget.used)


def from_zero(known: Iterable[Name], counts: Mapping[Name, int]) -> dict[Name, int]:
    """Counts with those that are known in advance: Prometheus misses the first event of one that begins with it."""
    return dict.fromkeys(known, 0) | dict(counts)


def singly(counts: Mapping[str, int]) -> Counts:
    """Counts by one name, as they are for one label."""
    return (((name,), count) for name, count in counts.items())


def counter(name: str, text: str, counts: Counts, *labels: str) -> Metric:
    """What only grows."""
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family


def gauge(name: str, text: str, values: Counts | float, *labels: str) -> Metric:
    """What goes up and down; a single number has no labels."""
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for label_values, value in [((), values)] if isinstance(values, int | float) else values:
        family.add_metric(label_values, value)
    return family


def histogram(name: str, text: str, distribution: Distribution) -> Metric:
    """How values are spread."""
    bounds = [*(str(bound) for bound in distribution.bounds), "+Inf"]
    buckets = list(zip(bounds, distribution.up_to(), strict=True))
    return HistogramMetricFamily(PREFIX + name, text, buckets=buckets, sum_value=distribution.total)
