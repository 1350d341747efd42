"""The one place that turns an error into a sentence for a member and a trace for the log."""

import secrets

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.measures import Outcome
from bot.replies import custom_id_of, reply

log = structlog.get_logger(__name__)

GONE = {10062, 40060}
"""Discord's codes for an interaction that it no longer waits for: nobody is left to answer."""


class Refusal(Exception):
    """Something a member asked for that can't be done; the text says what happened and what to do next."""


class Restarting(app_commands.AppCommandError):
    """A member asked for something while the program ends."""


async def answer_error(interaction: discord.Interaction, error: BaseException) -> Outcome:
    """Tell the member in one sentence, and log what is not the member's doing under a reference number.

    Returns how the interaction ended: refused, or failed.
    """
    cause: BaseException = error
    while isinstance(cause, app_commands.CommandInvokeError):
        cause = cause.original
    if isinstance(cause, discord.HTTPException) and cause.code in GONE:
        log.warning("answered too late", interaction=_name(interaction), code=cause.code)
        return "failed"
    if interaction.client.is_closed():
        log.warning("not answered before the end", interaction=_name(interaction))
        return "failed"
    if isinstance(cause, aiohttp.ClientError):
        log.warning("the connection to Discord broke", interaction=_name(interaction), reason=str(cause))
    sentence = explain(cause)
    failed = sentence is None or isinstance(cause, aiohttp.ClientError)
    if sentence is None:
        reference = secrets.token_hex(3).upper()
        log.error("interaction failed", reference=reference, interaction=_name(interaction), exc_info=cause)
        sentence = (
            "Sorry, that went wrong on our side, and it has been logged. Please try again; "
            f"if it keeps happening, give the people who run this bot the number **{reference}**."
        )
    try:
        await reply(interaction, sentence)
    except (discord.HTTPException, aiohttp.ClientError):
        log.warning("could not tell the member about an error", interaction=_name(interaction))
        return "failed"
    return "failed" if failed else "refused"


def explain(error: BaseException) -> str | None:
    """The sentence for an error that a member can do something about; None for the program's own faults."""
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, Restarting):
        return "I’m just being restarted, so nothing was done. Please try again in a minute."
    if isinstance(error, app_commands.CommandOnCooldown):
        wait = max(1, round(error.retry_after))
        return f"That was quick! Nothing was done this time; please wait {wait} s and try again."
    if isinstance(error, app_commands.BotMissingPermissions):
        missing = named(error.missing_permissions)
        return f"I lack permissions here: {missing}. Someone who manages this channel can grant them."
    if isinstance(error, app_commands.MissingPermissions):
        return f"That needs permissions you don't have here: {named(error.missing_permissions)}."
    if isinstance(error, app_commands.NoPrivateMessage):
        return "That works in servers only. Please try it there."
    if isinstance(error, aiohttp.ClientError):
        return "My connection to Discord broke, so I can’t tell whether that was done. Please try again."
    if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return "This command has changed. Please reload Discord (Ctrl+R on a computer) and try again."
    return None


def named(permissions: list[str]) -> str:
    """Permissions by the names that Discord's settings show."""
    return ", ".join(permission.replace("_", " ").replace("guild", "server").title() for permission in permissions)


def _name(interaction: discord.Interaction) -> str:
    if isinstance(interaction.command, app_commands.Command | app_commands.ContextMenu):
        return interaction.command.qualified_name
    # Only the kind of a button: what follows may hold what a member typed.
    return (custom_id_of(interaction) or interaction.type.name).split(":", 1)[0]
