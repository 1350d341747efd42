"""Health as supervisors ask for it: over HTTP, from a command, and from a container that asks often."""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.client import EndingBot
from bot.film.library import Library
from bot.operations.health import Health, all_well
from bot.operations.probe import ask
from bot.operations.server import served
from bot.store.engine import Store
from tests.cli.conftest import Run, run
from tests.wire.watching import Watcher

__all__ = ["run"]


@contextlib.contextmanager
def page(status: int, *lines: dict[str, object]) -> Iterator[int]:
    """A bot's pages, for a program that asks and waits; gives their port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            shown = [{**line, "said": f"{line['said']} ({self.path})"} for line in lines]
            self.wfile.write("".join(f"{json.dumps(line)}\n" for line in shown).encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_bot_that_is_stopping_lives_but_is_not_ready(store: Store, library: Library) -> None:
    bot = EndingBot(library, store)
    bot.stopping = True
    health = Health(bot)
    assert all_well(health.alive())
    ready = {check.check: check for check in await health.ready()}
    assert (ready["stopping"].ok, ready["database"].ok, ready["content"].ok) == (False, True, True)
    assert not ready["gateway"].ok, "it has not logged in"


async def test_a_task_that_failed_makes_it_unwell_until_it_runs_again(store: Store, library: Library) -> None:
    async def broken() -> None:
        tried.set()
        raise OSError

    tried = asyncio.Event()
    bot = EndingBot(library, store)
    bot.tasks.keep("closer", broken)
    await tried.wait()
    await asyncio.sleep(0)
    [check] = [check for check in Health(bot).alive() if not check.ok]
    assert (check.check, check.said) == ("task closer", "failed, and is started again in a moment")
    await bot.close()


async def test_a_database_that_is_gone_makes_it_not_ready_and_is_asked_one_question_at_a_time(
    store: Store, library: Library
) -> None:
    held, asked = asyncio.Event(), asyncio.Event()

    async def hang(seconds: float) -> bool:
        assert seconds > 0
        asked.set()
        await held.wait()
        return False

    store.answers = hang  # type: ignore[method-assign]
    health = Health(EndingBot(library, store))
    first = asyncio.ensure_future(health.ready())
    await asked.wait()
    second = {check.check: check for check in await health.ready()}
    assert "earlier question" in second["database"].said
    held.set()
    assert "did not answer" in {check.check: check for check in await first}["database"].said


async def test_a_real_database_without_its_tables_does_not_answer(store: Store) -> None:
    assert await store.answers(30)
    await store.close()
    async with store.write() as connection:
        await connection.exec_driver_sql("DROP TABLE alembic_version")
    assert not await store.answers(30)


async def test_the_pages_are_lines_of_json_with_a_status_and_everything_else_is_not_there(
    store: Store, library: Library
) -> None:
    bot = EndingBot(library, store)
    async with served(bot, "127.0.0.1", 0) as port:
        watcher = Watcher(port)
        status, text = await watcher.page("/healthz")
        assert status == 200
        assert [json.loads(line)["check"] for line in text.splitlines()] == ["event loop", "task pulse"]
        status, text = await watcher.page("/readyz")
        assert status == 503
        assert {"check": "gateway", "ok": False, "said": "not connected yet"} in map(json.loads, text.splitlines())
        assert (await watcher.page("/"))[0] == 404
        assert await asyncio.to_thread(ask, "127.0.0.1", port) == (True, (await watcher.page("/healthz"))[1])
        # What stands for every address of this computer is asked at this computer.
        assert (await asyncio.to_thread(ask, "0.0.0.0", port))[0]  # noqa: S104
        assert (await asyncio.to_thread(ask, "127.0.0.1", port, "/readyz"))[0] is False
        await bot.close()


def test_the_command_says_what_is_ill_and_ends_with_a_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, task = (
        {"check": "event loop", "ok": True, "said": "turns"},
        {"check": "task x", "ok": False, "said": "failed"},
    )
    with page(200, loop) as port:
        monkeypatch.setenv("METRICS_PORT", str(port))
        ran = run("health", "--ready")
        assert (ran.code, ran.out) == (0, "well  event loop: turns (/readyz)\n")
    with page(503, loop, task) as port:
        monkeypatch.setenv("METRICS_PORT", str(port))
        ran = run("health")
        assert (ran.code, ran.out) == (1, "well  event loop: turns (/healthz)\nILL   task x: failed (/healthz)\n")
    ran = run("health")
    assert ran.code == 1
    assert "No bot answers on 127.0.0.1" in ran.err
    monkeypatch.delenv("METRICS_PORT")
    assert "METRICS_PORT names no port" in run("health").err


async def test_a_container_asks_with_next_to_nothing_loaded(tmp_path: Path) -> None:
    program = (
        "import runpy, sys\n"
        "try:\n"
        "    runpy.run_module('bot.operations.probe', run_name='__main__')\n"
        "finally:\n"
        "    print({'discord', 'aiohttp', 'pydantic', 'sqlalchemy', 'typer'} & set(sys.modules))\n"
    )

    async def probe(**environment: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            cwd=tmp_path,
            env={"PATH": "", "PYTHONPATH": str(Path(__file__).parent.parent.parent), **environment},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode, said.decode()

    with page(200, {"check": "event loop", "ok": True, "said": "turns"}) as port:
        code, said = await probe(METRICS_PORT=str(port), METRICS_ADDRESS="0.0.0.0")  # noqa: S104
    assert code == 0
    assert '"turns (/healthz)"' in said
    assert "set()" in said
    code, said = await probe(METRICS_PORT=str(port))
    assert code == 1
    assert "The bot does not answer" in said
    code, said = await probe()
    assert code == 1
    assert "METRICS_PORT is not set" in said
