"""`ending-bot content`: checking, proving and starting film packs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.failures import Failure
from bot.cli.packs import checked_library, film_of
from bot.cli.understanding import evaluate, fit
from bot.film.library import Library, default_content
from bot.film.pack import ContentError, Pack
from bot.film.scaffold import PackExists, new_pack
from bot.film.schema import write_schemas
from bot.film.verify import Proof, verify_pack
from bot.settings import read_settings

app = typer.Typer(help="Check, prove and start film packs.", no_args_is_help=True)
ELSEWHERE = "Set CONTENT_DIR to a folder of your own that can be written."
console = Console(highlight=False, soft_wrap=True)


app.command()(fit)
app.command()(evaluate)


def _library() -> Library:
    return checked_library(read_settings())


def _folder() -> Path:
    return read_settings().content_dir or default_content()


@contextmanager
def _told_if_unwritable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failure(f"{error.filename or _folder()} can't be written: {error.strerror}. {ELSEWHERE}") from error


@app.command()
def check() -> None:
    """Check every pack; all problems are listed with file, line and field, and the exit code is 2."""
    for pack in _library():
        readings = sum(len(topic.readings) for topic in pack.topics.values())
        console.print(
            f"{pack.film.name}: {len(pack.topics)} topics, {readings} readings, {len(pack.quotes)} quotes "
            f"({len(pack.film_lines)} film lines), {len(pack.differences)} differences, {len(pack.timeline)} timeline "
            f"steps, {len(pack.discussion)} questions, {len(pack.sources)} sources. All in order.",
            markup=False,
        )


@app.command()
def verify(
    sources: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="A folder with the sources' texts (*.txt).")
    ],
    film: Annotated[str | None, typer.Option(help="The film's id; without it all films.")] = None,
) -> None:
    """Prove that every quote stands in its source, word for word."""
    library = _library()
    packs = list(library) if film is None else [film_of(library, film)]
    for pack, proofs in _proved(packs, sources):
        table = Table("Source", "Quotes found", "Quoted share", "At most", title=pack.film.name)
        for proof in proofs:
            table.add_row(proof.label, str(proof.quotes), f"{proof.quoted_share:.1%}", f"{proof.limit:.0%}")
        console.print(table, soft_wrap=False)
    count = sum(len(pack.quotes) for pack in packs)
    console.print(f"All {count} quotes stand in their sources, word for word.")


def _proved(packs: Sequence[Pack], sources: Path) -> list[tuple[Pack, list[Proof]]]:
    proved, problems = [], []
    for pack in packs:
        try:
            proved.append((pack, verify_pack(pack, sources)))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(problems)
    return proved


@app.command()
def schema() -> None:
    """Write the JSON Schemas that the YAML files point to, after a change of the models."""
    with _told_if_unwritable():
        written = write_schemas(_folder() / "schema")
    for path in written:
        console.print(str(path), markup=False)


@app.command()
def new(
    slug: Annotated[str, typer.Argument(help="The new film's id, such as `ex-machina`.")],
    title: Annotated[str, typer.Option(prompt="The film's title")],
    year: Annotated[int, typer.Option(prompt="The year it came out")],
) -> None:
    """Start the pack of another film: a folder with small files to go on from."""
    try:
        with _told_if_unwritable():
            folder = new_pack(_folder(), slug, title, year)
    except PackExists as error:
        raise Failure(str(error)) from error
    console.print(f"{folder} is ready. Fill it, and run `ending-bot content check` as often as you like.", markup=False)
