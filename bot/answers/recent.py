"""What was answered in a channel just now, so that a question asked again leads there instead of flooding it."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answers.pages import Page
from bot.clock import Clock

FRESH = timedelta(minutes=10)
"""For so long an answer is held to be still in sight: in a talk of one message every 20 seconds, 30 messages up."""
MOST = 5_000
"""Answers that are remembered in all channels together; past it the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer that a channel has already."""

    token: str
    """That of the interaction, by which Discord finds the answer's message for 15 minutes."""
    at: datetime


class Recent:
    """The public answers of the last minutes, in memory only. Of private ones nothing is ever noted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: OrderedDict[tuple[int, str], Earlier] = OrderedDict()

    def find(self, channel_id: int, page: Page) -> Earlier | None:
        """The answer that a channel got to the same question, if it is fresh."""
        earlier = self._answers.get((channel_id, page.key))
        return earlier if earlier and self._clock() - earlier.at < FRESH else None

    def note(self, channel_id: int, page: Page, token: str) -> None:
        """Remember a public answer."""
        self._answers.pop((channel_id, page.key), None)
        self._answers[channel_id, page.key] = Earlier(token, self._clock())
        while len(self._answers) > MOST:
            self._answers.popitem(last=False)
