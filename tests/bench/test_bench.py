"""The benchmark itself runs; what it measures is for people to read."""

from tests.bench.answers import compare
from tests.bench.servers import measure as measure_servers
from tests.bench.understanding import measure as measure_understanding
from tests.bench.votes import Sizes, measure


async def test_the_benchmark_compares_both_bots() -> None:
    table = await compare(rounds=1, count=100)
    assert table.row_count == 9


async def test_the_benchmark_of_servers_starts_every_kind_of_bot() -> None:
    table = await measure_servers(rounds=1, counts=(2,), settled=0)
    assert table.row_count == 2


async def test_the_benchmark_of_votes_measures_all_that_it_promises() -> None:
    sizes = Sizes(rounds=1, alone=5, crowd=40, at_once=(1, 16), held=100, steady=20)
    assert (await measure(sizes)).row_count == 8


def test_the_benchmark_of_understanding_measures_all_that_it_promises() -> None:
    assert measure_understanding(rounds=1, many=50).row_count >= 4
