"""A house whose rules a test sets by hand."""

from dataclasses import dataclass, field

from bot.house import Rules


@dataclass
class HandHouse:
    """Gives all servers the same rules; `flagged` are the spoiler channels."""

    given: Rules = field(default_factory=Rules)
    flagged: set[int] = field(default_factory=set)

    async def rules(self, _guild_id: int | None) -> Rules:
        return self.given

    async def hides(self, _guild_id: int | None, channel_id: int | None) -> bool:
        return self.given.spoilers == "always" or (self.given.spoilers == "outside" and channel_id not in self.flagged)
