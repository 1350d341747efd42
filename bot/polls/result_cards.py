"""What a member sees of a closed poll: pure functions to Discord views and sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.film.models import Difference, EndingPoll
from bot.film.pack import Pack
from bot.layout import Card, escape, quoted, spoiler
from bot.polls.cards import state_text, too_few_text, votes_text
from bot.polls.chart import LETTERS, alt_text
from bot.polls.records import Standing
from bot.polls.rules import Poll
from bot.polls.survey import Row, in_words
from bot.polls.together import Together

FROM_BACKUP = "-# Counted from a backup: votes that came after it was made are missing."


@dataclass(frozen=True, slots=True)
class Result:
    """All that a result card is made of. `pack` is None for a film that is not here any more."""

    standing: Standing
    rows: Sequence[Row]
    pack: Pack | None
    ending: EndingPoll | None
    difference: Difference | None
    together: Together | None = None


def result_card(result: Result, chart: discord.File | None) -> Card:
    """A closed poll: the result in words, as a picture and as a table, beside the survey or the sources."""
    poll, tally = result.standing.poll, result.standing.tally
    card = Card().text(f"## {escape(poll.question)}\n-# Poll · {state_text(poll)} · {votes_text(tally.total)}")
    card.gap().text(verdict(result))
    if poll.is_from_backup:
        card.text(FROM_BACKUP)
    if chart is None:
        return card
    card.gap().picture(chart, alt_text(result.rows, poll.question))
    card.text("\n".join(_line(letter, row) for letter, row in zip(LETTERS, result.rows, strict=False)))
    card.text("-# In brackets: the 95% interval, where the share would likely lie if many more like you had voted.")
    if result.together:
        card.text(_together(result.standing.poll, result.together))
    if result.pack and result.difference:
        _add_sides(card, result.pack, result.difference)
    elif result.pack and result.ending:
        _add_survey(card, result.pack, result.ending)
    return card


def verdict(result: Result) -> str:
    """The result in a sentence."""
    if result.standing.poll.cancelled:
        return "This poll was cancelled. Its votes are deleted, and there is no result."
    if not result.standing.has_enough:
        return too_few_text(result.standing)
    return in_words(list(result.rows), result.standing.tally.total)


def notice_text(result: Result, *, hidden: bool = False) -> str:
    """The message that tells the channel of a close."""
    poll = result.standing.poll
    link = f" {poll.link}" if poll.link else ""
    if hidden:
        return f"The poll “{spoiler(poll.question)}” is closed. ||{verdict(result)}||{link}"
    return f"The poll “{escape(poll.question)}” is closed. {verdict(result)}{link}"


def _together(poll: Poll, together: Together) -> str:
    shares = " · ".join(
        f"{escape(option.label)} {together.tally.share(index):.0%}" for index, option in enumerate(poll.options)
    )
    voters = votes_text(together.tally.total)
    return f"**All servers that share their counts**: {shares}\n-# {voters} in {together.servers} servers"


def _add_survey(card: Card, pack: Pack, ending: EndingPoll) -> None:
    survey = ending.survey
    if survey is not None:
        card.rule().text(
            f"-# The survey is as {escape(pack.labels([survey.source]))} prints it, credited there to "
            f"{escape(survey.credited_to)}. {escape(survey.caveat)}"
        )


def _add_sides(card: Card, pack: Pack, difference: Difference) -> None:
    card.rule().text("**Who among the sources says so**")
    for letter, side in zip(LETTERS, difference.sides, strict=False):
        quote = quoted(pack.quotes[side.quotes[0]].text)
        card.text(f"**{letter} {escape(side.position)}** — {escape(pack.labels(side.sources))}\n{quote}")
    card.text(f"-# {escape(difference.film_check)}")


def _line(letter: str, row: Row) -> str:
    line = (
        f"**{letter} {escape(row.label)}**: {votes_text(row.votes)}, {row.share:.0%} "
        f"({100 * row.low:.0f} to {100 * row.high:.0f}%)"
    )
    if row.difference is None:
        return line
    return f"{line}\n-# survey {row.survey}%, here {_points(row.difference)}"


def _points(difference: float) -> str:
    rounded = round(difference, 1)
    if rounded == 0:
        return "the same"
    return f"{abs(rounded):g} points {'more' if rounded > 0 else 'less'}"
