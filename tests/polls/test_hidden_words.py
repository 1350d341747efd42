"""What members hide in a poll of their own is hidden wherever the poll is shown."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.layout import Card
from bot.polls import cards
from bot.polls.chart import draw_chart
from bot.polls.ledger import Outcome, Receipt
from bot.polls.questions import FormError, read_question
from bot.polls.records import Standing
from bot.polls.result_cards import Result, notice_text, result_card
from bot.polls.rules import Poll, Tally
from bot.polls.survey import result_rows
from tests.answers.views import parts
from tests.conftest import HandClock
from tests.spoilers import visible

around = st.text(alphabet="|a \\*_`[]():/.", max_size=5)
SECRET = "XYZZY"
NOW = HandClock()()
POLL = Poll(
    id=1,
    guild_id=1,
    channel_id=1,
    message_id=1,
    film="her",
    kind="own",
    about="x",
    question="",
    options=(),
    results="live",
    opened_by=1,
    opened_at=NOW,
    closes_at=NOW + timedelta(days=1),
    closed_at=None,
    closed_by=None,
    cancelled=False,
    minimum=0,
    choices=1,
    role_id=None,
    remind=True,
    unreachable=False,
)


def shown_texts(poll: Poll) -> Iterator[str]:
    """All that members see of a poll, open and closed, before they tap on anything."""
    votes = Tally((2, *(1 for _ in poll.options[2:]), 2))
    standing = Standing(poll, votes)
    receipt = Receipt(Outcome.COUNTED, poll, tuple(range(len(poll.options))), votes)
    closed = Standing(replace(poll, closed_at=NOW), votes)
    result = Result(closed, result_rows(poll, votes, None), None, None, None)
    picture = discord.File(io.BytesIO(b"png"), filename="poll.png")
    several = Standing(replace(poll, choices=2), votes)
    for card in (
        cards.open_card(standing),
        cards.open_card(several),
        cards.list_card([standing], whole_server=True),
        cards.detail_card(standing, may_manage=True),
        result_card(result, picture),
    ):
        yield from shown_on(card)
    for text in (
        cards.receipt_text(receipt),
        cards.receipt_text(replace(receipt, outcome=Outcome.CHANGED)),
        cards.my_vote_text(replace(receipt, poll=replace(poll, results="voters"))),
        cards.reminder_text(poll),
        cards.unreachable_text(standing),
        notice_text(result),
    ):
        yield visible(text)


def shown_on(card: Card) -> Iterator[str]:
    for part in parts(card):
        yield visible(part.get("content", ""))
        yield from plain(part)


def plain(part: dict[str, Any]) -> Iterator[str]:
    """What Discord shows of a component as it stands, without marks: labels, and pictures' alternative texts."""
    for key in ("label", "placeholder", "description"):
        yield part.get(key) or ""
    for item in (*part.get("options", ()), *part.get("items", ())):
        yield from plain(item)


@given(around, around)
def test_hidden_words_of_questions_and_options_are_hidden_everywhere(before: str, after: str) -> None:
    # In the text before it no mark may be open: then the words would stand outside of the pair.
    before = before.replace("||", "|").rstrip("|")
    hidden = f"{before} ||{SECRET}||{after}"
    asked = read_question(f"Is it {hidden}?", f"{hidden}\nb ||{SECRET} 2||\nyes", "1", None)
    poll = replace(POLL, question=asked.question, options=asked.options)
    texts = list(shown_texts(poll))
    assert [text for text in texts if SECRET in text] == []
    assert any("A " in text and "(hidden)" in text for text in texts), "the letter still tells which option is which"


def test_marks_around_several_options_hide_each() -> None:
    asked = read_question("What?", "||XYZZY one\nXYZZY two||\nthree", "1", None)
    assert [option.label for option in asked.options] == ["||XYZZY one||", "||XYZZY two||", "three"]
    assert [
        text for text in shown_texts(replace(POLL, question="What?", options=asked.options)) if SECRET in text
    ] == []


def test_an_error_in_the_form_does_not_tell_them_either() -> None:
    with pytest.raises(FormError) as error:
        read_question("What?", "||XYZZY||\n||XYZZY||", "1", None)
    assert str(error.value) == "**Options**, line 2: same as line 1."
    assert SECRET not in visible(str(error.value))


def test_hidden_words_are_not_in_the_picture() -> None:
    def chart(word: str) -> bytes:
        poll = replace(POLL, options=read_question("What?", f"||{word}||\nyes", "1", None).options)
        return draw_chart(result_rows(poll, Tally((1, 1)), None), f"Is it ||{word}||?")

    assert chart("XYZZY") == chart("other")


def test_the_longest_options_full_of_marks_still_fit_on_buttons_and_menus() -> None:
    label = "||a||" * 6
    asked = read_question("||q||" * 28, f"{label}\n{label}b", "2", None)
    poll = replace(POLL, question=asked.question, options=asked.options)
    for several in (1, 2):
        for part in parts(cards.open_card(Standing(replace(poll, choices=several), Tally((0, 0))))):
            assert len(part.get("label", "")) <= 80
            assert all(len(option["label"]) <= 100 for option in part.get("options", ()))
