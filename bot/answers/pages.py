"""What an answer shows, as a short text: a button can carry it, and a question asked twice is known by it."""

from dataclasses import dataclass

SHOWS = r"[a-z0-9-]{1,40}|/timeline|/sources|/discuss:\d{1,3}|/q:\d{1,3}:(?s:.){0,60}"
"""What `Page.shows` may be. With a film's id it has to fit into the 100 characters of a button's custom_id."""


@dataclass(frozen=True, slots=True)
class Page:
    """A film, and what is shown of it: a topic or subject by its id, or after a stroke what a command shows."""

    film: str
    shows: str

    @property
    def key(self) -> str:
        """The same for pages that look the same."""
        return f"{self.film}:{self.shows}".casefold()


def quote_page(film: str, index: int, query: str) -> Page:
    """One quote of a search."""
    return Page(film, f"/q:{index}:{query}")


def question_page(film: str, index: int) -> Page:
    """A question to talk about."""
    return Page(film, f"/discuss:{index}")
