"""What a check-up asks Discord: about the token, the application, the gateway and the servers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import discord

from bot.errors import named
from bot.operations.api import CONNECTION, Answer, Api
from bot.operations.findings import CheckError, Finding, failed, passed, warned

OK, UNAUTHORIZED = 200, 401
SKEW_WARN, SKEW_FAIL = 2.0, 30.0
"""Seconds: votes are taken by our clock, and what members are told of times is Discord's."""
FEW_STARTS = 0.1
"""Of a day's session starts."""
PAGE, MOST_PAGES = 200, 10
"""Servers that Discord lists at once, and lists that are asked for: at one a second a terminal would wait too long."""
MOST_NAMED = 10
"""Servers that are named; whoever has more of them knows the pattern by then."""
NEEDED = ("view_channel", "send_messages", "attach_files")
LONGEST_NAME = 100
"""Characters, as Discord allows a server's name."""
UNTOLD = {"dm_permission"}
"""Discord derives it from a command's contexts, whatever it was sent."""
PRIVILEGED = {
    "Presence": 1 << 12 | 1 << 13,
    "Server Members": 1 << 14 | 1 << 15,
    "Message Content": 1 << 18 | 1 << 19,
}
"""The application's flags of each privileged intent: of a large bot, and of one in few servers."""
PORTAL = "at discord.com/developers/applications"


def clock(answer: Answer) -> Finding:
    """How far apart our clock and Discord's are."""
    if answer.ahead is None:
        return warned("clock", "Discord did not say what time it is", "Look whether this computer sets its clock.")
    apart = abs(answer.ahead)
    if apart <= SKEW_WARN:
        return passed("clock", f"at most {SKEW_WARN:g} s from Discord's")
    said = f"{apart:.0f} s {'ahead of' if answer.ahead > 0 else 'behind'} Discord's"
    todo = "Let this computer set its clock by the network (NTP)."
    return failed("clock", said, todo) if apart > SKEW_FAIL else warned("clock", said, todo)


def token(answer: Answer) -> Finding:
    """Whether Discord accepts the token: its answer to who we are.

    Raises:
        CheckError: it does not, or gave another answer.
    """
    if answer.status == UNAUTHORIZED:
        raise CheckError("Discord does not accept it", f"Check DISCORD_TOKEN, or reset the token {PORTAL}, under Bot.")
    body = _body(answer)
    return passed("token", f"Discord accepts it, as {plain(body.get('username'))} ({body.get('id')})")


async def application(api: Api) -> list[Finding]:
    """What the developer portal has switched on: no intent is needed, and an endpoint is in the way."""
    body = _body(await api.get("/applications/@me"))
    flags = int(body.get("flags") or 0)
    switched_on = [name for name, bits in PRIVILEGED.items() if flags & bits]
    if switched_on:
        intents = warned(
            "intents",
            f"switched on, but never used: {', '.join(switched_on)}",
            f"Switch them off {PORTAL}, under Bot: the bot works without, and what it can't see it can't lose.",
        )
    else:
        intents = passed("intents", "none is needed, and none is switched on")
    if body.get("interactions_endpoint_url"):
        todo = f"Empty “Interactions Endpoint URL” {PORTAL}, under General Information."
        return [intents, failed("application", "commands are sent to a web address and not to the bot", todo)]
    if body.get("bot_require_code_grant"):
        todo = f"Switch off “Requires OAuth2 Code Grant” {PORTAL}, under Bot."
        return [intents, warned("application", "nobody can install it by its link", todo)]
    public = "anybody may install it" if body.get("bot_public") else "only its owner may install it"
    return [intents, passed("application", f"{plain(body.get('name'))}: {public}")]


