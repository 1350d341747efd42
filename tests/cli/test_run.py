"""`ending-bot run` and `preview` say in a sentence what they lack, and end with a code that is not zero."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import run
from bot.cli.failures import Failure
from bot.hangup import Hangup
from bot.settings import read_settings
from tests.bench.loopback import loopback_discord


def ending_bot(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real program in an empty folder with nothing but these settings."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parent.parent.parent), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_token_run_says_where_to_get_one_and_that_preview_needs_none(tmp_path: Path) -> None:
    result = ending_bot("run", cwd=tmp_path)
    assert result.returncode == 1
    assert "There is no Discord token" in result.stderr
    assert "discord.com/developers/applications" in result.stderr
    assert "DISCORD_TOKEN_FILE" in result.stderr
    assert "`ending-bot preview` shows the bot in your browser and needs no token." in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("no database\n" * 100)
    result = ending_bot("run", cwd=tmp_path, DISCORD_TOKEN="x", DATABASE_URL="sqlite+aiosqlite:///broken.db")
    assert result.returncode == 1
    assert result.stderr == "broken.db is not a database, or is damaged. Restore a backup, or name another file.\n"


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    result = ending_bot("run", cwd=tmp_path, LOG_FORMAT="xml")
    assert result.returncode == 1
    assert "LOG_FORMAT: Input should be 'people' or 'json'" in result.stderr


def test_shards_that_cannot_be_run_are_one_sentence(tmp_path: Path) -> None:
    alone = ending_bot("run", "--shards", "0-3", cwd=tmp_path, DISCORD_TOKEN="x")
    too_high = ending_bot("run", "--shards", "4-8", "--shard-count", "8", cwd=tmp_path, DISCORD_TOKEN="x")
    assert (alone.returncode, too_high.returncode) == (1, 1)
    assert "go together" in alone.stderr
    assert too_high.stderr == "SHARDS has 8, but of 8 shards the last is 7: they count from 0.\n"


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = ending_bot("preview", "--no-browser", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert result.returncode == 1
    assert "The page can't be served" in result.stderr
    assert "Choose another port with --port" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    assert ending_bot("--version", cwd=tmp_path).stdout.strip() == "0.1.0"


@pytest.fixture
def hangup() -> Iterator[Hangup]:
    """Takes the signal as the program does, and gives it back."""
    before = signal.getsignal(signal.SIGHUP)
    yield Hangup()
    signal.signal(signal.SIGHUP, before)


async def test_a_token_that_discord_refuses_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hangup: Hangup
) -> None:
    monkeypatch.chdir(tmp_path)
    with loopback_discord(refuse=True), pytest.raises(Failure, match="Discord does not accept this token"):
        await run._run(read_settings(), "wrong", hangup)
