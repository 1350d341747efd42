"""The database keeps what it acknowledged, and says plainly when it can't be used."""

import asyncio
import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from bot.store.engine import Store, StoreError, open_store
from bot.store.schema import REVISIONS, alembic_config
from bot.store.tables import metadata


async def test_sqlite_is_opened_so_that_power_loss_costs_no_commit(store: Store) -> None:
    async with store.write() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    full = 2
    assert pragmas == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "secure_delete": 1}


async def test_the_migrations_make_exactly_the_tables_that_the_program_uses(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with store.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_again_keeps_what_is_there(database: str, store: Store) -> None:
    async with store.write() as connection:
        await connection.execute(text("CREATE TABLE kept (x INTEGER)"))
    again = await open_store(database)
    async with again.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM kept"))).scalar_one() == 0
    await again.close()


async def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    async def write_and_fail() -> None:
        async with store.write() as connection:
            await connection.execute(text("CREATE TABLE half (x INTEGER)"))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await write_and_fail()
    async with store.read() as connection:
        assert (
            await connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name='half'"))
        ).scalar_one() == 0


async def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_text("this is not a database, but a text about one\n" * 50)
    with pytest.raises(StoreError, match=r"broken\.db is not a database, or is damaged\. Restore a backup"):
        await open_store(f"sqlite+aiosqlite:///{broken}")


async def test_a_place_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"The folder of the database can't be made"):
        await open_store(f"sqlite+aiosqlite:///{tmp_path}/file/below/polls.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match=r"folder\.db can't be opened for writing"):
        await open_store(f"sqlite+aiosqlite:///{tmp_path}/folder.db")


async def test_a_schema_newer_than_the_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "polls.db"
    await (await open_store(f"sqlite+aiosqlite:///{path}")).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer version of this program \(schema 9999\)"):
        await open_store(f"sqlite+aiosqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("url", ["", "not an address", "nosuch+driver:///x"])
async def test_an_address_that_is_none_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL is not an address that can be used"):
        await open_store(url)


def test_the_file_names_of_the_migrations_are_their_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS


async def test_a_database_that_is_up_to_date_is_opened_without_alembic(store: Store, database: str) -> None:
    program = (
        "import asyncio, sys; from bot.store.engine import open_store\n"
        "async def main(): await (await open_store(sys.argv[1])).close()\n"
        "asyncio.run(main()); assert 'alembic' not in sys.modules"
    )
    opened = await asyncio.create_subprocess_exec(sys.executable, "-c", program, database)
    assert await opened.wait() == 0


async def test_a_failed_migration_leaves_the_old_schema(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(_config: object, _revision: str) -> None:
        raise StoreError("the migration broke")

    monkeypatch.setattr("alembic.command.upgrade", half_way)
    with pytest.raises(StoreError, match="the migration broke"):
        await open_store(database)
    monkeypatch.undo()
    opened = await open_store(database)
    async with opened.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM polls"))).scalar_one() == 0
    await opened.close()


async def test_an_error_says_nothing_of_what_was_to_be_written(store: Store) -> None:
    statement = text("INSERT INTO ballots (poll_id, voter, choices) VALUES (1, :voter, 0)")
    with pytest.raises(IntegrityError) as error:
        async with store.write() as connection:
            await connection.execute(statement, {"voter": b"secret-voter"})
    assert "secret-voter" not in str(error.value)


async def test_a_driver_that_can_not_be_used_is_refused_with_one_that_can_and_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    with pytest.raises(StoreError, match=r"^DATABASE_URL is not .* Use sqlite\+aiosqlite:///FILE or postgresql"):
        await open_store(f"sqlite:///{file}")
    assert not file.exists()


async def test_a_driver_that_is_not_installed_is_named_with_what_to_install() -> None:
    with pytest.raises(StoreError, match=r"^DATABASE_URL needs MySQLdb, which is not installed\. Use .* pip install"):
        await open_store("mysql://bot:secret@localhost/bot")
