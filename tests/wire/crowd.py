"""A crowd in many servers, who ask and vote at a steady rate, and of whom each knows how long the answer took."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tests.wire.server import WireDiscord
from tests.wire.world import Interaction, Message

FIRST_CHANNEL = 6_000_000_000_000
FIRST_MEMBER = 1_000_000
COUNTED = "is counted"


@dataclass(slots=True)
class Ballot:
    """A poll that is open, and who was told that their vote counts in it, for which option."""

    poll_id: int
    shard: int
    message: Message
    custom_ids: Sequence[str]
    confirmed: dict[int, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of what the crowd sent."""

    sent: int = 0
    answered: int = 0
    late: int = 0
    lost: int = 0
    """Never answered, by a process that was there all the time."""
    cut: int = 0
    """On their way to the process when it was killed."""
    undeliverable: int = 0
    """Not sent, because no process had the server's shard."""
    odd: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def percentile(self, part: float) -> float:
        """Milliseconds from event to answer that this part of the answers did not exceed."""
        ordered = sorted(self.latencies)
        return 1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


class Crowd:
    """Uses `/ending` and votes in turn, each time as another member, in servers of all shards alike."""

    def __init__(self, discord: WireDiscord, topics: Sequence[str], servers: int, dice: random.Random) -> None:
        self._discord = discord
        self._topics = topics
        self._servers = servers
        self._dice = dice
        self._members = itertools.count(FIRST_MEMBER)
        self._flying: dict[Interaction, int] = {}
        self._going_home = False
        self.answered: Counter[int] = Counter()
        """The answers by the shard they concern."""
        self.ballots: list[Ballot] = []
        self.outcome = Outcome()

    async def open_polls(self, each: int) -> None:
        """Open so many polls in servers of each shard."""
        for shard in range(self._discord.world.shards):
            for number in range(each):
                channel = FIRST_CHANNEL + number * self._discord.world.shards + shard
                message = await self._discord.slash(
                    "poll", member=next(self._members), channel=channel, shard=shard, duration="1 day"
                )
                custom_ids = [message.custom_id(label) for label in message.labels[:5]]
                self.ballots.append(Ballot(int(custom_ids[0].split(":")[1]), shard, message, custom_ids))

    async def act(self, rate: float) -> None:
        """Act so many times a second until told to go home, whatever the bot does."""
        loop = asyncio.get_running_loop()
        begun, acted = loop.time(), 0
        while not self._going_home:
            for _ in range(int((loop.time() - begun) * rate) - acted):
                acted += 1
                await (self._ask() if acted % 2 else self._vote())
            # The rate of a load is the one thing here that is measured in time.
            await asyncio.sleep(0.005)

    def go_home(self) -> None:
        """Act no more."""
        self._going_home = True

    async def _ask(self) -> None:
        shard, server = self._dice.randrange(self._discord.world.shards), self._dice.randrange(self._servers)
        # Another channel each time: in the same one the bot gives a private answer with a link to the first.
        channel, member = FIRST_CHANNEL * 2 + next(self._members), next(self._members)
        topic = self._dice.choice(self._topics)
        await self._send(self._discord.world.slash("ending", member, channel, shard, server, topic=topic), shard, "## ")

    async def _vote(self) -> None:
        ballot = self._dice.choice(self.ballots)
        option, member = self._dice.randrange(len(ballot.custom_ids)), next(self._members)
        press = self._discord.world.press(ballot.message, ballot.custom_ids[option], member, ballot.shard)
        if await self._send(press, ballot.shard, COUNTED):
            press.told.add_done_callback(lambda told: self._note(ballot, member, option, told.result()))

    def _note(self, ballot: Ballot, member: int, option: int, answer: Message) -> None:
        if COUNTED in answer.text:
            ballot.confirmed[member] = option

    async def _send(self, interaction: Interaction, shard: int, wanted: str) -> bool:
        if not self._discord.gateway.reaches([shard]):
            self._forget(interaction)
            self.outcome.undeliverable += 1
            return False
        self.outcome.sent += 1
        self._flying[interaction] = shard
        interaction.told.add_done_callback(lambda told: self._hear(interaction, told.result(), wanted))
        await self._discord.deliver(interaction)
        return True

    def _hear(self, interaction: Interaction, answer: Message, wanted: str) -> None:
        shard = self._flying.pop(interaction, None)
        if shard is None or interaction.answered is None:
            return
        self.answered[shard] += 1
        seconds = interaction.answered - interaction.sent
        self.outcome.answered += 1
        self.outcome.latencies.append(seconds)
        self.outcome.late += seconds > interaction.patience
        if wanted not in answer.text:
            self.outcome.odd[answer.text[:80]] += 1
        if answer.channel_id >= FIRST_CHANNEL * 2:
            self._discord.world.messages.pop(answer.id, None)
        self._forget(interaction)

    def _forget(self, interaction: Interaction) -> None:
        self._discord.world.interactions.pop(interaction.data["token"], None)

    def give_up_on(self, shards: Collection[int]) -> None:
        """The process with these shards is gone: what it has not answered, nobody will."""
        for interaction in [flying for flying, shard in self._flying.items() if shard in shards]:
            del self._flying[interaction]
            self.outcome.cut += 1

    async def hear_the_rest(self) -> None:
        """Wait for the answers on their way; those that do not come in time are lost."""
        try:
            await self._discord.watch.until(
                lambda: not self._flying or None, seconds=self._discord.world.patience + 7.0
            )
        except TimeoutError:
            self.outcome.lost += len(self._flying)
