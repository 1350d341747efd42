"""`ending-bot run`: the bot on Discord."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import aiohttp
import discord
import typer

from bot.cli.failures import Failure
from bot.cli.packs import checked_library
from bot.client import EndingBot
from bot.discord_internals import use_api_base, use_gateway_of_api
from bot.hangup import Hangup
from bot.logs import configure_logs, log_what_nobody_catches
from bot.operations.cutoff import CutOff
from bot.settings import Settings, read_settings
from bot.speed import loop_factory, settle
from bot.store.engine import open_store

HOW_TO_LOG_IN = """There is no Discord token, so the bot can't log in.
Get one at discord.com/developers/applications: your application, then Bot, then Reset Token.
Then set DISCORD_TOKEN, or put the token into a file and set DISCORD_TOKEN_FILE to its path.
`ending-bot preview` shows the bot in your browser and needs no token."""


def run(
    shards: str | None = typer.Option(
        None, help="Run only these shards, such as 0-3 or 0,2,5-7; other processes run the others on one PostgreSQL."
    ),
    shard_count: int | None = typer.Option(None, help="How many shards all processes run together."),
) -> None:
    """Run the bot on Discord. Needs DISCORD_TOKEN, or DISCORD_TOKEN_FILE with the path of a file that holds it."""
    settings = read_settings(shards=shards, shard_count=shard_count)
    settings.shard_plan()
    if settings.discord_token is None or not settings.discord_token.get_secret_value():
        raise Failure(HOW_TO_LOG_IN)
    token = settings.discord_token.get_secret_value()
    configure_logs(settings.log_level, settings.log_format, settings.secrets())
    sys.excepthook = log_what_nobody_catches
    # Before the content is read: whoever changes it later and sends the signal gets what they changed.
    hangup = Hangup()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_run(settings, token, hangup))


async def _run(settings: Settings, token: str, hangup: Hangup) -> None:
    asked_to_end = asyncio.Event()
    cut_off = CutOff()

    def end() -> None:
        cut_off.begin()
        asked_to_end.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers here; there Ctrl-C ends the program by itself.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, end)
    running = asyncio.ensure_future(_serve(settings, token, hangup))
    ending = asyncio.ensure_future(asked_to_end.wait())
    try:
        await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        ending.cancel()


async def _serve(settings: Settings, token: str, hangup: Hangup) -> None:
    """Run the bot until cancelled, and then let it end what it has begun.

    Raises:
        Failure: it can't run.
    """
    read = partial(checked_library, settings)
    library = read()
    store = await open_store(settings.database_url.get_secret_value())
    bot = EndingBot(
        library,
        store,
        grace=timedelta(days=settings.grace_days),
        understanding=settings.understanding,
        shards=settings.shard_plan(),
        reread=read,
    )
    bot.add_listener(_settle, "on_ready")
    try:
        async with _watched(bot, settings):
            try:
                with hangup.told_to(bot.reloader.ask):
                    await _connect(bot, token, settings.discord_api_base)
            finally:
                # Meanwhile the health page says that it stops.
                await bot.close()
    except discord.LoginFailure as error:
        raise Failure(
            "Discord does not accept this token. Check DISCORD_TOKEN, or reset the token in the developer portal."
        ) from error
    except (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
        raise Failure(f"Discord can't be reached: {error}. Check the network, then start again.") from error
    finally:
        await bot.close()


async def _settle() -> None:
    settle()


@contextlib.asynccontextmanager
async def _watched(bot: EndingBot, settings: Settings) -> AsyncIterator[None]:
    """Show metrics and health where a port is set; elsewhere nothing of it is loaded."""
    if settings.metrics_port is None:
        yield
        return
    from bot.operations.server import served

    async with served(bot, settings.metrics_address, settings.metrics_port):
        yield


async def _connect(bot: EndingBot, token: str, api_base: str | None) -> None:
    if api_base is not None:
        use_api_base(api_base)
    await bot.login(token)
    if api_base is not None:
        await use_gateway_of_api(bot)
    await bot.connect()
