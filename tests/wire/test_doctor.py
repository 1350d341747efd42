"""`ending-bot doctor` against a Discord and databases in every state: it finds what is wrong, and says what to do."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import discord
import pytest
from sqlalchemy import text

from bot.film.library import Library
from bot.film.pack import ContentError
from bot.film.yamlfile import Problem
from bot.operations.discord_checks import MOST_PAGES, PAGE
from bot.operations.doctor import check_up, wanted_commands
from bot.operations.findings import Finding, guarded
from bot.settings import Settings, read_settings
from bot.store.engine import open_store
from tests.postgres import new_database
from tests.wire.ballots import connected
from tests.wire.faults import Fault
from tests.wire.process import BotProcess, bot_process
from tests.wire.server import TOKEN, WireDiscord, wire_discord
from tests.wire.world import APPLICATION, PERMISSIONS


@pytest.fixture
async def wire(library: Library) -> AsyncIterator[WireDiscord]:
    """A Discord that has the commands of this version."""
    async with wire_discord() as wire:
        wire.world.commands = as_discord_has_them(await wanted_commands(library))
        yield wire


@pytest.fixture
def settings(wire: WireDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return read_settings(discord_token=TOKEN, discord_api_base=wire.base, database_url=database, understanding=False)


def as_discord_has_them(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Commands as Discord lists them: with what it adds, and with nothing instead of what is empty."""
    listed = json.loads(json.dumps(commands))
    extra = {"id": "1", "application_id": str(APPLICATION), "version": "1", "description": ""}
    return [{**extra, **{key: value or None for key, value in command.items()}} for command in listed]


def found(findings: list[Finding], check: str) -> Finding:
    """The one finding of a check."""
    [finding] = [finding for finding in findings if finding.check == check]
    return finding


