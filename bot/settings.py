"""Every setting of the program, read once: from the environment, from `.env`, secrets also from files."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.shards import ShardPlan, ShardsError, shard_plan

DEFAULT_DATABASE = Path("data/ending-bot.db")


_HTTP_URL = TypeAdapter(HttpUrl)


def _http_address(value: str) -> str:
    """An http or https address as it is joined with paths: without a slash at its end."""
    _HTTP_URL.validate_python(value)
    return value.rstrip("/")


def _none_if_blank(value: object) -> object:
    """A text without the spaces around it; a text of nothing else is no value."""
    return value.strip() or None if isinstance(value, str) else value


def _on_or_off(value: object) -> object:
    """`on` and `off` as they are written in the README; other words for yes and no are taken too."""
    return {"on": True, "off": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


class SettingsError(Exception):
    """A setting that can't be used; the text names it and says what to do."""


class Settings(BaseSettings):
    """The settings, each named like its environment variable in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    discord_token: Annotated[SecretStr | None, BeforeValidator(_none_if_blank)] = Field(
        default=None,
        description="The bot's token. Better in a file: `DISCORD_TOKEN_FILE` names one that holds it.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(f"sqlite+aiosqlite:///{DEFAULT_DATABASE}"),
        description="Where polls are kept, as an SQLAlchemy URL. `DATABASE_URL_FILE` names a file that holds it.",
    )
    content_dir: Path | None = Field(
        default=None, description="A folder of film packs to use instead of the ones that come with the program."
    )
    default_film: str = Field(default="her", description="The film that is meant when a command names none.")
    discord_api_base: Annotated[str, AfterValidator(_http_address)] | None = Field(
        default=None,
        description="Where Discord's REST interface is, if not at Discord: a rate-limit proxy, or a test server.",
    )
    shards: str | None = Field(
        default=None,
        description="The shards that this process runs, such as `0-3` or `0,2,5-7`. Without it and `SHARD_COUNT`: all.",
    )
    shard_count: int | None = Field(default=None, description="How many shards all processes run together.")
    understanding: Annotated[bool, BeforeValidator(_on_or_off)] = Field(
        default=True,
        description="`on` understands questions by their meaning, in many languages, for 130 MiB of memory; with `off` "
        "names and words alone decide.",
    )
    grace_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days that a server's polls are kept after the bot was removed from it.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="The port of `/metrics`, `/healthz` and `/readyz`, such as 9464; 0 takes a free one. Without it "
        "there are none.",
    )
    metrics_address: str = Field(
        default="127.0.0.1", description="The address that these listen on; they ask for no password."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important messages that are logged."
    )
    log_format: Literal["people", "json"] = Field(
        default="people", description="`people` for a terminal, `json` for a log collector."
    )

    def shard_plan(self) -> ShardPlan | None:
        """The shards that this process runs; None for all that Discord wants.

        Raises:
            SettingsError: they can't be run, with the reason.
        """
        try:
            return shard_plan(self.shards, self.shard_count)
        except ShardsError as error:
            raise SettingsError(str(error)) from error

    def secrets(self) -> list[str]:
        """The texts of these settings that no log may show."""
        token = self.discord_token.get_secret_value() if self.discord_token else ""
        password = urlsplit(self.database_url.get_secret_value()).password or ""
        return [secret for secret in (token, password, unquote(password)) if secret]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings


class SecretFiles(EnvSettingsSource):
    """Reads `NAME_FILE`: a path whose file holds the value of a secret setting, as container platforms mount them."""

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in ("discord_token", "database_url"):
            variable = f"{name.upper()}_FILE"
            path = os.environ.get(variable)
            if not path:
                continue
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(
                    f"{variable} names {path}, which can't be read: {error}. "
                    f"Check the path, or set {name.upper()} itself."
                ) from error
            if not values[name]:
                raise SettingsError(f"{variable} names {path}, which is empty. Put the value into that file.")
        return values


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process; keyword arguments win over the environment.

    Raises:
        SettingsError: a value is not allowed, with the name of the setting.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsError("These settings can't be used:\n" + "\n".join(lines)) from error
