"""A new film's pack: small valid files that say what belongs where."""

import re
import shutil
from pathlib import Path

from bot.film.loading import load_pack
from bot.film.models import FILM_ID_LIMIT, text_hash
from bot.film.pack import ContentError

EXAMPLE_QUOTE = "put the source's exact words here"


class PackExists(Exception):
    """The folder is taken, or the id can't be one; the text says what to do."""


def new_pack(content: Path, slug: str, title: str, year: int) -> Path:
    """Write the smallest pack that passes the check, and return its folder.

    Raises:
        PackExists: there is such a folder already, or the id has other characters than a-z, 0-9 and hyphens.
        ContentError: the title or the year can't be a film's; nothing is left behind.
        OSError: the folder can't be written; nothing is left behind.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > FILM_ID_LIMIT:
        raise PackExists(
            f"“{slug}” can't be an id: use a-z, 0-9 and single hyphens, at most {FILM_ID_LIMIT} characters."
        )
    folder = content / slug
    if folder.exists():
        raise PackExists(f"{folder} is there already. Choose another id, or go on with that one.")
    try:
        (folder / "topics").mkdir(parents=True)
        for name, text in _files(slug, title, year).items():
            (folder / name).write_text(text, encoding="utf-8")
        load_pack(folder)
    except (ContentError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _files(slug: str, title: str, year: int) -> dict[str, str]:
    quoted_title = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {
        "film.yaml": f"""\
# yaml-language-server: $schema=../schema/film.json
id: {slug}
title: {quoted_title}
year: {year}
director: Unknown   # shown with the sources
channel: {slug}
featured: [what-happens]
""",
        "sources.yaml": """\
# yaml-language-server: $schema=../schema/sources.json
sources:
  - id: first-source
    label: First Source
    title: The title of the text
    author: null
    publisher: Who published it
    date: null
    url: null
    site: first-source
    # The SHA-256 of the text's file, for `content verify`.
    sha256: "0000000000000000000000000000000000000000000000000000000000000000"
    known: What is known of this source.
    unknown: What is not known of it.
""",
        "quotes.yaml": f"""\
# yaml-language-server: $schema=../schema/quotes.json
critics:
  - id: first-quote
    source: first-source
    text: {EXAMPLE_QUOTE}
    sha256: {text_hash(EXAMPLE_QUOTE)}   # after a change `content check` says the new one
    topics: [what-happens]
""",
        "topics/what-happens.yaml": """\
# yaml-language-server: $schema=../../schema/topic.json
id: what-happens
title: What happens at the end
label: What happens
summary: One plain sentence that answers, and names who says it.
aliases: [how does it end]
readings:
  - source: first-source
    text: One to three sentences in your own words, with what the source rests them on.
    quotes: [first-quote]
""",
    }