async def doctor(bot: BotProcess, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the real program; returns its exit code and all that it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "doctor",
        *arguments,
        cwd=folder,
        env=bot._environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, (said + complained).decode()


async def test_beside_a_running_bot_it_finds_nothing_and_never_shows_the_token(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    wire.world.commands = []
    wire.world.servers = {1: ("Film club", PERMISSIONS), 2: ("Admins", discord.Permissions(administrator=True).value)}
    async with bot_process(wire, tmp_path, database) as bot:
        code, said = await doctor(bot, tmp_path, "--json")
        read = json.loads(said)
        # How full the disk of whoever runs this test is, is their business.
        assert [each for each in read["findings"] if each["status"] != "pass" and each["check"] != "disk"] == []
        assert {each["check"] for each in read["findings"]} == {
            *("token", "clock", "intents", "application", "gateway", "commands", "servers"),
            *("content", "database", "schema", "disk", "encoder"),
        }
        assert (code == 0) == read["ok"]
        assert TOKEN not in said
        # A running bot goes on writing while it is looked at.
        assert "0 votes" in (await wire.slash("poll", member=1, channel=2)).text


async def test_a_refused_token_is_a_failure_and_all_that_needs_none_is_looked_at(
    wire: WireDiscord, tmp_path: Path, database: str
) -> None:
    wire.faults.plan("GET", "/users/@me", Fault(401, {"message": "401: Unauthorized", "code": 0}))
    code, said = await doctor(BotProcess(wire, tmp_path, database), tmp_path)
    assert code == 1
    assert "FAIL  token        Discord does not accept it" in said
    assert "→ Check DISCORD_TOKEN, or reset the token" in said
    for check in ("pass  clock", "warn  discord", "pass  content", "warn  database", "pass  encoder"):
        assert check in said
    assert TOKEN not in said
    assert not (tmp_path / "polls.db").exists(), "looking changes nothing"


async def test_without_a_token_it_says_where_to_get_one(settings: Settings, library: Library) -> None:
    findings = await check_up(settings.model_copy(update={"discord_token": None}), lambda: library)
    token = found(findings, "token")
    assert (token.status, token.said) == ("FAIL", "there is none")
    assert "discord.com/developers/applications" in token.todo


async def test_a_discord_that_is_not_there_is_named_once(settings: Settings, library: Library) -> None:
    findings = await check_up(settings.model_copy(update={"discord_api_base": "http://127.0.0.1:1"}), lambda: library)
    assert "Discord can't be reached" in found(findings, "token").said
    assert "Check the network" in found(findings, "token").todo
    assert found(findings, "content").status == "pass"


@pytest.mark.parametrize(
    ("ahead", "status", "said"),
    [
        (10, "warn", "s behind Discord's"),
        (-10, "warn", "s ahead of Discord's"),
        (90, "FAIL", "s behind Discord's"),
        (0, "pass", "at most 2 s"),
    ],
)
async def test_a_clock_that_is_wrong_is_noticed(
    wire: WireDiscord, settings: Settings, library: Library, ahead: int, status: str, said: str
) -> None:
    wire.rest.ahead = ahead
    clock = found(await check_up(settings, lambda: library), "clock")
    assert clock.status == status
    assert said in clock.said


@pytest.mark.parametrize(
    ("path", "body", "check", "status", "said"),
    [
        ("/applications/@me", {"flags": 1 << 19}, "intents", "warn", "switched on, but never used: Message Content"),
        ("/applications/@me", {"interactions_endpoint_url": "https://x"}, "application", "FAIL", "not to the bot"),
        ("/applications/@me", {"bot_require_code_grant": True}, "application", "warn", "nobody can install it"),
        (
            "/gateway/bot",
            {"shards": 4, "session_start_limit": {"total": 1000, "remaining": 3, "reset_after": 7_200_000}},
            "gateway",
            "FAIL",
            "3 of 1000 session starts left for 2.0 h; Discord suggests 4 shards",
        ),
        (
            "/gateway/bot",
            {"shards": 1, "session_start_limit": {"total": 1000, "remaining": 50, "reset_after": 1}},
            "gateway",
            "warn",
            "50 of 1000",
        ),
    ],
)
async def test_what_discord_says_of_the_application_is_judged(
    wire: WireDiscord,
    settings: Settings,
    library: Library,
    path: str,
    body: dict[str, Any],
    check: str,
    status: str,
    said: str,
) -> None:
    wire.faults.plan("GET", path, Fault(200, {"id": str(APPLICATION), "name": "ending", **body}))
    findings = await check_up(settings, lambda: library)
    assert found(findings, check).status == status
    assert said in found(findings, check).said
    assert found(findings, check).todo
    assert found(findings, "servers").status == "pass"


async def test_commands_that_are_not_as_this_version_has_them_are_named(
    wire: WireDiscord, settings: Settings, library: Library
) -> None:
    assert found(await check_up(settings, lambda: library), "commands").status == "pass"
    commands = {command["name"]: command for command in wire.world.commands}
    del commands["quote"]
    commands["poll"] = {**commands["poll"], "options": commands["poll"]["options"][1:]}
    commands["about"] = {**commands["about"], "name_localizations": None}
    wire.world.commands = [*commands.values(), {"name": "old-one", "type": 1}]
    commands_now = found(await check_up(settings, lambda: library), "commands")
    assert commands_now.status == "warn"
    assert commands_now.said == "missing: quote; unknown here: old-one; different: about, poll"


async def test_servers_that_lack_a_permission_are_named_and_their_names_obey_nobody(
    wire: WireDiscord, settings: Settings, library: Library
) -> None:
    some = discord.Permissions(view_channel=True, send_messages=True).value
    wire.world.servers = {1: ("Film club", PERMISSIONS), 2: ("Late\x1b[2J show\n", some), 3: ("Nothing", 0)}
    findings = await check_up(settings, lambda: library)
    named = [finding for finding in findings if finding.check == "server"]
    assert [finding.said for finding in named] == [
        "“Late [2J show ” lacks Attach Files",
        "“Nothing” lacks View Channel, Send Messages, Attach Files",
    ]
    summary = found(findings, "servers")
    assert (summary.status, summary.said) == ("warn", "3 servers looked at: permissions are missing in 2")


async def test_of_very_many_servers_it_says_how_many_it_has_looked_at(
    wire: WireDiscord, settings: Settings, library: Library
) -> None:
    wire.world.servers = {number: (f"Server {number}", PERMISSIONS) for number in range(1, PAGE * MOST_PAGES + 2)}
    said = found(await check_up(settings, lambda: library), "servers").said
    assert said.startswith("2000 servers looked at, and there are more: ")
    wire.world.servers.popitem()
    wire.world.servers.popitem()
    said = found(await check_up(settings, lambda: library), "servers").said
    assert said.startswith("1999 servers looked at: ")


@pytest.mark.parametrize(
    ("revision", "status", "said"),
    [
        ("0001", "warn", "of an older version"),
        ("9999", "FAIL", "of a newer version of this program"),
        (None, "pass", "as this version has it"),
    ],
)
async def test_the_schema_is_compared_and_left_as_it_is(
    settings: Settings, library: Library, database: str, revision: str | None, status: str, said: str
) -> None:
    await (await open_store(database)).close()
    async with connected(database) as connection:
        current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
        wanted = revision or current
        await connection.execute(text("UPDATE alembic_version SET version_num = :wanted"), {"wanted": wanted})
    schema = found(await check_up(settings, lambda: library), "schema")
    assert (schema.status, schema.said) == (status, said)
    async with connected(database) as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == wanted


async def test_a_file_that_is_no_database_is_a_failure_with_what_to_do(
    settings: Settings, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "polls.db").write_text("no database\n" * 100)
    assert "Restore a backup" in found(await check_up(settings, lambda: library), "database").said


async def test_a_postgresql_that_only_lets_read_is_a_failure(
    settings: Settings, library: Library, postgres: str
) -> None:
    url = await new_database(postgres, f"t{uuid4().hex}")
    secret = type(settings.database_url)(url)
    looked_at = settings.model_copy(update={"database_url": secret})
    assert found(await check_up(looked_at, lambda: library), "schema").said == "not there yet"
    await (await open_store(url)).close()
    assert found(await check_up(looked_at, lambda: library), "database").status == "pass"
    async with connected(url) as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    database = found(await check_up(looked_at, lambda: library), "database")
    assert (database.status, database.said) == ("FAIL", "postgresql: can be read but not written to")


async def test_content_that_does_not_load_is_a_failure_and_the_rest_is_looked_at(settings: Settings) -> None:
    def refused() -> Library:
        raise ContentError([Problem("her/film.yaml", 3, "year", "is no number")])

    findings = await check_up(settings, refused)
    content = found(findings, "content")
    assert content.status == "FAIL"
    assert "her/film.yaml" in content.said
    assert "content check" in content.todo
    assert found(findings, "commands").status == "warn"
    assert {finding.check for finding in findings} >= {"token", "servers", "database", "disk"}


async def test_a_check_that_fails_itself_is_a_finding_and_not_the_end() -> None:
    async def broken() -> list[Finding]:
        raise ZeroDivisionError

    [finding] = await guarded("gateway", broken)
    assert (finding.check, finding.status, finding.said) == (
        "gateway",
        "FAIL",
        "the check itself failed: ZeroDivisionError",
    )
