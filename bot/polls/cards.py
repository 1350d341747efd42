"""What a member sees of a poll: pure functions from a poll and its tally to Discord views and sentences."""

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.film.models import Difference
from bot.film.pack import Pack
from bot.layout import Card, escape, masked, spoiler
from bot.polls.buttons import (
    AgainButton,
    CancelButton,
    CancelNowButton,
    ChooseMenu,
    CloseButton,
    CloseNowButton,
    CsvButton,
    ExtendButton,
    MineButton,
    PollMenu,
    VoteButton,
    WithdrawButton,
)
from bot.polls.chart import LETTERS
from bot.polls.ledger import Outcome, Receipt
from bot.polls.records import Standing
from bot.polls.rules import Poll, Tally

BAR = 12
"""Characters of a bar: with its counts it stays on one line of a phone."""


def lettered(poll: Poll, index: int) -> str:
    """An option with its letter: “C Bittersweet”."""
    return f"{LETTERS[index]} {poll.options[index].label}"


def open_card(standing: Standing, difference: Difference | None = None) -> Card:
    """A poll that takes votes. `difference` is what it is about, if it is about one."""
    poll, tally = standing.poll, standing.tally
    card = Card().text(
        f"## {escape(poll.question)}\n-# Poll · closes {_relative(poll.closes_at)}, {exact(poll.closes_at)}"
    )
    card.gap()
    if difference is not None:
        sides = zip(poll.options, difference.sides, strict=False)
        card.text(
            "\n".join(
                f"**{letter}** {escape(side.position)}" for letter, (_, side) in zip(LETTERS, sides, strict=False)
            )
        )
        card.text(
            "-# Each is a position that one or more of the sources take; which ones is shown with the result."
        ).gap()
    card.text(tally_text(standing) if poll.results == "live" else HIDDEN[poll.results])
    limit = "One each" if poll.choices == 1 else f"Up to {poll.choices} options each"
    card.rule().text(
        f"-# {votes_text(tally.total)} so far. {limit}; you can change it. Nobody sees who voted for what."
    )
    if poll.minimum > 0:
        card.text(f"-# A result needs at least {votes_text(poll.minimum)}.")
    if poll.role_id is not None:
        card.text(f"-# For members with the role <@&{poll.role_id}>.")
    names = [masked(lettered(poll, index)) for index in range(len(poll.options))]
    if poll.choices > 1:
        card.row(ChooseMenu(poll.id, names, poll.choices))
    else:
        card.row(*(VoteButton(poll.id, index, name) for index, name in enumerate(names)))
    return card.row(MineButton(poll.id), WithdrawButton(poll.id), CloseButton(poll.id))


HIDDEN = {
    "hidden": "The results are shown when the poll closes.",
    "voters": "Who has voted sees the results with “My vote”; everybody when the poll closes.",
}


def tally_text(standing: Standing) -> str:
    """The counts and shares as bars in text."""
    poll, tally = standing.poll, standing.tally
    return "\n".join(_bar(poll, tally, index) for index in range(len(poll.options)))


def _bar(poll: Poll, tally: Tally, index: int) -> str:
    share = tally.share(index)
    bar = f"{'█' * max(1, round(BAR * share))} " if tally.votes[index] else ""
    return f"**{escape(lettered(poll, index))}**\n{bar}{share:.0%} · {votes_text(tally.votes[index])}"


def receipt_text(receipt: Receipt) -> str:
    """What a member is told after voting."""
    poll = receipt.poll
    if poll is None:
        return UNKNOWN_POLL
    choice = _names(poll, receipt.choices)
    match receipt.outcome:
        case Outcome.COUNTED:
            return f"Your vote for {choice} is counted. {_until(poll)}"
        case Outcome.CHANGED:
            return f"Changed: your vote is now for {choice}. {_until(poll)}"
        case Outcome.UNCHANGED:
            return f"Your vote for {choice} was counted already, and it still counts once. {_until(poll)}"
        case Outcome.WITHDRAWN:
            return "Your vote is withdrawn and no longer counted. You can vote again while the poll is open."
        case Outcome.NO_BALLOT:
            how = "Press an option" if poll.choices == 1 else "Choose from its menu"
            return f"You have no vote in this poll. {how} to vote."
        case Outcome.TOO_MANY:
            return f"Not counted: you can choose up to {poll.choices} options here. Please choose again."
        case Outcome.BARRED:
            return f"Not counted: this poll is for members with the role <@&{poll.role_id}>."
        case Outcome.CLOSED:
            return "This poll is closed, so nothing was counted or changed. Its result is in its message."
        case Outcome.UNKNOWN:
            return UNKNOWN_POLL


UNKNOWN_POLL = "I don’t know this poll any more, so nothing was counted. Start a new one with /poll."


def my_vote_text(receipt: Receipt) -> str:
    """The private answer to “My vote”."""
    if receipt.poll is not None and receipt.outcome is Outcome.COUNTED:
        mine = f"Your vote: {_names(receipt.poll, receipt.choices)}. {_until(receipt.poll)}"
        if receipt.poll.results == "voters" and receipt.tally is not None:
            return f"{mine}\n{tally_text(Standing(receipt.poll, receipt.tally))}"
        return mine
    return receipt_text(receipt)


