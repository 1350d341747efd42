"""`ending-bot content fit` and `content evaluate`: learning from a film's phrases, and measuring what was learned."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.failures import Failure
from bot.cli.packs import checked_library, film_of
from bot.settings import read_settings

if TYPE_CHECKING:
    from bot.answers.evaluation import Question, Score, Verdict

WORST = 8
"""Confusions that are listed."""
FilmOption = Annotated[str | None, typer.Option(help="The film's id; without it the default film.")]


@contextmanager
def _told_if_not_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise Failure(f"{error.name} is not installed. Install it with: pip install 'ending-bot[fit]'") from error


def fit(film: FilmOption = None) -> None:
    """Learn from the phrases of a film, and write what was learned beside them. It takes some minutes."""
    with _told_if_not_installed():
        from bot.answers.encoder import UniversalSentenceEncoder
        from bot.answers.fitting import FittingError
        from bot.answers.fitting import fit as learn
        from bot.answers.weights import write_weights
    pack = film_of(checked_library(read_settings()), film)
    console = Console(highlight=False, soft_wrap=True)
    with console.status(pack.film.name) as status:
        try:
            write_weights(pack.weights, learn(pack, UniversalSentenceEncoder(), status.update))
        except FittingError as error:
            raise Failure(f"{pack.film.name}: {error}") from error
        except OSError as error:
            raise Failure(f"{pack.weights} can't be written: {error.strerror}.") from error
    console.print(f"{pack.weights} is written.", markup=False)


def evaluate(
    questions: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="A folder with answerable.yaml and unanswerable.yaml.")
    ] = Path("tests/questions"),
    film: FilmOption = None,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Also judge every phrase by judges that have not seen it.")
    ] = False,
) -> None:
    """Measure how well questions are understood, by kind and language, beside simpler ways of finding."""
    with _told_if_not_installed():
        from bot.answers import evaluation
        from bot.answers.encoder import UniversalSentenceEncoder
        from bot.answers.meaning import Meaning
        from bot.answers.weights import WeightsError, read_weights
    console = Console(highlight=False, soft_wrap=True)
    pack = film_of(checked_library(read_settings()), film)
    asked = evaluation.read_questions(questions)
    encoder = UniversalSentenceEncoder()
    try:
        weights = read_weights(pack)
    except WeightsError as error:
        raise Failure(str(error)) from error
    ways = evaluation.finders(pack, Meaning(encoder, weights))
    verdicts = {name: [find(each.ask) for each in asked] for name, find in ways.items()}
    scores = {name: evaluation.score(asked, found) for name, found in verdicts.items()}
    if cross_check:
        from bot.answers import fitting

        lesson = fitting.topic_lesson(pack, encoder)
        with console.status("Cross-check") as status:
            checked = fitting.cross_check(lesson, lambda number: status.update(f"Cross-check {number}"))
        held_out = evaluation.score_of_cross_check(lesson, checked, weights.topics.refused_below)
        scores["the bot, on phrases held out"] = held_out
    title = f"{pack.film.name}: {len(asked)} questions"
    console.print(_table(title, scores), soft_wrap=False)
    mine = verdicts["the bot"]
    console.print(_table("By kind", _by(asked, mine, [each.kind for each in asked])), soft_wrap=False)
    console.print(_table("By language", _by(asked, mine, [each.language for each in asked])), soft_wrap=False)
    for meant, taken, count in evaluation.confusions(asked, mine)[:WORST]:
        console.print(f"{meant} was taken for {taken}: {count}", markup=False)


def _by(asked: "Sequence[Question]", verdicts: "Sequence[Verdict]", groups: Sequence[str]) -> "dict[str, Score]":
    from bot.answers.evaluation import score

    scores = {}
    for group in dict.fromkeys(groups):
        pairs = [(asked[at], verdicts[at]) for at, each in enumerate(groups) if each == group]
        scores[group] = score([question for question, _ in pairs], [verdict for _, verdict in pairs])
    return scores


def _table(title: str, scores: "Mapping[str, Score]") -> Table:
    table = Table("", "First", "First three", "Wrongly refused", "Rightly refused", title=title)
    for name, score in scores.items():
        shares = (score.first, score.among_the_first, score.wrongly_refused, score.refused)
        table.add_row(name, *("–" if share is None else f"{share:.1%}" for share in shares))
    return table
