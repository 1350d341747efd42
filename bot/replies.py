"""Sending an answer, whatever has been sent to an interaction before."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, cast

import aiohttp
import discord
from discord import ui

from bot.discord_internals import respond

PATIENCE = 1.5
"""Seconds that an answer may take before it is deferred; Discord gives up after 3."""
PRIVATE, IN_COMPONENTS = (
    discord.MessageFlags(ephemeral=True).value,
    discord.MessageFlags(components_v2=True).value,
)

Result = TypeVar("Result")


class Components(Protocol):
    """What makes a view's components, which discord.py has not typed."""

    def to_components(self) -> list[dict[str, Any]]: ...


async def reply(
    interaction: discord.Interaction,
    answer: str | ui.LayoutView,
    *,
    private: bool = True,
    file: discord.File = discord.utils.MISSING,
) -> None:
    """Send a sentence or a card as the interaction's answer, or as a follow-up where it has one already.

    A file goes with a sentence; a card has its own.
    """
    try:
        await _send(interaction, answer, private=private, file=file)
    except aiohttp.ClientConnectionError:
        # The request may have arrived; then Discord refuses the second one, and the member has the answer.
        if file:
            file.reset()
        await _send(interaction, answer, private=private, file=file)


async def _send(
    interaction: discord.Interaction, answer: str | ui.LayoutView, *, private: bool, file: discord.File
) -> None:
    if interaction.response.is_done():
        if isinstance(answer, str):
            await interaction.followup.send(answer, ephemeral=private, file=file)
        else:
            await interaction.followup.send(view=answer, ephemeral=private)
    elif not file and await respond(interaction, body_of(answer, private=private)):
        return
    elif isinstance(answer, str):
        await interaction.response.send_message(answer, ephemeral=private, file=file)
    else:
        await interaction.response.send_message(view=answer, ephemeral=private)


async def reply_ready(interaction: discord.Interaction, body: bytes, make: Callable[[], ui.LayoutView]) -> None:
    """Answer an interaction for all to see with a body that was made before; `make` makes the card where it must be."""
    if not interaction.response.is_done():
        # What breaks the connection is tried once more below, as for every other answer.
        with contextlib.suppress(aiohttp.ClientConnectionError):
            if await respond(interaction, body):
                return
    await reply(interaction, make(), private=False)


def body_of(answer: str | ui.LayoutView, *, private: bool) -> bytes:
    """An answer as Discord takes it. Buttons carry their meaning in their custom_id, so no view needs to be kept."""
    data: dict[str, Any] = {"allowed_mentions": {"parse": []}, "flags": PRIVATE if private else 0}
    if isinstance(answer, str):
        data["content"] = answer
    else:
        data["components"] = cast("Components", answer).to_components()
        data["flags"] |= IN_COMPONENTS
    return json.dumps({"type": discord.InteractionResponseType.channel_message.value, "data": data}).encode()


async def in_time(interaction: discord.Interaction, work: Awaitable[Result], *, private: bool = True) -> Result:
    """The result of work that may be slow: the interaction is deferred when patience runs out."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done and not interaction.response.is_done():
            await interaction.response.defer(ephemeral=private, thinking=True)
        return await task
    except asyncio.CancelledError:
        task.cancel()
        raise


def custom_id_of(interaction: discord.Interaction) -> str:
    """The custom_id of the button or menu that was used; empty for anything else."""
    data = cast("dict[str, Any]", interaction.data or {})
    return str(data.get("custom_id", ""))


def was_private(interaction: discord.Interaction) -> bool:
    """Whether the message a button sits on is seen by one member alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral
