"""What a card holds, read from what is sent to Discord."""

from collections.abc import Iterator
from typing import Any

from bot.layout import Card, texts


def parts(card: Card) -> Iterator[dict[str, Any]]:
    """Every component of a card as it is sent, from the top."""
    sent: list[dict[str, Any]] = card.to_components()  # type: ignore[no-untyped-call]
    waiting = sent[::-1]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(part.get("components", []))


def custom_ids(card: Card) -> list[str]:
    """The custom_ids of a card's buttons and menus."""
    return [part["custom_id"] for part in parts(card) if "custom_id" in part]


def labels(card: Card) -> list[str]:
    """The words on a card's buttons."""
    return [part["label"] for part in parts(card) if "label" in part]


def text_of(card: Card) -> str:
    """All texts of a card."""
    return "\n".join(texts(card))
