"""`ending-bot db backup` and `db restore`: a copy that holds, put back without a moment in which there is none."""

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from alembic import command
from sqlalchemy import create_engine

from bot.clock import system_clock
from bot.polls.audit import audit
from bot.polls.records import Records
from bot.store import backup as module
from bot.store.engine import Store, open_store
from bot.store.schema import alembic_config
from tests.cli.conftest import Run
from tests.polls.voting import open_polls, voting
from tests.wire.ballots import stored_polls

ROOT = Path(__file__).parent.parent.parent


def address(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def make_database(path: Path, votes: int) -> None:
    """A database with one open poll and so many votes."""

    async def vote() -> None:
        store = await open_store(address(path))
        [poll_id] = await open_polls(store, system_clock, [1])
        async with voting(store, system_clock) as ledger:
            await asyncio.gather(*(ledger.cast(poll_id, user, [user % 5]) for user in range(votes)))
        await store.close()

    asyncio.run(vote())


def ballots_in(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("SELECT count(*) FROM ballots").fetchone()[0])


def change(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def damage(path: Path) -> None:
    """Overwrite a page in the middle."""
    content = bytearray(path.read_bytes())
    content[5 * 4_096 : 6 * 4_096] = b"\xff" * 4_096
    path.write_bytes(content)


@pytest.fixture
def database(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database that the commands use, with three votes."""
    path = tmp_path / "data" / "polls.db"
    monkeypatch.setenv("DATABASE_URL", address(path))
    make_database(path, 3)
    return path


@pytest.fixture
def backup(run: Run, database: Path, tmp_path: Path) -> Path:
    """A backup of it, since which two more have voted."""
    path = tmp_path / "backup.db"
    assert run("db", "backup", str(path)).code == 0
    change(database, "INSERT INTO ballots VALUES (1, x'01', 1), (1, x'02', 1)")
    change(database, "UPDATE tallies SET votes = votes + 2 WHERE choice = 0")
    change(database, "UPDATE polls SET voters = voters + 2")
    return path


def files_beside(database: Path) -> list[str]:
    return sorted(path.name for path in database.parent.iterdir())


def break_a_rule(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("UPDATE polls SET kind = 'odd'")


def files_with(content: bytes, folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if content in path.read_bytes()]


def spawn(*arguments: str, database: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "DATABASE_URL": address(database), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=database.parent,
    )


def test_a_backup_says_what_it_holds_is_one_file_and_only_its_owner_can_read_it(
    run: Run, database: Path, tmp_path: Path
) -> None:
    ran = run("db", "backup", "copy.db")
    assert (ran.code, ran.err) == (0, "")
    assert "It holds 1 poll, 1 of them open with 3 ballots, in 1 server." in ran.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert ballots_in(tmp_path / "copy.db") == 3


def test_a_backup_replaces_a_file_only_when_told_and_never_the_database(run: Run, database: Path, backup: Path) -> None:
    before = backup.read_bytes()
    ran = run("db", "backup", str(backup))
    assert ran.code == 1
    assert "--force" in ran.err
    assert backup.read_bytes() == before
    assert run("db", "backup", str(backup), "--force").code == 0
    assert ballots_in(backup) == 5
    ran = run("db", "backup", str(database), "--force")
    assert "is the database itself" in ran.err
    assert "can't be written" in run("db", "backup", "nowhere/copy.db").err
    assert "is a folder" in run("db", "backup", ".").err


def test_a_backup_of_votes_that_do_not_add_up_is_made_and_says_so(run: Run, database: Path, tmp_path: Path) -> None:
    change(database, "UPDATE tallies SET votes = 5 WHERE choice = 0")
    ran = run("db", "backup", "copy.db")
    assert ran.code == 1
    assert "Poll 1, option 1: the tally says 5, the ballots are 1." in ran.out
    assert ballots_in(tmp_path / "copy.db") == 3


def test_a_backup_of_a_damaged_database_is_refused_and_leaves_nothing(run: Run, database: Path, tmp_path: Path) -> None:
    damage(database)
    ran = run("db", "backup", "copy.db")
    assert ran.code == 1
    assert "damaged" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_for_postgresql_the_command_to_type_is_given_without_the_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://bot:secret@db.example/polls")
    for name, tool in (("backup", "pg_dump --format=custom --file=x.db"), ("restore", "pg_restore --clean")):
        ran = run("db", name, "x.db")
        assert ran.code == 1
        assert tool in ran.err
        assert "'postgresql://bot@db.example/polls'" in ran.err
        assert "secret" not in ran.err


def test_a_backup_taken_while_votes_come_in_has_every_ballot_that_was_confirmed_before(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, copy, put_back = tmp_path / "polls.db", tmp_path / "copy.db", tmp_path / "again.db"

    async def vote_meanwhile() -> tuple[dict[int, int], int]:
        store = await open_store(address(live))
        [poll_id] = await open_polls(store, system_clock, [1])
        async with voting(store, system_clock) as ledger:
            await asyncio.gather(*(ledger.cast(poll_id, user, [user % 5]) for user in range(2_000)))
            before = {user: user % 5 for user in range(2_000)}
            backing_up = spawn("db", "backup", str(copy), database=live)
            user = 2_000
            while backing_up.poll() is None:
                await asyncio.gather(*(ledger.cast(poll_id, user + each, [each % 5]) for each in range(20)))
                user += 20
            assert backing_up.returncode == 0, backing_up.communicate()[0]
            backing_up.communicate()
        await store.close()
        return before, user

    before, cast = asyncio.run(vote_meanwhile())
    assert cast > 2_000, "votes came in meanwhile"
    monkeypatch.setenv("DATABASE_URL", address(put_back))
    assert run("db", "restore", str(copy)).code == 0
    assert run("db", "check").code == 0
    [poll] = asyncio.run(stored_polls(address(put_back))).values()
    assert poll.choices(before) == before
    assert poll.tally == poll.recount
    assert len(poll.ballots) <= cast


def test_a_restored_backup_is_the_state_of_then_and_the_replaced_one_is_kept(
    run: Run, database: Path, backup: Path
) -> None:
    database.chmod(0o640)
    ran = run("db", "restore", str(backup))
    assert (ran.code, ran.err) == (0, "")
    assert "The backup held 1 poll, 1 of them open with 3 ballots, in 1 server." in ran.out
    assert "Polls that go on: 1." in ran.out
    assert ballots_in(database) == 3
    [kept] = [path for path in database.parent.iterdir() if path != database]
    assert kept.name.startswith("polls.db.replaced-2")
    assert str(kept) in ran.out
    assert ballots_in(kept) == 5
    assert database.stat().st_mode & 0o777 == 0o640, "who could read it still can"
    assert run("db", "check").code == 0


def test_what_a_killed_bot_left_in_its_log_is_kept_and_not_written_over_the_restored_database(
    run: Run, database: Path, backup: Path
) -> None:
    leave_a_log(database, "DELETE FROM ballots WHERE length(voter) = 1")
    assert run("db", "restore", str(backup)).code == 0
    assert ballots_in(database) == 3
    [kept] = [path for path in database.parent.iterdir() if path != database]
    assert ballots_in(kept) == 3, "two of five were deleted in the log"


def test_a_database_too_damaged_to_open_is_replaced_and_kept_with_its_log(
    run: Run, database: Path, backup: Path
) -> None:
    leave_a_log(database, "DELETE FROM ballots")
    log = database.with_name("polls.db-wal").read_bytes()
    database.write_bytes(b"no database" * 1_000)
    assert run("db", "restore", str(backup)).code == 0
    assert ballots_in(database) == 3
    kept, kept_log = sorted(path for path in database.parent.iterdir() if path != database)
    assert kept.read_bytes() == b"no database" * 1_000
    assert kept_log.read_bytes() == log


def test_where_there_is_no_database_yet_a_backup_becomes_it(run: Run, database: Path, backup: Path) -> None:
    database.unlink()
    database.parent.rmdir()
    ran = run("db", "restore", str(backup))
    assert ran.code == 0
    assert "replaces" not in ran.out
    assert ballots_in(database) == 3
    assert database.stat().st_mode & 0o777 == 0o600


def test_while_somebody_has_the_database_open_nothing_is_restored(run: Run, database: Path, backup: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as bot:
        # It has read once and does nothing now, as a bot in a quiet hour.
        bot.execute("SELECT count(*) FROM polls").fetchone()
        ran = run("db", "restore", str(backup))
    assert ran.code == 1
    assert "is in use, so the bot may be running. Stop it first" in ran.err
    assert ballots_in(database) == 5
    assert files_beside(database) == ["polls.db"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "There is no file"),
        (lambda path: path.write_bytes(b"a text\n" * 1_000), "is not a database, or is damaged"),
        (damage, "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-8_192]), "damaged"),
        (lambda path: change(path, "DROP TABLE alembic_version"), "not one of this program"),
        (lambda path: change(path, "DELETE FROM alembic_version"), "not one of this program"),
        (lambda path: change(path, "UPDATE alembic_version SET version_num = '9999'"), "backup.db was made by a newer"),
        (break_a_rule, "backup.db is damaged: CHECK constraint failed in polls"),
        (lambda path: change(path, "INSERT INTO ballots VALUES (99, x'01', 1)"), "belong to nothing"),
        (lambda path: change(path, "UPDATE tallies SET votes = 5 WHERE choice = 0"), "the tally says 5"),
    ],
    ids=[
        "missing",
        "a text",
        "damaged",
        "cut off",
        "another program's",
        "no schema",
        "newer",
        "rule",
        "loose",
        "miscounted",
    ],
)
def test_a_backup_that_can_not_be_used_is_refused_before_anything_is_touched(
    run: Run, database: Path, backup: Path, spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(backup)
    before = database.read_bytes()
    ran = run("db", "restore", str(backup))
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert database.read_bytes() == before
    assert files_beside(database) == ["polls.db"]


def test_a_miscounted_backup_can_be_restored_all_the_same_and_its_poll_stays_open(
    run: Run, database: Path, backup: Path
) -> None:
    change(backup, "UPDATE tallies SET votes = 5 WHERE choice = 0")
    change(backup, "UPDATE polls SET closes_at = 1, remind = 1")
    ran = run("db", "restore", str(backup), "--force")
    assert ran.code == 0
    assert "Poll 1, option 1: the tally says 5, the ballots are 1." in ran.out
    assert ballots_in(database) == 3


def test_the_database_itself_is_no_backup(run: Run, database: Path) -> None:
    assert "is the database itself" in run("db", "restore", str(database)).err


def test_a_backup_of_an_older_version_is_brought_up_to_date(run: Run, database: Path, backup: Path) -> None:
    engine = create_engine(f"sqlite:///{backup}")
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    engine.dispose()
    assert run("db", "restore", str(backup)).code == 0
    assert ballots_in(database) == 3
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM server_settings").fetchone() == (0,)


def test_a_backup_is_made_of_an_older_database_without_changing_it(run: Run, database: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    engine.dispose()
    ran = run("db", "backup", "copy.db")
    assert ran.code == 0
    assert "of an older version (schema 0002)" in ran.out
    rollback_mode = b"\x01\x01"
    assert (tmp_path / "copy.db").read_bytes()[18:20] == rollback_mode, "the file alone is all of it"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)


def test_keys_of_polls_that_ended_meanwhile_are_not_in_the_restored_file(
    run: Run, database: Path, backup: Path
) -> None:
    with contextlib.closing(sqlite3.connect(backup, isolation_level=None)) as connection:
        [(key,)] = connection.execute("SELECT voter_key FROM polls").fetchall()
        connection.execute("UPDATE polls SET closes_at = 1")
    database.unlink()
    ran = run("db", "restore", str(backup))
    assert "Polls that have ended since: 1." in ran.out
    assert key in backup.read_bytes()
    assert files_with(key, database.parent) == []


async def test_a_close_waits_a_second_at_most_for_a_copy_and_its_key_is_gone_when_the_copy_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "polls.db"
    store = await open_store(address(path))
    [poll_id] = await open_polls(store, system_clock, [1])
    async with store.read() as connection:
        key = (await connection.exec_driver_sql("SELECT voter_key FROM polls")).scalar_one()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(module, "STEP", 1)
    closing: list[bool] = []

    def close_once(_done: int, _total: int) -> None:
        if not closing:
            closing.append(asyncio.run_coroutine_threadsafe(closed(store, poll_id), loop).result(30))

    copy = tmp_path / "copy.db"
    copy.touch()
    await asyncio.to_thread(module.copy_database, path, copy, close_once)
    assert closing == [True]
    assert await asyncio.to_thread(files_with, key, tmp_path) == ["copy.db"]
    await store.close()


async def closed(store: Store, poll_id: int) -> bool:
    return await Records(store).close(poll_id, system_clock(), None)


def leave_a_log(database: Path, statement: str) -> None:
    """Leave a change in the write-ahead log alone, as a killed program does."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(statement)
        found = {name: database.with_name(f"polls.db{name}").read_bytes() for name in ("", "-wal")}
    for name, content in found.items():
        database.with_name(f"polls.db{name}").write_bytes(content)


KILLER = """
import contextlib, json, os, shutil, signal, sqlite3, sys
from pathlib import Path
from bot.cli import main

folder, template, backup = map(Path, sys.argv[1:])
WATCHED = ("open", "os.rename", "os.link", "os.remove", "os.chmod", "os.chown", "sqlite3.connect")
def restore(at):
    left = [at]
    def watch(event, arguments):
        if event in WATCHED and str(folder) in str(arguments[0]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv = ["ending-bot", "db", "restore", str(backup)]
    try:
        main()
    except SystemExit as end:
        os._exit(end.code or 0)
for at in range(1_000):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    child = os.fork()
    if not child:
        restore(at)
    _, status = os.waitpid(child, 0)
    found = {"status": os.waitstatus_to_exitcode(status), "ballots": -1}
    with contextlib.suppress(sqlite3.Error), contextlib.closing(
        sqlite3.connect(f"file:{folder / 'polls.db'}?mode=rw", uri=True)
    ) as connection:
        if connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]:
            found["ballots"] = connection.execute("SELECT count(*) FROM ballots").fetchone()[0]
    print(json.dumps(found), flush=True)
    if found["status"] != -signal.SIGKILL:
        break
"""


@pytest.fixture
def killed_restores(run: Run, database: Path, backup: Path, tmp_path: Path) -> list[dict[str, int]]:
    """What a restore leaves that is killed at each of its dealings with the folder in turn; the last one survives."""
    leave_a_log(database, "DELETE FROM ballots WHERE voter = x'02'")
    template = tmp_path / "template"
    database.parent.rename(template)
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(database.parent), str(template), str(backup)],
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_at_any_moment_a_restore_leaves_the_old_or_the_new_database_whole(
    killed_restores: list[dict[str, int]],
) -> None:
    *killed, survived = killed_restores
    old, new = 4, 3
    assert survived == {"status": 0, "ballots": new}
    assert len(killed) > 10
    found = [each["ballots"] for each in killed]
    assert set(found) == {old, new}
    assert found == sorted(found, reverse=True), "once the new one is there, it stays"


def test_a_recount_of_what_was_restored_agrees(run: Run, database: Path, backup: Path) -> None:
    assert run("db", "restore", str(backup)).code == 0

    async def recount() -> int:
        store = await open_store(address(database))
        done = await audit(store)
        await store.close()
        return done.ballots if not done.mismatches else -1

    assert asyncio.run(recount()) == 3
