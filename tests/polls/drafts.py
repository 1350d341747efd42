"""Polls to test with."""

from datetime import timedelta

from bot.polls.rules import STANDARD_OPTIONS, Draft, Option, ResultsMode

OPENER = 42


def draft(channel_id: int = 7, *, results: ResultsMode = "live", duration: timedelta = timedelta(hours=1)) -> Draft:
    """A five-way poll in a channel, opened by OPENER."""
    return Draft(
        guild_id=1,
        channel_id=channel_id,
        film="her",
        question="How did the ending of Her (2013) leave you?",
        options=[Option(option.id, option.label) for option in STANDARD_OPTIONS],
        results=results,
        opened_by=OPENER,
        duration=duration,
    )


async def no_letters(_user_id: int, _text: str) -> None:
    """Stands for sending a private message where none is awaited."""
