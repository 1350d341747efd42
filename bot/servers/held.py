"""What this room asks of the rooms that hold data; `client.py` hands over who answers."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, Protocol

Held = Mapping[str, Sequence[Mapping[str, Any]]]
"""Lists of what is held, each under a name that says what it is; values as JSON has them."""


class PersonalData(Protocol):
    """What is held of members."""

    async def held(self, user_id: int) -> Held:
        """All that is held of a member."""
        ...

    async def forget(self, user_id: int) -> int:
        """Withdraw a member's votes in open polls, and say how many were."""
        ...


class ServerData(Protocol):
    """What is held of servers."""

    async def servers(self) -> Set[int]:
        """The servers of which anything is held."""
        ...

    async def delete(self, guild_id: int) -> int:
        """Delete all that is held of a server, and say how many polls it was."""
        ...


class Presence(Protocol):
    """Where the bot is, as Discord says it now. Raises where Discord gives no clear answer."""

    async def servers(self) -> Set[int]:
        """Every server that the bot is in."""
        ...

    async def is_gone_from(self, guild_id: int) -> bool:
        """Whether Discord says of this one server that the bot is not in it."""
        ...
