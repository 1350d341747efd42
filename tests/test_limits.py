"""The pace holds for each member alone, and costs the same however many there are."""

from types import SimpleNamespace
from typing import cast

import discord
import pytest
from discord import app_commands

from bot.limits import Pace

USES = 10
SECONDS = 15.0


def press(member: int) -> discord.Interaction:
    return cast("discord.Interaction", SimpleNamespace(user=SimpleNamespace(id=member)))


class Time:
    """A stand-in for the clocks of both sides."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Time:
    it = Time()
    monkeypatch.setattr("time.time", it)
    monkeypatch.setattr("time.monotonic", it)
    return it


def test_a_member_who_is_too_quick_is_told_how_long_to_wait_and_others_are_not(now: Time) -> None:
    pace = Pace(USES, SECONDS)
    for _ in range(USES):
        pace.check(press(1))
    now.now += 5
    with pytest.raises(app_commands.CommandOnCooldown) as caught:
        pace.check(press(1))
    assert caught.value.retry_after == SECONDS - 5
    pace.check(press(2))


def test_the_pace_holds_over_the_turn_at_which_members_are_forgotten(now: Time) -> None:
    pace = Pace(USES, SECONDS)
    pace.check(press(2))
    now.now += SECONDS - 1
    for _ in range(USES):
        pace.check(press(1))
    now.now += 2
    with pytest.raises(app_commands.CommandOnCooldown):
        pace.check(press(1))
    now.now += SECONDS
    pace.check(press(1))


def test_members_who_are_done_are_forgotten(now: Time) -> None:
    pace = Pace(USES, SECONDS)
    for member in range(1_000):
        pace.check(press(member))
    for _ in range(2):
        now.now += SECONDS
        pace.check(press(0))
    assert len(pace._recent) + len(pace._before) < 5
