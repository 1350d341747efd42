"""A tally in figures, set beside a survey: shares, intervals, differences."""

import math
from dataclasses import dataclass

from bot.film.models import EndingPoll
from bot.layout import escape
from bot.polls.rules import Poll, Tally

Z95 = 1.959964
"""The standard normal quantile for a 95 % interval."""
ENOUGH_VOTES = 20
"""Below this many votes agreement says nothing: the intervals are so wide that almost any survey lies in them."""


def wilson(votes: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share, as two shares (0 to 1); 0 to 1 without votes.

    The formula is E. B. Wilson's of 1927; unlike the textbook one it stays within 0 and 1 for few votes.
    """
    if total == 0:
        return 0.0, 1.0
    share = votes / total
    squared = Z95 * Z95
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    half = Z95 * math.sqrt(share * (1 - share) / total + squared / (4 * total * total)) / (1 + squared / total)
    # At the ends rounding would leave 1e-17 instead of 0.
    low = 0.0 if votes == 0 else max(0.0, centre - half)
    high = 1.0 if votes == total else min(1.0, centre + half)
    return low, high


@dataclass(frozen=True, slots=True)
class Row:
    """One option of a result. `share`, `low` and `high` are 0 to 1; `survey` is in per cent, or None."""

    label: str
    votes: int
    share: float
    low: float
    high: float
    survey: int | None

    @property
    def difference(self) -> float | None:
        """The server's share less the survey's, in percentage points."""
        return None if self.survey is None else 100 * self.share - self.survey

    @property
    def stands_out(self) -> bool:
        """Whether the survey's share lies outside the interval."""
        return self.survey is not None and not 100 * self.low <= self.survey <= 100 * self.high


def result_rows(poll: Poll, tally: Tally, ending: EndingPoll | None) -> list[Row]:
    """The rows of a result in the poll's order, with the survey's shares where the options are the survey's."""
    percents = {option.id: option.survey_percent for option in ending.options} if ending and ending.survey else {}
    rows = []
    for index, option in enumerate(poll.options):
        low, high = wilson(tally.votes[index], tally.total)
        rows.append(Row(option.label, tally.votes[index], tally.share(index), low, high, percents.get(option.id)))
    return rows


def leaders(rows: list[Row]) -> list[Row]:
    """The options with the most votes: one, several in a tie, none without votes."""
    most = max((row.votes for row in rows), default=0)
    return [row for row in rows if row.votes == most] if most else []


def in_words(rows: list[Row], total: int) -> str:
    """The result, and how it differs from the survey, in plain words."""
    first = leaders(rows)
    if not first:
        return "Nobody voted."
    if len(first) == 1:
        sentence = f"Most votes: **{escape(first[0].label)}**, with {first[0].votes} of {total}."
    else:
        names = " and ".join(f"**{escape(row.label)}**" for row in first)
        sentence = f"A tie: {names} have {first[0].votes} of {total} votes each."
    if all(row.survey is None for row in rows):
        return sentence
    apart = [row for row in rows if row.stands_out]
    if not apart and total < ENOUGH_VOTES:
        return f"{sentence} With so few votes the server can’t be told apart from the survey."
    if not apart:
        return f"{sentence} All in all that agrees with the survey, as far as {total} votes can tell."
    widest = max(apart, key=lambda row: abs(row.difference or 0.0))
    direction = "more" if (widest.difference or 0.0) > 0 else "fewer"
    return f"{sentence} Clearly {direction} here than in the survey say {escape(widest.label.lower())}."
