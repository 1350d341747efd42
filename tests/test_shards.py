"""A process runs the shards that it is told to, and knows by them which servers it serves."""

import pytest

from bot.settings import SettingsError, read_settings
from bot.shards import WHOLE, ShardPlan, ShardsError, shard_plan


@pytest.mark.parametrize(
    ("text", "ids"),
    [("0-3", (0, 1, 2, 3)), ("0,2,5-7", (0, 2, 5, 6, 7)), ("7", (7,)), (" 4 , 1-2 ", (1, 2, 4)), ("15-15", (15,))],
)
def test_shards_are_written_as_numbers_and_ranges(text: str, ids: tuple[int, ...]) -> None:
    assert shard_plan(text, 16) == ShardPlan(ids, 16)


def test_without_shards_and_a_count_there_is_no_plan_and_discord_decides() -> None:
    assert shard_plan(None, None) is None


@pytest.mark.parametrize(
    ("text", "count", "said"),
    [
        ("0-3", None, "go together"),
        (None, 16, "go together"),
        ("0-16", 16, "of 16 shards the last is 15"),
        ("3-1", 16, "Write 1-3"),
        ("0-3,2", 16, "names shard 2 twice"),
        ("one", 16, "“one”"),
        ("0-3,", 16, "“”"),
        ("-1", 16, "“-1”"),
        ("0", 0, "between 1 and"),
        ("0", 99_999, "between 1 and"),
    ],
)
def test_shards_that_do_not_fit_are_refused_with_a_reason(text: str | None, count: int | None, said: str) -> None:
    with pytest.raises(ShardsError, match=said):
        shard_plan(text, count)


def test_the_process_with_the_first_shard_leads_and_so_does_one_on_its_own() -> None:
    assert [ShardPlan(ids, 4).leads for ids in ((0, 1), (2, 3))] == [True, False]
    assert WHOLE.leads


def test_a_plan_tells_its_part_of_the_whole() -> None:
    assert ShardPlan((4, 5), 16).part == 1 / 8
    assert WHOLE.part == 1


def test_settings_that_do_not_fit_together_are_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARDS", "4-7")
    with pytest.raises(SettingsError, match="go together"):
        read_settings().shard_plan()
    monkeypatch.setenv("SHARD_COUNT", "4")
    with pytest.raises(SettingsError, match="the last is 3"):
        read_settings().shard_plan()
    assert read_settings(shard_count=8).shard_plan() == ShardPlan((4, 5, 6, 7), 8)
