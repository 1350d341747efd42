"""Everything moves from one engine to the other exactly, or not at all and with the line that is wrong."""

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Float, Integer, LargeBinary, String, select

from bot.clock import system_clock
from bot.polls.audit import audit
from bot.polls.records import Records
from bot.polls.restored import GAP
from bot.store.columns import ValueRefused, from_json, to_json
from bot.store.dump import moved_tables, write_dump
from bot.store.engine import open_store
from bot.store.tables import ballots, departures, metadata, polls, server_settings, sharing, tallies
from tests.cli.conftest import Run, run
from tests.polls.drafts import draft
from tests.polls.voting import open_polls, voting
from tests.postgres import new_database

__all__ = ["run"]
ROOT = Path(__file__).parent.parent.parent


def sqlite(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of a database that is not made, or empty, on each engine."""
    if request.param == "sqlite":
        return sqlite(tmp_path / "other.db")
    return asyncio.run(new_database(request.getfixturevalue("postgres"), f"t{uuid4().hex}"))


@pytest.fixture
def filled(filled_once: Path, tmp_path: Path) -> str:
    """A database with something of everything."""
    shutil.copy(filled_once, tmp_path / "filled.db")
    return sqlite(tmp_path / "filled.db")


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Open, closed and lost polls, odd characters, large ids, and a row in every table."""
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    url = sqlite(path)

    async def fill() -> None:
        store = await open_store(url)
        records = Records(store)
        odd = replace(draft(2**62), question='“Ænde”\n\t"\\ 🎬 ||x||', guild_id=2**63 - 1, remind=True)
        await records.open(replace(odd, duration=timedelta(days=9)), system_clock())
        opened, closed, lost = await open_polls(store, system_clock, [1, 2, 3])
        async with voting(store, system_clock) as ledger:
            for poll_id in (opened, closed):
                await asyncio.gather(*(ledger.cast(poll_id, user, [user % 5]) for user in range(40)))
        await records.close(closed, system_clock(), 42)
        async with store.write() as connection:
            await connection.execute(polls.delete().where(polls.c.id == lost))
            await connection.execute(sharing.insert().values(guild_id=1))
            await connection.execute(departures.insert().values(guild_id=5, gone_since=1))
            await connection.execute(
                server_settings.insert().values(guild_id=1, spoilers="outside", private_by_default=True)
            )
        await store.close()

    asyncio.run(fill())
    return path


async def everything(url: str) -> dict[str, list[Any]]:
    """Every row by table."""
    store = await open_store(url)
    async with store.read() as connection:
        found = {
            table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in moved_tables()
        }
    await store.close()
    return found


def test_sqlite_to_postgresql_and_back_every_row_and_number_is_the_same(
    run: Run, filled: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", filled)
    ran = run("db", "export", "first.jsonl")
    assert (ran.code, ran.err) == (0, "")
    assert "polls 3" in ran.out
    assert "ballots 40" in ran.out
    assert "may be running" not in ran.out
    monkeypatch.setenv("DATABASE_URL", other)
    ran = run("db", "import", "first.jsonl")
    assert (ran.code, ran.err) == (0, "")
    assert "It held 3 polls, 2 of them open with 40 ballots, in 2 servers." in ran.out
    assert run("db", "export", "second.jsonl").code == 0
    assert (tmp_path / "second.jsonl").read_bytes() == (tmp_path / "first.jsonl").read_bytes()
    back = sqlite(tmp_path / "back.db")
    monkeypatch.setenv("DATABASE_URL", back)
    assert run("db", "import", "second.jsonl").code == 0
    before = asyncio.run(everything(filled))
    assert all(before.values())
    assert before == asyncio.run(everything(other)) == asyncio.run(everything(back))
    assert (tmp_path / "first.jsonl").stat().st_mode & 0o777 == 0o600

    async def go_on(url: str) -> int:
        store = await open_store(url)
        [poll_id] = await open_polls(store, system_clock, [9])
        async with voting(store, system_clock) as ledger:
            await ledger.cast(2, 1, [4])
        assert (await audit(store)).mismatches == ()
        await store.close()
        return poll_id

    for url in (other, back):
        assert asyncio.run(go_on(url)) == 5, "the number of the poll that was deleted is not given again"


def test_a_file_that_is_there_is_replaced_only_when_told_and_never_the_database(
    run: Run, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", filled)
    (tmp_path / "old.jsonl").write_text("kept")
    assert "--force" in run("db", "export", "old.jsonl").err
    assert (tmp_path / "old.jsonl").read_text() == "kept"
    assert run("db", "export", "old.jsonl", "--force").code == 0
    assert "is the database itself" in run("db", "export", "filled.db", "--force").err


@pytest.fixture
def lines(run: Run, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lines of an export."""
    monkeypatch.setenv("DATABASE_URL", filled)
    assert run("db", "export", "good.jsonl").code == 0
    return [json.loads(line) for line in (tmp_path / "good.jsonl").read_text().splitlines()]


def at(lines: list[dict[str, Any]], table: str) -> int:
    """The index of the first row of a table."""
    return next(index for index, line in enumerate(lines) if table in line)


def value(table: str, name: str, changed: object) -> Callable[[list[dict[str, Any]]], object]:
    return lambda lines: lines[at(lines, table)][table].update({name: changed})


REFUSED: list[tuple[str, Callable[[list[dict[str, Any]]], object], str]] = [
    ("no header", lambda lines: lines.pop(0), "bad.jsonl:1: this is no export"),
    ("newer format", lambda lines: lines[0].update(version=2), "bad.jsonl:1:version: must be 1"),
    ("other tables", lambda lines: lines[0]["tables"].update(films=1), "bad.jsonl:1:tables: must be exactly "),
    ("odd count", lambda lines: lines[0]["tables"].update(polls=-1), "bad.jsonl:1:tables: must have a count"),
    ("other schema", lambda lines: lines[0].update(revision="0001"), "has the schema 0001"),
    ("text for a number", value("polls", "minimum", "3"), ":polls.minimum: must be a whole number of 32 bits"),
    ("too large", value("polls", "minimum", 2**31), ":polls.minimum: must be a whole number of 32 bits"),
    ("true for a number", value("polls", "voters", True), ":polls.voters: must be a whole number"),
    ("number for a truth", value("polls", "cancelled", 0), ":polls.cancelled: must be true or false"),
    ("nothing", value("polls", "film", None), ":polls.film: must have a value"),
    ("too long", value("polls", "film", "x" * 41), ":polls.film: has 41 characters, at most 40"),
    ("no character", value("polls", "film", "\0"), ":polls.film: has a character that is none"),
    ("no base64", value("ballots", "voter", "*"), ":ballots.voter: must be bytes in base64"),
    ("too many bytes", value("ballots", "voter", "A" * 44), ":ballots.voter: has 33 bytes, at most 32"),
    ("no list", value("polls", "options", 5), ":polls.options: must be a list"),
    ("missing", lambda lines: lines[at(lines, "ballots")]["ballots"].pop("choices"), ":ballots.choices: is missing"),
    ("surplus", value("ballots", "name", "ana"), ":ballots.name: is no field of this table"),
    ("unknown table", lambda lines: lines.append({"films": {}}), ": must be one row of a table"),
    ("order", lambda lines: lines.append(lines[at(lines, "polls")]), ":polls: comes after the rows of tallies"),
    ("loose", value("ballots", "poll_id", 99), ":ballots: the database refuses this row: "),
    ("double", lambda lines: lines.insert(at(lines, "polls"), lines[at(lines, "polls")]), ":polls: the database ref"),
    ("odd word", value("server_settings", "spoilers", "maybe"), ":server_settings: the database refuses this row"),
    ("cut off", lambda lines: lines.pop(), "tallies should have 15 rows and has 14. The file is not whole"),
    ("miscounted", value("tallies", "votes", 7), "Poll 1, option 1: the tally says 7, the ballots are 0."),
]


@pytest.mark.parametrize(("spoil", "said"), [pytest.param(*each[1:], id=each[0]) for each in REFUSED])
def test_a_file_that_can_not_be_used_is_refused_with_its_line_and_field_and_nothing_is_imported(
    run: Run,
    lines: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[list[dict[str, Any]]], object],
    said: str,
) -> None:
    spoil(lines)
    (tmp_path / "bad.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("DATABASE_URL", sqlite(tmp_path / "new.db"))
    ran = run("db", "import", "bad.jsonl")
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not any(asyncio.run(everything(sqlite(tmp_path / "new.db"))).values())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "bad.jsonl:1: this is no export"),
        (b"\xff\xfe\n", "bad.jsonl:1: this is not UTF-8"),
        (b'{"format": NaN}\n', "bad.jsonl:1: this is not JSON"),
        (b"[" * 100_000, "bad.jsonl:1: this is not JSON"),
        (b"[]\n", "bad.jsonl:1: must be an object"),
        (b"x" * 2_000_000, "bad.jsonl:1: has more than 1,000,000 characters"),
    ],
    ids=["empty", "no text", "no JSON", "deep", "no object", "long"],
)
def test_a_file_that_is_no_export_is_refused_in_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    monkeypatch.setenv("DATABASE_URL", sqlite(tmp_path / "new.db"))
    ran = run("db", "import", "bad.jsonl")
    assert ran.code == 1
    assert said in ran.err
    assert not (tmp_path / "new.db").exists()
    assert "can't be read" in run("db", "import", "none.jsonl").err


def test_the_row_that_the_other_engine_refuses_is_named_and_nothing_is_imported(
    run: Run, lines: list[dict[str, Any]], other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = at(lines, "ballots") + 20
    lines[bad]["ballots"]["poll_id"] = 99
    (tmp_path / "bad.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("DATABASE_URL", other)
    ran = run("db", "import", "bad.jsonl")
    assert f"bad.jsonl:{bad + 1}:ballots: the database refuses this row" in ran.err
    assert not any(asyncio.run(everything(other)).values())

    async def first_number() -> int:
        store = await open_store(other)
        [poll_id] = await open_polls(store, system_clock, [9])
        await store.close()
        return poll_id

    assert asyncio.run(first_number()) < 5


def test_an_import_is_refused_where_something_is_held_already(
    run: Run, filled: str, lines: list[dict[str, Any]], tmp_path: Path
) -> None:
    before = asyncio.run(everything(filled))
    ran = run("db", "import", "good.jsonl")
    assert ran.code == 1
    assert "polls" in ran.err
    assert "Import into an empty one." in ran.err
    assert asyncio.run(everything(filled)) == before


async def test_an_export_made_while_the_bot_runs_is_imported_as_a_backup_is_restored(
    run: Run, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await open_store(other)
    await open_polls(running, system_clock, [1])
    monkeypatch.setenv("DATABASE_URL", other)
    exported = await asyncio.to_thread(run, "db", "export", "busy.jsonl")
    await running.close()
    assert "The bot may be running" in exported.out
    monkeypatch.setenv("DATABASE_URL", sqlite(tmp_path / "new.db"))
    imported = await asyncio.to_thread(run, "db", "import", "busy.jsonl")
    assert "taken for a backup" in imported.out
    assert "Polls that go on: 1." in imported.out
    store = await open_store(sqlite(tmp_path / "new.db"))
    assert await open_polls(store, system_clock, [2]) == [1 + GAP + 1]
    await store.close()


async def test_an_export_is_one_state_whatever_is_written_meanwhile(other: str) -> None:
    store = await open_store(other)
    await open_polls(store, system_clock, [1])
    file = io.StringIO()
    voted: list[int] = []

    async def vote() -> None:
        writer = await open_store(other)
        async with voting(writer, system_clock) as ledger:
            await ledger.cast(1, 1, [0])
        await writer.close()

    def vote_once(done: int, _total: int) -> None:
        if not voted:
            voted.append(done)
            thread = threading.Thread(target=lambda: asyncio.run(vote()))
            thread.start()
            thread.join(30)

    async with store.read() as connection:
        header = await write_dump(connection, file, in_use=True, tell=vote_once)
    assert (await audit(store)).ballots == 1, "the vote was written"
    await store.close()
    assert voted == [1], "between the first table and the next"
    rows = [json.loads(line) for line in file.getvalue().splitlines()[1:]]
    assert header.tables["ballots"] == sum("ballots" in row for row in rows) == 0
    assert sum(row["tallies"]["votes"] for row in rows if "tallies" in row) == 0


def test_what_only_passes_between_processes_is_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sharing in moved_tables()
    monkeypatch.setitem(sharing.info, "passing", True)
    assert sharing not in moved_tables()


def test_every_column_that_there_is_can_be_moved() -> None:
    for table in metadata.sorted_tables:
        for column in table.c:
            try:
                from_json(column, 1)
            except ValueRefused:
                continue


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        (Integer(), -(2**31)),
        (BigInteger(), 2**63 - 1),
        (Boolean(), False),
        (Float(), 0.1 + 0.2),
        (String(5), "é\u2028🎬"),
        (LargeBinary(), bytes(range(256))),
        (DateTime(timezone=True), datetime(2026, 3, 1, 20, 0, 0, 123456, tzinfo=UTC)),
        (JSON(), [{"a": None, "b": [1, 2.5, "x"]}]),
    ],
)
def test_a_value_of_every_kind_comes_back_exactly(kind: Any, exact: object) -> None:
    column = Column("x", kind, nullable=False)
    back = from_json(column, json.loads(json.dumps(to_json(column, exact))))
    assert back == exact
    assert type(back) is type(exact)
    assert from_json(Column("x", kind), to_json(Column("x", kind), None)) is None


MEASURED = """
import os, sys
from pathlib import Path
from bot.cli import main
for name, url in (("export", sys.argv[1]), ("import", sys.argv[2])):
    sys.argv = ["ending-bot", "db", name, "all.jsonl"]
    os.environ["DATABASE_URL"] = url
    try:
        main()
    except SystemExit as end:
        assert not end.code
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
"""


def test_the_memory_of_an_export_and_an_import_does_not_grow_with_the_ballots(tmp_path: Path) -> None:
    async def fill(url: str, number: int) -> None:
        store = await open_store(url)
        [poll_id] = await open_polls(store, system_clock, [1])
        async with store.write() as connection:
            voters = [{"poll_id": poll_id, "voter": each.to_bytes(32, "big"), "choices": 1} for each in range(number)]
            await connection.execute(ballots.insert(), voters)
            await connection.execute(tallies.update().where(tallies.c.choice == 0).values(votes=number))
            await connection.execute(polls.update().values(voters=number))
        await store.close()

    def peak(number: int) -> float:
        """The most memory in mebibytes that moving so many ballots takes."""
        folder = tmp_path / str(number)
        asyncio.run(fill(sqlite(folder / "polls.db"), number))
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, sqlite(folder / "polls.db"), sqlite(folder / "new.db")],
            env={key: each for key, each in os.environ.items() if not key.startswith("COVERAGE")}
            | {"PYTHONPATH": str(ROOT)},
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert f"with {number:,} ballots" in done.stdout
        return int(done.stdout.split()[-1]) / 1_024

    growth = peak(100_000) - peak(1_000)
    # Held in memory, the rows alone would be 40 MiB and more.
    assert growth < 15, growth
