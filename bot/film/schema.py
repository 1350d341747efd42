"""JSON Schemas of the pack's files, so that editors complete and check them."""

import json
from pathlib import Path

from bot.film.models import (
    DifferencesFile,
    DiscussionFile,
    EndingPoll,
    Entry,
    Film,
    QuotesFile,
    SourcesFile,
    SubjectsFile,
    TimelineFile,
    Topic,
)
from bot.film.phrases import ClaimsFile, PhrasesFile, RememberedFile, UnanswerableFile

FILES: dict[str, type[Entry]] = {
    "film": Film,
    "sources": SourcesFile,
    "quotes": QuotesFile,
    "topic": Topic,
    "subjects": SubjectsFile,
    "differences": DifferencesFile,
    "timeline": TimelineFile,
    "discussion": DiscussionFile,
    "poll": EndingPoll,
    "phrases": PhrasesFile,
    "unanswerable": UnanswerableFile,
    "remembered": RememberedFile,
    "claims": ClaimsFile,
}
"""Schema names and the models they are made from."""


def schema_text(name: str) -> str:
    """The JSON Schema of one kind of file, as it is written to disk."""
    return json.dumps(FILES[name].model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder and return the files.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in FILES:
        path = folder / f"{name}.json"
        path.write_text(schema_text(name), encoding="utf-8")
        written.append(path)
    return written
