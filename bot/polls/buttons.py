"""The buttons of a poll. Their custom_ids carry the poll and the option, so they work after any restart."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol, Self, cast

import discord
from discord.ext import commands

from bot.buttons import PersistentButton, PersistentSelect
from bot.layout import clip, masked
from bot.polls.records import Standing

POLL = r"poll:(?P<poll>\d{1,18})"


class Polls(Protocol):
    """What the buttons ask of the room's door (`cog.py`)."""

    async def vote(self, interaction: discord.Interaction, poll_id: int, choices: Collection[int]) -> None: ...

    async def mine(self, interaction: discord.Interaction, poll_id: int) -> None: ...

    async def ask_to_close(self, interaction: discord.Interaction, poll_id: int, *, cancel: bool = False) -> None: ...

    async def close_now(self, interaction: discord.Interaction, poll_id: int, *, cancel: bool = False) -> None: ...

    async def extend(self, interaction: discord.Interaction, poll_id: int, by: timedelta) -> None: ...

    async def ask_again(self, interaction: discord.Interaction, poll_id: int) -> None: ...

    async def ask_about(self, interaction: discord.Interaction, film: str, about: str) -> None: ...

    async def export(self, interaction: discord.Interaction, poll_id: int) -> None: ...

    async def look(self, interaction: discord.Interaction, poll_id: int) -> None: ...


def _polls(interaction: discord.Interaction) -> Polls:
    return cast("Polls", cast("commands.Bot", interaction.client).get_cog("Polls"))


class _PollButton(PersistentButton, template=r"(?!)"):
    """A button of one poll that needs nothing but the poll."""

    def __init__(
        self, poll_id: int, verb: str, label: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
    ) -> None:
        super().__init__(f"poll:{poll_id}:{verb}", label, style)
        self.poll_id = poll_id


class VoteButton(_PollButton, template=rf"{POLL}:vote:(?P<choice>\d)"):
    """Votes for an option, or changes the vote to it."""

    def __init__(self, poll_id: int, choice: int, label: str = "…") -> None:
        super().__init__(poll_id, f"vote:{choice}", label, discord.ButtonStyle.primary)
        self.choice = choice

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]), int(match["choice"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).vote(interaction, self.poll_id, (self.choice,))


class ChooseMenu(PersistentSelect, template=rf"{POLL}:choose"):
    """Votes for several options at once: what is picked is the whole vote, so an event that comes twice counts once."""

    def __init__(self, poll_id: int, labels: Sequence[str] = ("…",), most: int = 1) -> None:
        options = [discord.SelectOption(label=label, value=str(index)) for index, label in enumerate(labels)]
        super().__init__(f"poll:{poll_id}:choose", f"Choose up to {most}", options, most)
        self.poll_id = poll_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        choices = [int(value) for value in self.all_chosen(interaction)]
        await _polls(interaction).vote(interaction, self.poll_id, choices)


class MineButton(_PollButton, template=rf"{POLL}:mine"):
    """Tells a member their own vote."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "mine", "My vote")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).mine(interaction, self.poll_id)


class WithdrawButton(_PollButton, template=rf"{POLL}:withdraw"):
    """Takes a member's vote back."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "withdraw", "Withdraw my vote")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).vote(interaction, self.poll_id, ())


class CloseButton(_PollButton, template=rf"{POLL}:close"):
    """Asks whether to close the poll early."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "close", "Close the poll")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).ask_to_close(interaction, self.poll_id)


class CloseNowButton(_PollButton, template=rf"{POLL}:close-now"):
    """Closes the poll early."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "close-now", "Close it now", discord.ButtonStyle.danger)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).close_now(interaction, self.poll_id)


class ExtendButton(_PollButton, template=rf"{POLL}:extend:(?P<days>1|7)"):
    """Lets a poll run on."""

    def __init__(self, poll_id: int, days: int) -> None:
        super().__init__(poll_id, f"extend:{days}", "One day longer" if days == 1 else f"{days} days longer")
        self.days = days

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]), int(match["days"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).extend(interaction, self.poll_id, timedelta(days=self.days))


class CancelButton(_PollButton, template=rf"{POLL}:cancel"):
    """Asks whether to cancel the poll."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "cancel", "Cancel it")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).ask_to_close(interaction, self.poll_id, cancel=True)


class CancelNowButton(_PollButton, template=rf"{POLL}:cancel-now"):
    """Cancels the poll."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "cancel-now", "Cancel it now", discord.ButtonStyle.danger)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).close_now(interaction, self.poll_id, cancel=True)


class AgainButton(_PollButton, template=rf"{POLL}:again"):
    """Asks the question of a closed poll anew: a new poll with a new key, which starts at zero."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "again", "Ask it again")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).ask_again(interaction, self.poll_id)


class CsvButton(_PollButton, template=rf"{POLL}:csv"):
    """Gives a poll's counts as a file."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id, "csv", "Counts as a CSV file")

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(int(match["poll"]))

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).export(interaction, self.poll_id)


class PollMenu(PersistentSelect, template="polls"):
    """Opens one of the polls of a list."""

    def __init__(self, standings: Sequence[Standing] = ()) -> None:
        options = [
            discord.SelectOption(
                label=clip(masked(standing.poll.question), 100),
                value=str(standing.poll.id),
                description=f"No. {standing.poll.id}, {'open' if standing.poll.is_open else 'closed'}",
            )
            for standing in standings[:25]
        ] or [discord.SelectOption(label="…")]
        super().__init__("polls", "Look closer at…", options)

    @classmethod
    def from_match(cls, _match: re.Match[str]) -> Self:
        return cls()

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).look(interaction, int(self.chosen(interaction)))


class AboutButton(PersistentButton, template=r"poll-about:(?P<film>[a-z0-9-]{1,24}):(?P<about>[a-z0-9-]{1,40})"):
    """Opens a poll on a difference, or leads to the open one. The answers' cards carry it."""

    def __init__(self, film: str, about: str) -> None:
        super().__init__(f"poll-about:{film}:{about}", "Ask the channel")
        self.film = film
        self.about = about

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        return cls(match["film"], match["about"])

    async def pressed(self, interaction: discord.Interaction) -> None:
        await _polls(interaction).ask_about(interaction, self.film, self.about)


BUTTONS = (
    VoteButton,
    ChooseMenu,
    MineButton,
    WithdrawButton,
    CloseButton,
    CloseNowButton,
    ExtendButton,
    CancelButton,
    CancelNowButton,
    AgainButton,
    CsvButton,
    PollMenu,
    AboutButton,
)
