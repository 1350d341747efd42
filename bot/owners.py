"""Who runs the bot, as Discord knows it: the owner of its application, or the team's members."""

import discord

ROLES = {discord.TeamMemberRole.admin, discord.TeamMemberRole.developer}
"""Of a team, those who may do more than look."""


class Owners:
    """Asks Discord each time, since a team changes and who has left it must not go on."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def include(self, user_id: int) -> bool:
        """Whether a user runs the bot.

        Raises:
            discord.HTTPException: Discord does not say.
        """
        application = await self._client.application_info()
        if application.team is None:
            return user_id == application.owner.id
        if user_id == application.team.owner_id:
            return True
        accepted = discord.TeamMembershipState.accepted
        return any(
            member.id == user_id and member.membership_state is accepted and member.role in ROLES
            for member in application.team.members
        )
