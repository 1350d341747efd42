"""The cards' toolkit: Components V2 views that keep to Discord's limits and can be measured."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import discord
from discord import ui

# Discord's limits for one Components V2 message.
COMPONENT_LIMIT = 40
TEXT_LIMIT = 4_000
BYTE_LIMIT = 10_170
"""UTF-8 bytes, with 12 more for each text display (undocumented; past it Discord answers 500)."""
BYTES_FOR_EACH_TEXT = 12

ACCENT = discord.Colour(0xD1495B)


_HIDDEN = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
"""Words between Discord's spoiler marks, as Discord pairs them."""
# Every bar: one that stayed alive would pair with a mark further on, and turn inside out what is hidden. And the first
# stroke of an address: a link would take the marks that follow it for a part of itself.
_MARKUP = re.compile(r"[\\*_~`|\[<]|(?<=:)/|^[^\S\n]*[>#-]", re.MULTILINE)


@lru_cache(1_024)
def escape(text: str) -> str:
    """Text from outside as it reads, without markdown, links or mentions coming alive.

    Only pairs of spoiler marks do: whoever wrote `||words||` wanted them hidden.
    """
    pieces = _HIDDEN.split(text)
    pieces[::2] = map(_escape, pieces[::2])
    # A bar alone would pair with the mark that follows it.
    pieces[1::2] = (f"||{' ' if hidden == '|' else _escape(hidden)}||" for hidden in pieces[1::2])
    return "".join(pieces)


def _escape(text: str) -> str:
    return discord.utils.escape_mentions(_MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text))


def masked(text: str) -> str:
    """Text for places that can't hide, such as buttons: “(hidden)” stands for the words between spoiler marks."""
    return _HIDDEN.sub("(hidden)", text)


def hidden_by_line(text: str) -> str:
    """Text whose lines are going to be apart: each line that shares a pair of spoiler marks with others is hidden."""
    lines = text.splitlines()
    text = "\n".join(lines)
    for match in _HIDDEN.finditer(text):
        first, last = (text.count("\n", 0, end) for end in match.span())
        for number in range(first, last + 1) if last > first else ():
            words = lines[number].replace("||", " ").strip()
            lines[number] = f"||{words}||" if words else ""
    return "\n".join(lines)


def spoiler(text: str) -> str:
    """Text from outside, hidden until one taps on it."""
    return f"||{escape(text.replace('|', ' '))}||"


def clip(text: str, limit: int) -> str:
    """Text of at most `limit` characters; what is cut off is marked by an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def in_quotation_marks(text: str) -> str:
    """A quotation; the marks of one that stands in it become single."""
    return f"“{text.replace('“', '‘').replace('”', '’')}”"


def quoted(text: str) -> str:
    """A quotation on its own line, in quotation marks."""
    return f"> {escape(in_quotation_marks(text))}"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a message's room a view takes."""

    components: int
    characters: int
    encoded: int

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.components + other.components, self.characters + other.characters, self.encoded + other.encoded
        )

    @property
    def fits(self) -> bool:
        return self.components <= COMPONENT_LIMIT and self.characters <= TEXT_LIMIT and self.encoded <= BYTE_LIMIT


def texts(view: ui.LayoutView) -> Iterator[str]:
    """Every text that a view displays, from the top."""
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            yield item.content


def measure(view: ui.LayoutView) -> Size:
    """The size of a view, counted as Discord counts it."""
    displayed = list(texts(view))
    encoded = sum(len(text.encode()) + BYTES_FOR_EACH_TEXT for text in displayed)
    return Size(sum(1 for _ in view.walk_children()), sum(map(len, displayed)), encoded)


class Card(ui.LayoutView):
    """A framed message. Nothing in it expires: its buttons carry their meaning in their custom_id."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.frame: ui.Container[Self] = ui.Container(accent_colour=ACCENT)
        self.add_item(self.frame)

    def is_finished(self) -> bool:
        """True: discord.py need not keep it and listen for it, since `bot/buttons.py` finds what is used in it."""
        return True

    def text(self, content: str) -> Self:
        """Add a paragraph in Discord's markdown."""
        self.frame.add_item(ui.TextDisplay(content))
        return self

    def above(self, content: str) -> Self:
        """Put a line above the frame."""
        self.remove_item(self.frame)
        self.add_item(ui.TextDisplay(content)).add_item(self.frame)
        return self

    def hide(self) -> Self:
        """Hide all that is in the frame until one taps on it; a line above it should say what it is."""
        self.frame.spoiler = True
        return self

    def rule(self) -> Self:
        """Add a dividing line."""
        self.frame.add_item(ui.Separator())
        return self

    def gap(self) -> Self:
        """Add space without a line."""
        self.frame.add_item(ui.Separator(visible=False))
        return self

    def row(self, *items: ui.Item[Any]) -> Self:
        """Add buttons, five to a row, or one select; nothing for no items."""
        for start in range(0, len(items), 5):
            self.frame.add_item(ui.ActionRow(*items[start : start + 5]))
        return self

    def picture(self, file: discord.File, alt_text: str) -> Self:
        """Add an attached picture with its alternative text."""
        gallery: ui.MediaGallery[Self] = ui.MediaGallery()
        gallery.add_item(media=file, description=clip(alt_text, 256))
        self.frame.add_item(gallery)
        return self
