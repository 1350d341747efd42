"""Many members who vote at a steady rate, and who remember what each of them was told at last."""

import asyncio
import random
import re
from dataclasses import dataclass, field

from tests.wire.server import WireDiscord
from tests.wire.world import Interaction, Message

MEMBERS = 20_000
"""Enough that at 500 votes a second no one exceeds the bot's pace of ten in 15 seconds."""
OPENER = 7
IN_FLIGHT = 400
OPTIONS = ("A ", "B ", "C ", "D ", "E ")
RESULT = "Poll · closed"
CONFIRMED = ("is counted", "was counted already", "your vote is now", "is withdrawn", "You have no vote")
REFUSED = ("This poll is closed", "your vote was not counted", "so nothing was done")

Choice = int | None


@dataclass
class Box:
    """A poll as its voters know it: for each, every choice that may stand after what they sent and were told."""

    poll_id: int
    message: Message
    custom_ids: dict[Choice, str]
    possible: dict[int, frozenset[Choice]] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    due: bool = False

    @classmethod
    def of(cls, message: Message) -> "Box":
        """The box of an open poll's message."""
        custom_ids: dict[Choice, str] = {index: message.custom_id(label) for index, label in enumerate(OPTIONS)}
        custom_ids[None] = message.custom_id("Withdraw")
        found = re.match(r"poll:(\d+)", custom_ids[0])
        assert found is not None
        return cls(int(found[1]), message, custom_ids)


@dataclass(frozen=True, slots=True)
class Flight:
    """A press whose answer is not there yet."""

    box: Box
    member: int
    choice: Choice
    before: frozenset[Choice]


class Load:
    """Keeps one poll open in each channel, and votes in all of them."""

    def __init__(self, discord: WireDiscord, channels: list[int], dice: random.Random, rate: float) -> None:
        self._discord = discord
        self.watch = discord.watch
        self._dice = dice
        self._rate = rate
        self._flying: dict[Interaction, Flight] = {}
        self.open: dict[int, Box | None] = dict.fromkeys(channels)
        self.past: dict[int, list[Box]] = {channel: [] for channel in channels}
        self.acknowledged = 0
        self.odd: list[str] = []
        """Answers that no vote should get."""

    def boxes(self) -> list[Box]:
        """Every poll there has been."""
        return [*(box for boxes in self.past.values() for box in boxes), *(box for box in self.open.values() if box)]

    def results(self, channel: int) -> list[Message]:
        """The messages of a channel that show a result."""
        return [message for message in self._discord.world.shown(channel) if RESULT in message.text]

    def over(self, channel: int) -> bool:
        """Whether the channel's poll shows its result."""
        return len(self.results(channel)) > len(self.past[channel])

    async def run(self) -> None:
        """Open polls and vote until cancelled."""
        async with asyncio.TaskGroup() as group:
            for channel in self.open:
                group.create_task(self._keep_open(channel))
            group.create_task(self._vote_steadily())

    async def _keep_open(self, channel: int) -> None:
        while True:
            if (box := self.open[channel]) is None:
                answer = await self._discord.slash("poll", member=OPENER + channel, channel=channel, duration="1 hour")
                self.open[channel] = Box.of(self._linked(answer))
            else:
                await self._discord.watch.until(lambda: self.over(channel), seconds=3600)
                self.past[channel].append(box)
                self.open[channel] = None

    def _linked(self, answer: Message) -> Message:
        """The poll that was opened, or that the answer leads to."""
        link = re.search(r"/channels/\d+/\d+/(\d+)", answer.text)
        return self._discord.world.messages[int(link[1])] if link else answer

    async def _vote_steadily(self) -> None:
        loop = asyncio.get_running_loop()
        begun, sent = loop.time(), 0
        while True:
            for _ in range(int((loop.time() - begun) * self._rate) - sent):
                sent += 1
                if len(self._flying) < IN_FLIGHT:
                    await self._vote()
            # The rate of a load is the one thing here that is measured in time.
            await asyncio.sleep(0.01)

    async def _vote(self) -> None:
        boxes = [box for box in self.open.values() if box is not None and not box.message.deleted]
        if not boxes:
            return
        box = self._dice.choice(boxes)
        known = list(box.possible) if self._dice.random() < 0.05 else []
        member = self._dice.choice(known) if known else 1_000 + self._dice.randrange(MEMBERS)
        if member in box.busy:
            return
        choice = None if self._dice.random() < 0.1 else self._dice.randrange(len(OPTIONS))
        before = box.possible.get(member, frozenset({None}))
        box.busy.add(member)
        box.possible[member] = before | {choice}
        interaction = self._discord.world.press(box.message, box.custom_ids[choice], member)
        self._flying[interaction] = Flight(box, member, choice, before)
        interaction.told.add_done_callback(lambda told: self._hear(interaction, told.result()))
        await self._discord.deliver(interaction)

    def _hear(self, interaction: Interaction, answer: Message) -> None:
        flight = self._flying.pop(interaction, None)
        if flight is None:
            return
        box, member, text = flight.box, flight.member, answer.text
        if any(said in text for said in REFUSED):
            box.possible[member] = flight.before
        elif any(said in text for said in CONFIRMED):
            box.possible[member] = frozenset({flight.choice})
            self.acknowledged += 1
        else:
            self.odd.append(text)
        self._forget(interaction, flight)

    def _forget(self, interaction: Interaction, flight: Flight) -> None:
        flight.box.busy.discard(flight.member)
        del self._discord.world.interactions[interaction.data["token"]]

    async def abandon(self) -> None:
        """The bot is gone: hear what it has still sent, and give up on all other answers."""
        await self._discord.watch.until(lambda: self._discord.gateway.deserted)
        for interaction, flight in list(self._flying.items()):
            if interaction.told.done():
                self._hear(interaction, interaction.told.result())
            else:
                del self._flying[interaction]
                self._forget(interaction, flight)
