"""What members write is shown as it reads, and what they hid stays hidden."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.layout import escape, hidden_by_line, masked, spoiler
from tests.spoilers import visible

typed = st.text(alphabet="|ab \n\\*_`[](){}<>:/.@#~-=!", max_size=40) | st.text(max_size=40)
SECRET = "XYZZY"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("she ||leaves|| him", "she ||leaves|| him"),
        ("||a|| and ||b||", "||a|| and ||b||"),
        ("a || b", r"a \|\| b"),
        ("|||a|||", r"||\|a||\|"),
        ("||**a**||", r"||\*\*a\*\*||"),
        ("||", r"\|\|"),
        ("|| ||", "|| ||"),
        ("[a_b](http://c_d) <#1> <@2>", r"\[a\_b](http:\//c\_d) \<#1> \<@2>"),
        ("# a\n - b-c\n-# d\n> e > f", "\\# a\n \\- b-c\n\\-# d\n\\> e > f"),
        ("||||", r"\|\|\|\|"),
    ],
)
def test_pairs_of_spoiler_marks_stay_alive_and_nothing_else(written: str, shown: str) -> None:
    assert escape(written) == shown


def test_what_is_hidden_in_plain_words() -> None:
    assert visible("a ||b|| c") == "a  c"
    assert visible(r"a \|\|b\|\| c") == "a ||b|| c"


@given(typed, typed)
@example("http://a.b/", "")
@example("<x:/", ">")
@example("[a||b](c) ", "")
@example("\\", "\\")
@example("|", "|")
def test_whatever_stands_around_them_hidden_words_stay_hidden(before: str, after: str) -> None:
    written = f"{before}||{SECRET}||{after}"
    # Marks before the secret may pair otherwise, and then it was not hidden.
    meant = any(SECRET in hidden for hidden in re.findall(r"\|\|(.+?)\|\|", written, re.DOTALL))
    text = escape(written)
    if meant:
        assert SECRET not in visible(text)
        assert SECRET not in masked(written)
    assert not re.search(r"https?://|<[^: >]+:/[^ >]+>", text), "a link would take marks for its own"


@given(st.lists(typed, min_size=2, max_size=4))
@example(["[a||b](c)", "||d||"])
def test_texts_that_stand_together_never_hide_or_show_anything_of_each_other(parts: list[str]) -> None:
    assert visible("\n".join(map(escape, parts))) == "\n".join(visible(escape(part)) for part in parts)


@given(typed)
@example("|||||")
@example(" -")
def test_what_is_not_hidden_reads_as_it_was_written(written: str) -> None:
    outside = re.sub(r"\|\|(.+?)\|\|", "", written, flags=re.DOTALL)
    assert visible(escape(written)).replace("@\u200b", "@") == outside


@given(typed)
@example("|")
def test_a_spoiler_shows_nothing(written: str) -> None:
    assert visible(spoiler(written or "x")).strip() == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [("She ||leaves|| him", "She (hidden) him"), ("a || b", "a || b"), ("||a||||b||", "(hidden)(hidden)")],
)
def test_where_nothing_can_be_hidden_it_is_not_said(written: str, shown: str) -> None:
    assert masked(written) == shown


def test_marks_over_several_lines_hide_each_of_them() -> None:
    assert hidden_by_line("||a\nb\n\nc|| d\ne || f") == "||a||\n||b||\n\n||c  d||\ne || f"
    assert hidden_by_line("a ||b||\n||c||") == "a ||b||\n||c||"


@given(st.lists(typed, min_size=1, max_size=4), typed)
def test_what_is_hidden_in_several_lines_is_hidden_in_each(before: list[str], after: str) -> None:
    written = "\n".join([*before, f"||{SECRET}", f"b||{after}"])
    meant = any(SECRET in hidden for hidden in re.findall(r"\|\|(.+?)\|\|", written, re.DOTALL))
    lines = hidden_by_line(written).splitlines()
    assert not meant or all(SECRET not in visible(escape(line)) for line in lines)
