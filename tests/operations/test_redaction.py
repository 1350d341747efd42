"""No log line shows a secret or a member's words, whoever wrote it and however it is shown."""

import json
import logging
import sys

import pytest
import structlog

from bot.logs import configure_logs, log_what_nobody_catches
from bot.redaction import CUT, Redaction

# Made from pieces: tokens in a repository are looked for, and found.
BOT_TOKEN = ".".join(("N" + "z" * 24, "Gabcde", "x" * 38))
INTERACTION_TOKEN = "aW50ZXJhY3Rpb24" + "6MTIzNDU2" * 8
SHORT = ".".join(("wire", "token"))


pytestmark = pytest.mark.usefixtures("logs_as_before")


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (f"POST /api/v10/interactions/123/{INTERACTION_TOKEN}/callback with 404", INTERACTION_TOKEN),
        ("POST https://discord.com/api/v10/interactions/123/short-one/callback", "short-one"),
        ("PATCH /webhooks/123/short-one/messages/@original has returned 500", "short-one"),
        ("<ClientResponse(https://discord.com/api/v10/webhooks/1/short-one) [200 OK]>", "short-one"),
        (f"headers {{'Authorization': 'Bot {BOT_TOKEN}'}}", BOT_TOKEN),
        (f"Authorization: Bot {SHORT}", SHORT),
        (f"the value {BOT_TOKEN} is not a number", BOT_TOKEN),
        ("{'op': 2, 'd': {'token': 'anything-at-all', 'shard': [0, 1]}}", "anything-at-all"),
        ('{"token": "anything-at-all"}', "anything-at-all"),
        ("can't connect to postgresql+asyncpg://bot:s3cr%40t@db.internal/polls", "s3cr"),
        ("Key exists\nDETAIL:  Failing row contains (1, How did “it” leave you?, \\x00).", "leave you"),
    ],
)
def test_what_looks_like_a_secret_is_cut_and_the_rest_is_left(said: str, secret: str) -> None:
    cut = Redaction().cut(said)
    assert secret not in cut
    assert CUT in cut
    assert cut[:3] == said[:3]


@pytest.mark.parametrize(
    "said",
    [
        "shard 3 of 16 is connected, session starts left: 999",
        "GET https://discord.com/api/v10/users/@me has returned 200",
        "http://127.0.0.1:8080/api/v10 is the address",
        "PATCH /channels/123/messages/456 with 403",
        "the Bot is ready. All is well.",
    ],
)
def test_what_is_no_secret_is_left(said: str) -> None:
    assert Redaction().cut(said) == said


def test_the_secrets_of_the_settings_are_cut_wherever_they_stand() -> None:
    cut = Redaction(["hunter-two", "hunter-two-and-more", "ab"]).cut("pass=hunter-two-and-more, hunter-two, abc")
    assert cut == f"pass={CUT}, {CUT}, abc"


@pytest.mark.parametrize("style", ["people", "json"])
def test_every_way_into_the_log_goes_past_it(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("debug", style, ["hunter-two"])
    url = f"https://discord.com/api/v10/webhooks/1/{INTERACTION_TOKEN}"
    error = OSError(f"can't reach {url} with hunter-two")
    structlog.get_logger("bot.x").error("failed", reason=str(error), urls=[url], more={"u": url}, exc_info=error)
    logging.getLogger("discord.http").error("failed with %s", url, exc_info=error)
    logging.getLogger("aiohttp.client").error("Unclosed %r", {"url": url, "password": "hunter-two"})
    log_what_nobody_catches(type(error), error, error.__traceback__)
    logged = capsys.readouterr().err
    assert logged.count("can't reach") == 4
    assert INTERACTION_TOKEN not in logged
    assert "hunter-two" not in logged
    if style == "json":
        lines = [json.loads(line) for line in logged.splitlines()]
        assert [line["level"] for line in lines] == ["error", "error", "error", "critical"]


def test_what_the_database_layer_tells_at_the_lowest_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("debug", "json")
    for name in ("aiosqlite", "sqlalchemy.engine.Engine", "sqlalchemy.pool", "discord.http"):
        logging.getLogger(name).debug("executing INSERT with %s", ("what a member wrote",))
    logging.getLogger("bot.x").debug("of our own")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["of our own"]


def test_without_an_error_nothing_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    structlog.get_logger("bot.x").info("ready", shards=2, share=0.5, on=True, nothing=None)
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["shards"], line["share"], line["on"], line["nothing"]) == (2, 0.5, True, None)
    assert sys.exc_info() == (None, None, None)
