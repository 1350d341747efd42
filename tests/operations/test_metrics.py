"""The figures mean what their names say, cost the database little, and survive whatever they are read from."""

import asyncio
import time

import aiohttp
import discord
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from bot.answers.cog import MENU
from bot.client import EndingBot
from bot.film.library import Library
from bot.measures import Distribution
from bot.operations import polls
from bot.operations.metrics import Metrics
from bot.operations.polls import PollCounts
from bot.operations.pulse import Pulse
from bot.polls.ledger import NOT_WRITTEN, Outcome
from bot.rest import Rest
from bot.store.engine import Store
from tests.conftest import HandClock
from tests.polls.drafts import draft


def test_a_distribution_counts_each_value_under_every_bound_that_it_does_not_exceed() -> None:
    sizes = Distribution((1, 2, 4))
    for value in (1, 2, 3, 4, 5):
        sizes.note(value)
    assert sizes.up_to() == [1, 2, 4, 5]
    assert sizes.total == 15


async def test_every_answer_of_discord_is_counted_and_the_way_of_an_interaction_is_timed() -> None:
    rest = Rest()
    trace = aiohttp.TraceConfig()
    rest.listen(trace)
    asked = discord.utils.time_snowflake(discord.utils.utcnow()) - (2 << 22)

    async def callback(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def limited(request: web.Request) -> web.Response:
        scope = request.query.get("scope")
        return web.Response(status=429, headers={"X-RateLimit-Scope": scope} if scope else None)

    async def late(_request: web.Request) -> web.Response:
        return web.Response(status=404)

    app = web.Application()
    app.router.add_post("/interactions/{id}/{token}/callback", callback)
    app.router.add_get("/limited", limited)
    app.router.add_post("/late/{id}/{token}/callback", late)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        await session.post(f"{base}/interactions/{asked}/token-1/callback?with_response=true")
        await session.post(f"{base}/late/{asked}/token-2/callback")
        for query in ("?scope=shared", "?scope=user", "?scope=a-new-one", ""):
            await session.get(f"{base}/limited{query}")
        await runner.cleanup()
        with pytest.raises(aiohttp.ClientError):
            await session.get("http://127.0.0.1:1/")
    assert rest.answers == {"2xx": 1, "4xx": 5, "broken": 1}
    assert rest.limits == {"shared": 1, "user": 1, "unknown": 2}
    # Discord did not take the late one, so it was no answer.
    assert rest.answer_seconds.up_to()[-1] == 1
    assert 0 < rest.answer_seconds.total < 60


def test_an_interaction_from_a_discord_whose_clock_is_ahead_is_not_answered_before_it_came() -> None:
    rest = Rest()
    rest.note_answer(discord.utils.time_snowflake(discord.utils.utcnow()) + (60_000 << 22))
    assert (rest.answer_seconds.up_to()[0], rest.answer_seconds.total) == (1, 0)


async def test_open_and_overdue_polls_are_counted_by_the_database(
    store: Store, library: Library, clock: HandClock
) -> None:
    bot = EndingBot(library, store, clock=clock)
    for channel in range(3):
        await bot.records.open(draft(channel), clock())
    standing, _ = await bot.records.open(draft(3), clock())
    await bot.records.close(standing.poll.id, clock(), None)
    assert await bot.records.open_and_overdue(clock()) == (3, 0)
    assert await bot.records.open_and_overdue(standing.poll.closes_at) == (3, 3)
    await bot.close()


async def test_however_often_the_metrics_are_read_the_database_is_asked_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    asked = 0

    async def ask() -> tuple[int, int]:
        nonlocal asked
        asked += 1
        return asked, 0

    counts = PollCounts(ask)
    for _ in range(5):
        await counts.refresh()
    assert (asked, counts.known) == (1, (1, 0))
    now += polls.PACE
    await counts.refresh()
    assert (asked, counts.known) == (2, (2, 0))


async def test_a_database_that_hangs_or_fails_leaves_the_other_metrics_readable(
    store: Store, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polls, "PATIENCE", 0.01)
    bot = EndingBot(library, store)
    metrics = Metrics(bot)

    async def hang() -> tuple[int, int]:
        await asyncio.Event().wait()
        raise AssertionError

    metrics.polls = PollCounts(hang)
    page = (await metrics.page()).decode()
    assert "ending_bot_database_up 0.0" in page
    assert "ending_bot_polls_open" not in page
    assert "ending_bot_ledger_waiting_votes 0.0" in page
    await bot.close()


async def test_two_bots_in_one_process_keep_their_figures_apart(store: Store, library: Library) -> None:
    one, other = EndingBot(library, store), EndingBot(library, store)
    one.measures.commands["ending", "answered"] += 3
    pages = [(await Metrics(bot).page()).decode() for bot in (one, other)]
    assert 'ending_bot_commands_total{command="ending",outcome="answered"} 3.0' in pages[0]
    assert 'command="ending"' not in pages[1]
    for page in pages:
        assert all(family.documentation for family in text_string_to_metric_families(page))
    await one.close()
    await other.close()


async def test_what_has_not_happened_yet_is_counted_as_zero_so_that_an_alert_sees_the_first_time(
    store: Store, library: Library
) -> None:
    bot = EndingBot(library, store)
    await bot.add_rooms()
    bot.ledger.outcomes["counted"] += 2
    bot.measures.commands["quote", "answered"] += 1
    page = (await Metrics(bot).page()).decode()
    counts = {
        (sample.name.removeprefix("ending_bot_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    zero = {
        ("votes_total", NOT_WRITTEN),
        *(("votes_total", outcome.value) for outcome in Outcome if outcome is not Outcome.COUNTED),
        ("commands_total", "poll", "failed"),
        ("commands_total", "quote", "failed"),
        ("commands_total", MENU, "refused"),
        ("presses_total", "VoteButton", "failed"),
        ("presses_total", "TopicMenu", "answered"),
        *(("rate_limits_total", scope) for scope in ("user", "global", "shared", "unknown")),
        *(("gateway_connections_total", event) for event in ("identified", "resumed", "lost")),
    }
    assert {series: counts.get(series) for series in zero} == dict.fromkeys(zero, 0)
    assert counts["votes_total", "counted"] == 2
    assert counts["commands_total", "quote", "answered"] == 1
    await bot.close()


async def test_how_near_discord_is_to_blocking_is_shown_as_a_part_of_what_this_process_may_use(
    store: Store, library: Library
) -> None:
    bot = EndingBot(library, store)
    for _ in range(bot.budget.limit // 4):
        bot.budget.note(403, None)
    assert "ending_bot_refusals_used_ratio 0.25" in (await Metrics(bot).page()).decode()
    await bot.close()


async def test_a_blocked_event_loop_shows_in_its_lateness() -> None:
    pulse = Pulse()
    beating = asyncio.ensure_future(pulse.run())
    await asyncio.sleep(0)
    time.sleep(0.6)  # noqa: ASYNC251 - this is what must not happen, and what is measured
    async with asyncio.timeout(30):
        while not pulse.lateness.up_to()[-1]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    beating.cancel()
    assert pulse.lateness.total >= 0.09
