"""The check-up: everything that keeps a bot from working, looked at in turn."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiohttp

from bot.client import EndingBot
from bot.film.library import Library
from bot.operations import discord_checks, machine_checks
from bot.operations.api import Api
from bot.operations.findings import CheckError, Finding, failed, guarded, warned
from bot.settings import Settings
from bot.store.engine import open_store
from bot.translator import Translator

IN_MEMORY = "sqlite+aiosqlite://"


async def check_up(settings: Settings, load: Callable[[], Library]) -> list[Finding]:
    """Everything that was found. `load` loads the content, as `run` does."""
    library, findings = machine_checks.content(load)
    findings += await guarded("database", partial(machine_checks.database, settings.database_url.get_secret_value()))
    if library is not None:
        findings += await guarded("encoder", partial(machine_checks.encoder, library, wanted=settings.understanding))
    return [*await _discord(settings, library), *findings]


async def _discord(settings: Settings, library: Library | None) -> list[Finding]:
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    if not token:
        todo = (
            "Get one at discord.com/developers/applications: your application, then Bot, then Reset Token. "
            "Set DISCORD_TOKEN, or put it into a file and set DISCORD_TOKEN_FILE to its path."
        )
        return [failed("token", "there is none", todo), _unseen()]
    async with aiohttp.ClientSession() as session:
        api = Api(session, token, settings.discord_api_base)
        try:
            me = await api.get("/users/@me")
        except CheckError as error:
            return [failed("token", str(error), error.todo), _unseen()]
        clock = discord_checks.clock(me)
        try:
            accepted = discord_checks.token(me)
        except CheckError as error:
            return [failed("token", str(error), error.todo), clock, _unseen()]
        return [
            accepted,
            clock,
            *await guarded("application", partial(discord_checks.application, api)),
            *await guarded("gateway", partial(discord_checks.gateway, api)),
            *await guarded("commands", partial(_commands, api, library)),
            *await guarded("servers", partial(discord_checks.servers, api)),
        ]


async def _commands(api: Api, library: Library | None) -> Sequence[Finding]:
    if library is None:
        return [warned("commands", "not looked at: they depend on the content", "See the line on content.")]
    return await discord_checks.registered(api, await wanted_commands(library))


async def wanted_commands(library: Library) -> list[dict[str, Any]]:
    """The commands as this version registers them."""
    bot = EndingBot(library, await open_store(IN_MEMORY))
    try:
        await bot.add_rooms()
        return [await command.get_translated_payload(bot.tree, Translator()) for command in bot.tree.get_commands()]
    finally:
        await bot.close()


def _unseen() -> Finding:
    said = "application, gateway, commands and servers were not looked at"
    return warned("discord", said, "They need a token that Discord accepts, and a way to Discord.")
