"""Benchmark: what a question and a keystroke cost, and how much memory understanding takes.

Run it with `python -m tests.bench.understanding`. Questions are those of tests/questions; they are answered by names
and words alone and by their meaning in turn, and the ratio is printed. Keystrokes are those of the same questions, in a
film with 1,000 topics. Memory is that of a process of its own which has loaded the film, without and with it.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.answers.completion import Completion
from bot.answers.evaluation import read_questions
from bot.answers.resolver import Resolver
from bot.answers.understanding import load_meanings
from bot.film.library import default_content, load_library
from bot.film.pack import Pack

QUESTIONS = Path(__file__).parent.parent / "questions"
MANY_TOPICS = 1_000
OFFERED = 25
MEMORY = """
import sys
from bot.answers.resolver import Resolver
from bot.answers.understanding import load_meanings
from bot.cli.run import run
from bot.film.library import default_content, load_library

library = load_library(default_content())
resolver = Resolver(library.default)
if sys.argv[1] == "on":
    resolver.understand(load_meanings(library)[library.default.film.id])
    resolver.resolve("why did she leave")
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1_024)
"""


def measure(rounds: int, many: int = MANY_TOPICS) -> Table:
    """Everything, `rounds` times over all questions."""
    pack = load_library(default_content()).default
    asked = [question.ask for question in read_questions(QUESTIONS)]
    by_words: list[float] = []
    by_meaning: list[float] = []
    for _ in range(rounds):
        # Made anew, so that nothing is remembered from the round before.
        plain, understanding = Resolver(pack), Resolver(pack)
        understanding.understand(load_meanings([pack])[pack.film.id])
        by_words += _milliseconds(plain.resolve, asked)
        by_meaning += _milliseconds(understanding.resolve, asked)
    completion = Completion(_with_topics(pack, many))
    typed = [ask[:length] for ask in asked for length in range(1, min(len(ask), 40) + 1)]
    keystrokes = _milliseconds(lambda text: completion.complete(text, OFFERED), typed)
    table = Table("", "median ms", "p99 ms")
    table.add_row("a question, by names and words", *_figures(by_words))
    table.add_row("the same, by its meaning", *_figures(by_meaning))
    ratio = statistics.median(by_meaning) / statistics.median(by_words)
    table.add_row("ratio of the medians", f"{ratio:.1f}", "")
    table.add_row(f"a keystroke, {many:,} topics", *_figures(keystrokes))
    if Path("/proc/self/status").exists():
        for name, switch in (("without", "off"), ("with", "on")):
            table.add_row(f"memory {name} understanding, MiB", f"{_memory(switch):.0f}", "")
    return table


def _milliseconds(do: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    times = []
    for text in texts:
        start = time.perf_counter()
        do(text)
        times.append((time.perf_counter() - start) * 1_000)
    return times


def _figures(times: Sequence[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.2f}", f"{statistics.quantiles(times, n=100)[98]:.2f}"


def _with_topics(pack: Pack, count: int) -> Pack:
    """A film with more topics: those of a pack again and again, each time with other words in their names."""
    topics = {}
    originals = list(pack.topics.values())
    for number in range(count):
        original = originals[number % len(originals)]
        mark = f"number{number // len(originals)}"
        topics[f"{original.id}-{number}"] = original.model_copy(
            update={
                "id": f"{original.id}-{number}",
                "title": f"{original.title} {mark}",
                "aliases": tuple(f"{alias} {mark}" for alias in original.aliases),
            }
        )
    return replace(pack, topics={**pack.topics, **topics})


def _memory(switch: str) -> float:
    ran = subprocess.run([sys.executable, "-c", MEMORY, switch], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that all questions are asked")
    Console().print(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