async def gateway(api: Api) -> list[Finding]:
    """How many sessions may still be started today."""
    body = _body(await api.get("/gateway/bot"))
    limit = body.get("session_start_limit") or {}
    total, left = int(limit.get("total", 0)), int(limit.get("remaining", 0))
    shards = int(body.get("shards", 1))
    hours = int(limit.get("reset_after", 0)) / 3_600_000
    said = f"{left} of {total} session starts left for {hours:.1f} h; Discord suggests {_many(shards, 'shard')}"
    if left < shards:
        return [failed("gateway", said, f"Do not restart the bot; in {hours:.1f} h there are new ones.")]
    if left < FEW_STARTS * total:
        return [warned("gateway", said, "Find out from the log why the bot starts or reconnects so often.")]
    return [passed("gateway", said)]


async def servers(api: Api) -> list[Finding]:
    """In which servers the bot lacks permissions that it needs for polls."""
    lacking: list[tuple[str, list[str]]] = []
    count = 0
    more = False
    async for page in _pages(api):
        if page is None:
            more = True
            break
        count += len(page)
        for server in page:
            granted = discord.Permissions(int(server["permissions"]))
            missing = [] if granted.administrator else [name for name in NEEDED if not getattr(granted, name)]
            if missing:
                lacking.append((plain(server["name"]), missing))
    looked = f"{_many(count, 'server')} looked at{', and there are more' if more else ''}"
    todo = (
        "Whoever manages a server can grant them to the bot’s role, in its settings under Roles; "
        "single channels may still differ."
    )
    findings = [warned("server", f"“{name}” lacks {named(missing)}", "") for name, missing in lacking[:MOST_NAMED]]
    if not lacking:
        return [passed("servers", f"{looked}: {named(list(NEEDED))} everywhere")]
    return [*findings, warned("servers", f"{looked}: permissions are missing in {len(lacking)}", todo)]


async def _pages(api: Api) -> AsyncIterator[Sequence[Mapping[str, Any]] | None]:
    """Lists of servers; at last None if there are more than are asked for."""
    after = "0"
    for _ in range(MOST_PAGES):
        page = _body(await api.get("/users/@me/guilds", limit=str(PAGE), after=after), list)
        yield page
        if len(page) < PAGE:
            return
        after = max((server["id"] for server in page), key=int)
    yield None


async def registered(api: Api, wanted: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Whether Discord has the commands as this version has them."""
    application_id = _body(await api.get("/applications/@me"))["id"]
    there = {
        _key(command): command
        for command in _body(await api.get(f"/applications/{application_id}/commands", with_localizations="true"), list)
    }
    ours = {_key(command): command for command in wanted}
    changed = [key for key in ours.keys() & there.keys() if differs(ours[key], there[key])]
    parts = {"missing": ours.keys() - there.keys(), "unknown here": there.keys() - ours.keys(), "different": changed}
    said = "; ".join(
        f"{what}: {', '.join(sorted(plain(name) for _, name in keys))}" for what, keys in parts.items() if keys
    )
    if said:
        return [warned("commands", said, "Start the bot of this version: it registers its commands at every start.")]
    return [passed("commands", f"{len(ours)} registered as this version has them")]


def _key(command: Mapping[str, Any]) -> tuple[int, str]:
    return int(command.get("type") or 1), str(command["name"])


def differs(ours: object, theirs: object) -> bool:
    """Whether Discord has something else than we say. What it adds, or leaves out when empty, does not count."""
    if isinstance(ours, Mapping):
        if not isinstance(theirs, Mapping):
            return bool(ours)
        return any(differs(value, theirs.get(key)) for key, value in ours.items() if key not in UNTOLD)
    if isinstance(ours, list | tuple):
        if not isinstance(theirs, list):
            return bool(ours)
        return len(ours) != len(theirs) or any(differs(*pair) for pair in zip(ours, theirs, strict=True))
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return ours != theirs
    return str(ours or "") != str(theirs or "")


def _body(answer: Answer, kind: type[Any] = dict) -> Any:
    """The JSON of an answer that is as it should be.

    Raises:
        CheckError: it is another one.
    """
    if answer.status != OK or not isinstance(answer.body, kind):
        raise CheckError(f"Discord answered with status {answer.status}", CONNECTION)
    return answer.body


def plain(text: object) -> str:
    """A name that somebody gave, in one line and without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))[:LONGEST_NAME]


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
