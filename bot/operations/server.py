"""`/metrics`, `/healthz` and `/readyz` over HTTP, for who looks after the bot."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.client import EndingBot
from bot.operations.health import Check, Health, all_well
from bot.operations.metrics import Metrics
from bot.settings import SettingsError

log = structlog.get_logger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The text format that Prometheus and everything like it can read."""
LAST_REQUESTS = 0.1
"""Seconds that requests under way have at the end."""
WELL, UNWELL = 200, 503


class Pages:
    """The three pages of one bot."""

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_get("/metrics", self._show_metrics)
        app.router.add_get("/healthz", self._show_alive)
        app.router.add_get("/readyz", self._show_ready)
        return app

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=await self._metrics.page(), headers={"Content-Type": METRICS_TYPE})

    async def _show_alive(self, _request: web.Request) -> web.Response:
        return _as_lines(self._health.alive())

    async def _show_ready(self, _request: web.Request) -> web.Response:
        return _as_lines(await self._health.ready())


def _as_lines(checks: Iterable[Check]) -> web.Response:
    """A JSON object a line, and a status that a supervisor understands without reading them."""
    checks = list(checks)
    body = "".join(f"{check.as_json()}\n" for check in checks)
    return web.Response(text=body, status=WELL if all_well(checks) else UNWELL, content_type="application/x-ndjson")


@asynccontextmanager
async def served(bot: EndingBot, address: str, port: int) -> AsyncIterator[int]:
    """Serve the pages of a bot that has not logged in yet, until the block ends; gives the port.

    Raises:
        SettingsError: the port can't be had.
    """
    metrics = Metrics(bot)
    bot.rest.listen(bot.rest_trace)
    runner = web.AppRunner(
        Pages(Health(bot), metrics).app(), access_log=None, shutdown_timeout=LAST_REQUESTS, handle_signals=False
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError as error:
            raise SettingsError(
                f"The metrics can't be served on {address}, port {port}: "
                f"{error.strerror}. Choose another METRICS_PORT, or leave it empty to do without."
            ) from error
        taken = int(runner.addresses[0][1])
        log.info("metrics and health are served", address=address, port=taken)
        bot.tasks.keep("pulse", metrics.pulse.run)
        yield taken
    finally:
        await runner.cleanup()
