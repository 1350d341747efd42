"""`ending-bot ask`: the answer of /ending in the terminal."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from bot.answers.completion import Completion
from bot.answers.matches import Resolution
from bot.answers.resolver import Resolver
from bot.answers.understanding import load_meanings
from bot.cli.failures import Failure
from bot.cli.packs import checked_library, film_of
from bot.film.models import Difference, Subject, Topic
from bot.film.pack import Pack
from bot.layout import in_quotation_marks
from bot.logs import configure_logs
from bot.settings import read_settings

EXAMPLES = 5
"""Topics that are named where nothing was found."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed: the topics found, and the readings of the best one. `examples` are shown for want of these."""

    pack: Pack
    resolution: Resolution
    examples: Sequence[Topic | Subject]

    @property
    def topic(self) -> Topic | None:
        """The topic that is answered in full."""
        match = self.resolution.answer
        if match is None:
            return None
        return self.pack.topics[match.found.topics[0]] if isinstance(match.found, Subject) else match.found

    def as_json(self) -> dict[str, Any]:
        """The answer for programs."""
        readings = [
            {
                "source": reading.source,
                "text": reading.text,
                "quotes": [self.pack.quotes[name].text for name in reading.quotes],
            }
            for reading in (self.topic.readings if self.topic else ())
        ]
        return {"answered": self.topic is not None, "topics": self._scores(), "readings": readings}

    def _scores(self) -> list[dict[str, str | float]]:
        scores: dict[str, float] = {}
        for match in self.resolution.matches:
            # A subject stands for its topics in their order.
            names = match.found.topics if isinstance(match.found, Subject) else (match.found.id,)
            for name in names:
                scores.setdefault(name, match.score)
        return [{"id": name, "score": round(score, 3)} for name, score in scores.items()]


def ask(
    question: Annotated[str | None, typer.Argument(help="A topic, a name or a question.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for programs.")] = False,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read a question a line, and answer a JSON object a line.")
    ] = False,
    film: Annotated[str | None, typer.Option(help="The film's id; without it the default film.")] = None,
) -> None:
    """Print what /ending answers: the readings, each with its source and quotes, and where the sources differ."""
    if (question is None) is not stdin:
        raise Failure("Ask one question, or give --stdin and a question a line.")
    settings = read_settings()
    configure_logs("warning", settings.log_format)
    pack = film_of(checked_library(settings), film)
    resolver = Resolver(pack)
    examples = Completion(pack).complete("", EXAMPLES)
    if settings.understanding and (meaning := load_meanings([pack]).get(pack.film.id)):
        resolver.understand(meaning)
    for asked in [question] if question is not None else _lines():
        answer = Answer(pack, resolver.resolve(asked), examples)
        if as_json or stdin:
            typer.echo(json.dumps(answer.as_json(), ensure_ascii=False))
        else:
            _print(answer)


def _lines() -> Iterator[str]:
    """The lines of the standard input as they come, whatever bytes they hold."""
    for line in sys.stdin.buffer:
        yield line.decode(errors="replace").rstrip("\r\n")


def _print(answer: Answer) -> None:
    console = Console(highlight=False)
    match, topic = answer.resolution.answer, answer.topic
    if match is None or topic is None:
        _print_no_answer(console, answer)
        return
    if isinstance(match.found, Subject):
        console.print(f"[bold]{escape(match.found.title)}[/bold] · {escape(answer.pack.film.name)}")
        console.print(f"{escape(match.found.intro)}\n")
    _print_topic(console, answer.pack, topic, answer.pack.difference(answer.resolution.claimed or ""))
    if isinstance(match.found, Subject) and len(match.found.topics) > 1:
        console.print(f"\n[bold]More about {escape(match.found.title)}[/bold]")
        for further in (answer.pack.topics[name] for name in match.found.topics[1:]):
            console.print(f"[bold]{escape(further.title)}[/bold]")
            console.print(Padding(escape(further.summary), (0, 0, 0, 4)))
    if answer.resolution.instead:
        console.print(f"\n[bold]Did you mean?[/bold] {_nearest(answer)}")


def _print_no_answer(console: Console, answer: Answer) -> None:
    film = escape(answer.pack.film.name)
    resolution = answer.resolution
    if resolution.instead and not resolution.by_meaning:
        console.print(f"I'm not sure which topic on {film} you mean, or whether the sources speak of it.")
    else:
        console.print(f"The sources on {film} don't say." if resolution.matches else "Nothing was asked.")
    if resolution.instead:
        console.print(f"What comes nearest: {_nearest(answer)}")
    else:
        examples = ", ".join(escape(found.title) for found in answer.examples)
        console.print(f"Ask about a topic, a name or in a sentence of your own, such as: {examples}")


def _nearest(answer: Answer) -> str:
    return ", ".join(escape(match.found.title) for match in answer.resolution.instead)


def _print_topic(console: Console, pack: Pack, topic: Topic, first: Difference | None) -> None:
    console.print(f"[bold]{escape(topic.title)}[/bold] · {escape(pack.film.name)}")
    if first:
        _print_difference(console, pack, first, "The sources differ on what you take as given")
    console.print(escape(topic.summary))
    for reading in topic.readings:
        console.print(f"\n[bold]{escape(pack.sources[reading.source].label)}[/bold]")
        console.print(escape(reading.text))
        for name in reading.quotes:
            console.print(
                Padding(f"[italic]{escape(in_quotation_marks(pack.quotes[name].text))}[/italic]", (0, 0, 0, 4))
            )
    for difference in pack.differences_on(topic.id):
        if difference is not first:
            _print_difference(console, pack, difference, "Where they differ")
    if topic.note:
        console.print(f"\n[bold]Good to know:[/bold] {escape(topic.note)}")


def _print_difference(console: Console, pack: Pack, difference: Difference, heading: str) -> None:
    console.print(f"\n[bold]{heading}: {escape(difference.title)}[/bold]")
    for side in difference.sides:
        console.print(f"  {escape(side.position)} — {escape(pack.labels(side.sources))}")
    console.print(f"  {escape(difference.film_check)}")