def _names(poll: Poll, choices: Sequence[int]) -> str:
    return ", ".join(f"**{escape(lettered(poll, choice))}**" for choice in choices)


def _until(poll: Poll) -> str:
    return f"You can change or withdraw it until {exact(poll.closes_at)}."


def already_open_text(poll: Poll) -> str:
    """What `/poll` answers where one is open."""
    return f"A poll is open here already: {poll.link}\nIt closes {_relative(poll.closes_at)}."


def confirm_card(poll: Poll, *, cancel: bool) -> Card:
    """The private question before a poll is closed early or cancelled."""
    question = (
        "Cancel this poll? Its votes are deleted, and no result is shown."
        if cancel
        else "Close this poll now, for everyone?"
    )
    return (
        Card()
        .text(f"**{question}**\nIt would run until {exact(poll.closes_at)}. This can’t be undone.")
        .row(CancelNowButton(poll.id) if cancel else CloseNowButton(poll.id))
    )


def list_card(standings: Sequence[Standing], *, whole_server: bool) -> Card:
    """The polls of a channel or of the server, with a menu to look closer."""
    card = Card().text(f"## Polls\n-# {'In this server' if whole_server else 'In this channel'}, open ones first")
    if not standings:
        return card.text("There is none yet. Start one with `/poll`.")
    for standing in standings:
        poll = standing.poll
        place = f" · [go there]({poll.link})" if poll.link else ""
        card.text(f"**{escape(poll.question)}**\n-# {state_text(poll)} · {votes_text(standing.tally.total)}{place}")
    return card.row(PollMenu(standings))


def detail_card(standing: Standing, *, may_manage: bool) -> Card:
    """One poll closely, for one member; who may manage it gets the buttons for that."""
    poll = standing.poll
    card = Card().text(f"## {escape(poll.question)}\n-# {state_text(poll)} · {votes_text(standing.tally.total)}")
    if poll.cancelled:
        card.text("It was cancelled, so there is no result.")
    elif not poll.is_open and not standing.has_enough:
        card.text(too_few_text(standing))
    elif not poll.is_open or poll.results == "live":
        card.text(tally_text(standing)).row(CsvButton(poll.id))
    else:
        card.text(HIDDEN[poll.results])
    if may_manage and poll.is_open:
        card.row(*(ExtendButton(poll.id, days) for days in (1, 7)), CloseButton(poll.id), CancelButton(poll.id))
    elif may_manage:
        card.row(AgainButton(poll.id))
    return card


def too_few_text(standing: Standing) -> str:
    """What is said in place of the result of a poll that got fewer votes than it asked for."""
    asked = standing.poll.minimum
    return f"Too few votes for a result: {standing.tally.total}, and this poll asked for at least {asked}."


def state_text(poll: Poll) -> str:
    """Whether a poll is open, and when it closes or closed."""
    if poll.is_open:
        return f"open, closes {_relative(poll.closes_at)}"
    # A poll takes no vote after its time, also where the bot was away and closed it later.
    moment = poll.closes_at if poll.closed_by is None else poll.closed_at or poll.closes_at
    who = ", when its time was up" if poll.closed_by is None else f" by <@{poll.closed_by}>"
    trouble = ", not shown: its channel can’t be reached" if poll.unreachable else ""
    return f"{'cancelled' if poll.cancelled else 'closed'} {exact(moment)}{who}{trouble}"


def reminder_text(poll: Poll, *, hidden: bool = False) -> str:
    """The message that reminds a channel of a poll before its end."""
    question = spoiler(poll.question) if hidden else escape(poll.question)
    return f"The poll “{question}” closes {_relative(poll.closes_at)}. {poll.link or ''}".rstrip()


def hidden_note(pack: Pack | None) -> str:
    """What stands above a poll that is hidden."""
    film = escape(pack.film.name) if pack else "a film"
    return f"-# A poll that tells how {film} ends. Tap it to see it."


def unreachable_text(standing: Standing) -> str:
    """What the opener is told when a poll's channel can't be."""
    return (
        f"Your poll “{escape(standing.poll.question)}” is closed with {votes_text(standing.tally.total)}, but I can’t "
        "show its result in its channel: the channel is gone, or I lack permissions there. "
        "In that server, /polls still has it."
    )


def extended_text(poll: Poll) -> str:
    """The private answer after a poll was extended."""
    return f"The poll now runs until {exact(poll.closes_at)}. A poll can run at most 90 days from now."


def done_card(standing: Standing, *, closed: bool) -> Card:
    """The private card after “Close it now” or “Cancel it now” was pressed. `closed`: it was this press that did it."""
    poll = standing.poll
    if not closed:
        return Card().text("The poll was closed already.")
    if poll.cancelled:
        return Card().text("The poll is cancelled; its votes are deleted.")
    if not standing.has_enough:
        return Card().text("The poll is closed. It had too few votes for a result; its message says so.")
    return Card().text("The poll is closed, and its message shows the result.")


def votes_text(count: int) -> str:
    return f"{count:,} vote{'' if count == 1 else 's'}"


def _relative(moment: datetime) -> str:
    return discord.utils.format_dt(moment, "R")


def exact(moment: datetime) -> str:
    return discord.utils.format_dt(moment, "f")
