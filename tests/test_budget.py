"""What Discord refuses is counted, and the bot falls silent step by step before Discord blocks its address."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.budget import LIMIT, WINDOW, Budget, Withheld

EDIT = "/api/v10/channels/1/messages/2"
ANSWER = "/api/v10/interactions/1/token/callback"
FOLLOW_UP = "/api/v10/webhooks/1/token"


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def budget(time: Time) -> Budget:
    return Budget(part=20 / LIMIT, now=time)


class Discord:
    """Answers each request with the status that is next, over a session that the budget listens to."""

    def __init__(self, session: aiohttp.ClientSession, base: str, headers: dict[str, str]) -> None:
        self._session = session
        self._base = base
        self.headers = headers

    async def ask(self, status: int, path: str = EDIT, times: int = 1, scope: str = "user") -> None:
        """Send requests that get this answer."""
        self.headers.update({"X-Status": str(status), "X-RateLimit-Scope": scope})
        for _ in range(times):
            async with self._session.post(self._base + path) as response:
                assert response.status == status


@pytest.fixture
async def discord(budget: Budget) -> AsyncIterator[Discord]:
    headers: dict[str, str] = {}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            status=int(headers["X-Status"]), headers={"X-RateLimit-Scope": headers["X-RateLimit-Scope"]}
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    trace = aiohttp.TraceConfig()
    budget.listen(trace)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        yield Discord(session, f"http://127.0.0.1:{runner.addresses[0][1]}", headers)
    await runner.cleanup()


async def test_refusals_count_and_nothing_else_does(discord: Discord, budget: Budget) -> None:
    for status in (401, 403, 429):
        await discord.ask(status)
    for status in (200, 204, 400, 404, 500, 502):
        await discord.ask(status)
    await discord.ask(429, scope="global")
    await discord.ask(429, scope="shared")
    assert (budget.refused, budget.used) == (4, 0.2)


async def test_near_the_limit_first_what_nobody_waits_for_stops_then_all_but_answers(
    discord: Discord, budget: Budget
) -> None:
    with capture_logs() as logs:
        await discord.ask(403, times=15)
        assert (budget.sparing, budget.stopped) == (False, False)
        await discord.ask(403)
        assert (budget.sparing, budget.stopped) == (True, False)
        await discord.ask(200)
        await discord.ask(403, times=3)
        assert (budget.sparing, budget.stopped) == (True, True)
        with pytest.raises(Withheld, match="refused 19 requests"):
            await discord.ask(200)
        await discord.ask(200, ANSWER)
        await discord.ask(200, FOLLOW_UP)
        await discord.ask(200, "/api/v10/gateway/bot")
    assert [(log["log_level"], log["refused"]) for log in logs] == [("warning", 16), ("error", 19)]


async def test_it_goes_on_by_itself_when_ten_minutes_have_passed(discord: Discord, budget: Budget, time: Time) -> None:
    await discord.ask(403, times=10)
    time.now += WINDOW / 2
    await discord.ask(403, times=9)
    with pytest.raises(Withheld):
        await discord.ask(200)
    time.now += WINDOW / 2
    with capture_logs() as logs:
        await discord.ask(200)
        assert (budget.refused, budget.sparing) == (9, False)
    assert [log["log_level"] for log in logs] == ["info"]


async def test_at_the_edge_it_does_not_go_to_and_fro(discord: Discord, budget: Budget, time: Time) -> None:
    with capture_logs() as logs:
        await discord.ask(403, times=1)
        time.now += WINDOW / 2
        await discord.ask(403, times=15)
        assert budget.sparing
        time.now += WINDOW / 2
        assert (budget.refused, budget.sparing) == (15, True)
        await discord.ask(403, times=1)
        assert budget.sparing
    assert len(logs) == 1


def test_a_process_takes_its_part_of_what_one_address_has() -> None:
    assert Budget().limit == 10_000
    assert Budget(part=2 / 16).limit == 1_250
