"""What a member sees of a text on Discord before they tap on its spoiler marks."""

import re

_TOKEN = re.compile(r"\\([^0-9A-Za-z\s])|\|\|([\s\S]+?)\|\||([\s\S])")


def visible(text: str) -> str:
    """The text without what its marks hide, read from left to right as Discord reads it."""
    return "".join(
        escaped or plain or "" for escaped, _hidden, plain in (match.groups() for match in _TOKEN.finditer(text))
    )
