"""What the operator of the real program sees: metrics of what members did, health, and a log without secrets."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from tests.wire.faults import CALLBACK, MESSAGE, Fault
from tests.wire.process import BotProcess, bot_process
from tests.wire.server import TOKEN, WireDiscord
from tests.wire.watching import Watcher

CHANNEL = 4_000_000_000_000
ANA, BEN = 101, 102


async def test_the_metrics_count_what_members_and_discord_did(wire: WireDiscord, tmp_path: Path, database: str) -> None:
    async with bot_process(wire, tmp_path, database, METRICS_PORT="0") as bot:
        limited = wire.faults.plan("PATCH", MESSAGE, Fault.rate_limited(0.01))
        poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
        assert "I don’t understand" in (await wire.slash("poll", member=ANA, channel=CHANNEL, duration="soon")).text
        await wire.press(poll, "B Sad", member=ANA)
        await wire.press(poll, "A Happy", member=ANA)
        await wire.watch.until(lambda: limited.met)
        wire.gateway.cut()
        await wire.watch.until(lambda: wire.gateway.count("RESUME"))
        counted = {
            ("ending_bot_commands_total", ("poll", "answered")): 1,
            ("ending_bot_commands_total", ("poll", "refused")): 1,
            ("ending_bot_presses_total", ("VoteButton", "answered")): 2,
            ("ending_bot_votes_total", ("counted",)): 1,
            ("ending_bot_votes_total", ("changed",)): 1,
            ("ending_bot_answer_seconds_count", ()): 4,
            ("ending_bot_answer_seconds_bucket", ("+Inf",)): 4,
            ("ending_bot_ledger_waiting_votes", ()): 0,
            ("ending_bot_rate_limits_total", ("unknown",)): 1,
            ("ending_bot_polls_open", ()): 1,
            ("ending_bot_polls_overdue", ()): 0,
            ("ending_bot_database_up", ()): 1,
            ("ending_bot_shard_up", ("0",)): 1,
            ("ending_bot_gateway_connections_total", ("identified",)): 1,
            ("ending_bot_gateway_connections_total", ("resumed",)): 1,
            ("ending_bot_gateway_connections_total", ("lost",)): 1,
            ("ending_bot_task_up", ("ledger",)): 1,
            ("ending_bot_task_up", ("pulse",)): 1,
        }
        watcher = Watcher(await bot.port())
        samples = await watcher.until(lambda read: counted.items() <= read.items())
        assert 1 <= samples["ending_bot_ledger_batch_votes_count", ()] <= 2
        assert samples["ending_bot_rest_answers_total", ("2xx",)] >= 6
        assert samples["process_resident_memory_bytes", ()] > 10_000_000
        await watcher.until(lambda read: read["ending_bot_loop_lag_seconds_count", ()] > 0)
        labels = {label for _, values in samples for label in values}
        assert not labels & {str(ANA), str(CHANNEL), str(wire.world.guild(0))}


async def test_health_and_readiness_follow_the_connection(wire: WireDiscord, tmp_path: Path, database: str) -> None:
    bot = BotProcess(wire, tmp_path, database, METRICS_PORT="0")
    let_go = asyncio.Event()
    wire.faults.plan("GET", "/gateway/bot", Fault(held=let_go), times=100)
    try:
        await bot.spawn()
        watcher = Watcher(await bot.port())
        assert (await watcher.page("/healthz"))[0] == 200
        assert '"check": "gateway", "ok": false, "said": "not connected yet"' in await watcher.until_status(
            "/readyz", 503
        )
        let_go.set()
        lines = [json.loads(line) for line in (await watcher.until_status("/readyz", 200)).splitlines()]
        assert {line["check"]: line["said"] for line in lines} == {
            "stopping": "no",
            "gateway": "1 of 1 shards connected",
            "database": "answers",
            "content": "1 film",
        }
        wire.gateway.shut = True
        wire.gateway.cut()
        assert "0 of 1 shards connected" in await watcher.until_status("/readyz", 503)
        lines = [json.loads(line) for line in (await watcher.until_status("/healthz", 200)).splitlines()]
        assert {line["check"] for line in lines} >= {"event loop", "task ledger", "task board", "task closer"}
    finally:
        await bot.kill()


async def test_the_log_shows_no_token_and_nothing_that_a_member_wrote_even_when_everything_is_logged(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    async with bot_process(wire, tmp_path, database, LOG_LEVEL="debug") as bot:
        await wire.slash("poll", member=ANA, channel=CHANNEL, duration="my private words")
        poll = await wire.slash("poll", member=ANA, channel=CHANNEL)
        await wire.press(poll, "B Sad", member=BEN)
        asked = await wire.press(poll, "Close the poll", member=ANA)
        wire.faults.plan("POST", CALLBACK, Fault(cut=True), times=10)
        await wire.send_press(poll, "My vote", member=BEN)
        async with asyncio.timeout(30):
            await bot.logged("could not tell the member about an error")
        wire.faults.clear()
        wire.faults.plan("PATCH", r"/webhooks/.*", Fault(404, {"message": "Unknown", "code": 1}))
        refused = await wire.send_press(asked, "Close it now", member=ANA)
        async with asyncio.timeout(30):
            await bot.logged("interaction failed")
        assert await bot.stop() == 0
        text = bot.text()
    assert refused.data["token"] in wire.world.interactions
    assert [token for token in (TOKEN, *wire.world.interactions) if token in text] == []
    assert "private words" not in text
    assert "How did" not in text, "the poll's question, as it stands in the database"


async def test_a_taken_port_is_one_sentence(wire: WireDiscord, tmp_path: Path, database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bot = BotProcess(wire, tmp_path, database, METRICS_PORT=str(taken.getsockname()[1]))
        with pytest.raises(RuntimeError, match="Choose another METRICS_PORT, or leave it empty"):
            await bot.start()
    assert "Traceback" not in bot.text()
