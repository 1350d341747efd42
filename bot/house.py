"""What a server decides about how it is answered, as all rooms see it."""

from dataclasses import dataclass
from typing import Literal, Protocol

Spoilers = Literal["never", "outside", "always"]
"""Where what tells of the film is hidden until one taps on it: nowhere, outside of spoiler channels, everywhere."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A server's decisions. Without one, everybody sees answers openly: who is in a talk about an ending knows it."""

    spoilers: Spoilers = "never"
    private: bool = False


class House(Protocol):
    """Tells the rules. It answers soon and never fails: in doubt the rules are those of a server without any."""

    async def rules(self, guild_id: int | None) -> Rules:
        """The rules of a server, or of direct messages."""
        ...

    async def hides(self, guild_id: int | None, channel_id: int | None) -> bool:
        """Whether what everybody in a channel sees is to be hidden until one taps on it."""
        ...
