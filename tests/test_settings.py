"""Settings come from the environment, from `.env` and, for secrets, from files; a bad one is named."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, read_settings


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("discord_token_file", "database_url_file", *Settings.model_fields):
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


def test_nothing_is_needed_to_begin() -> None:
    settings = read_settings()
    assert settings.discord_token is None
    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///data/ending-bot.db"


def test_the_environment_wins_over_the_env_file(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_place / ".env").write_text("LOG_LEVEL=debug\nLOG_FORMAT=json\n")
    monkeypatch.setenv("LOG_LEVEL", "error")
    settings = read_settings()
    assert (settings.log_level, settings.log_format) == ("error", "json")


def test_a_secret_can_stand_in_a_file(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_place / "token").write_text("from-the-file\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(empty_place / "token"))
    token = read_settings().discord_token
    assert token is not None
    assert token.get_secret_value() == "from-the-file"


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "/nowhere/token")
    with pytest.raises(
        SettingsError, match=r"DISCORD_TOKEN_FILE names /nowhere/token, which can't be read.*set DISCORD_TOKEN itself"
    ):
        read_settings()


def test_a_value_that_is_not_allowed_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match="LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"):
        read_settings()


def test_no_secret_is_printed_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://bot:also-secret@localhost/bot")
    assert "secret" not in repr(read_settings()).replace("SecretStr", "")


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/api/v10", "https://proxy.example/api/v10/"])
def test_discord_can_be_reached_through_another_address(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DISCORD_API_BASE", address)
    assert read_settings().discord_api_base == address.rstrip("/")


@pytest.mark.parametrize("address", ["proxy:8080", "ftp://proxy/api", "http://"])
def test_an_address_of_discord_that_is_not_http_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DISCORD_API_BASE", address)
    with pytest.raises(SettingsError, match="DISCORD_API_BASE: "):
        read_settings()


@pytest.mark.parametrize("setting", [*Settings.model_fields, "discord_token_file", "database_url_file"])
def test_an_empty_setting_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    usual = read_settings()
    monkeypatch.setenv(setting.upper(), "")
    assert read_settings() == usual


def test_a_token_of_spaces_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", " \t")
    assert read_settings().discord_token is None


def test_a_token_is_taken_without_the_spaces_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", " token\n")
    token = read_settings().discord_token
    assert token is not None
    assert token.get_secret_value() == "token"


def test_a_secret_file_that_is_empty_is_named(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_place / "token").write_text("\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    with pytest.raises(SettingsError, match="DISCORD_TOKEN_FILE names token, which is empty"):
        read_settings()
