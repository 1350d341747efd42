"""The question in what a member wrote, be it typed into a command or found in a message."""

import re

QUESTION_LIMIT = 200
"""Characters of a question that count."""

# Members, roles, channels, times and emoji as Discord writes them into a message: <@123>, <t:1:R>, <:heart:45>.
_MARKUP = re.compile(r"<(?:@[!&]?|#|t:|a?:\w+:|/)[^<>]{1,60}>")


def question_in(text: str) -> str:
    """The words without spoiler marks, so that hidden words are understood too, and without Discord's markup."""
    return " ".join(_MARKUP.sub(" ", text).replace("||", " ").split())[:QUESTION_LIMIT]
