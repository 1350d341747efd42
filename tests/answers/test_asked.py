"""The question in what a member wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers.asked import QUESTION_LIMIT, question_in
from bot.answers.buttons import ShareButton
from bot.answers.pages import quote_page
from bot.answers.quotes import QUERY_LIMIT


@pytest.mark.parametrize(
    ("written", "question"),
    [
        ("||samantha||", "samantha"),
        ("why did ||she|| leave", "why did she leave"),
        ("<@123> <@!4> <@&5> <#6> <:heart:7> <a:wave:8> why <t:1700000000:R>?", "why ?"),
        ("is 1 < 2 > 0", "is 1 < 2 > 0"),
        ("  \n ", ""),
        ("x" * 300, "x" * QUESTION_LIMIT),
    ],
)
def test_marks_and_markup_are_no_part_of_the_question(written: str, question: str) -> None:
    assert question_in(written) == question


@given(st.text(max_size=300), st.integers(0, 999))
def test_every_search_fits_into_the_button_that_shares_it(query: str, index: int) -> None:
    query = " ".join(query[:QUERY_LIMIT].split())
    button = ShareButton("f" * 24, quote_page("f" * 24, index, query).shows)
    assert button.custom_id
    assert len(button.custom_id) <= 100
    match = re.fullmatch(ShareButton.template, button.custom_id)
    assert match is not None
    assert ShareButton.from_match(match).page == button.page
