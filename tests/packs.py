"""A second, tiny film whose pack the tests write to disk, after they have changed what they are about."""

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Files = dict[str, Any]
"""File names in a pack's folder, and what the files hold."""
Place = tuple[str | int, ...]
"""The way to a field: keys and list indices from the top of a file."""

FILM_LINE = "Come home, little fox."
CRITIC_LINE = "the fox never leaves the garden"
SOURCE_TEXT = f"""The last shot is quiet. “{FILM_LINE}” she says, and the screen goes dark.
I take it that {CRITIC_LINE}, whatever the title promises: the garden is the whole world of it.
Others will see hope in that, and I would not argue with them for long, since the film is so short.
"""


def sha256(text: str) -> str:
    """The SHA-256 of a text, worked out apart from the program."""
    return hashlib.sha256(text.encode()).hexdigest()


TINY: Mapping[str, Any] = {
    "film.yaml": {
        "id": "tiny",
        "title": "Tiny",
        "year": 2001,
        "director": "Nobody Known",
        "channel": "tiny-2001",
        "featured": ["the-end"],
    },
    "sources.yaml": {
        "sources": [
            {
                "id": "fox-paper",
                "label": "The Fox Paper",
                "title": "Tiny, explained",
                "author": None,
                "publisher": "The Fox Paper",
                "date": None,
                "url": None,
                "site": "fox-paper",
                "sha256": sha256(SOURCE_TEXT),
                "known": "It was made up for a test.",
                "unknown": "Everything else.",
            }
        ]
    },
    "quotes.yaml": {
        "film_lines": [
            {
                "id": "fl-home",
                "source": "fox-paper",
                "passages": [FILM_LINE],
                "sha256": sha256(FILM_LINE),
                "speaker": "The mother",
                "scene": "The last shot",
                "status": "confirmed",
                "topics": ["the-end"],
            }
        ],
        "critics": [
            {
                "id": "garden",
                "source": "fox-paper",
                "text": CRITIC_LINE,
                "sha256": sha256(CRITIC_LINE),
                "topics": ["the-garden"],
            }
        ],
    },
    "topics/the-end.yaml": {
        "id": "the-end",
        "title": "How Tiny ends",
        "label": "The end",
        "summary": "The mother calls the fox home, says The Fox Paper.",
        "aliases": ["last shot", "final words"],
        "readings": [
            {
                "source": "fox-paper",
                "text": "The call is the last thing heard, and the paper takes the darkness after it for sleep.",
                "quotes": ["fl-home"],
            }
        ],
        "related": ["the-garden"],
    },
    "topics/the-garden.yaml": {
        "id": "the-garden",
        "title": "What the garden means",
        "label": "The garden",
        "summary": "The garden is all there is of the world, says The Fox Paper.",
        "aliases": ["hedge", "outside world"],
        "readings": [
            {
                "source": "fox-paper",
                "text": "The fox stays in the garden, which the paper takes to be the whole world of the film.",
                "quotes": ["garden"],
            }
        ],
    },
    "subjects.yaml": {
        "subjects": [
            {
                "id": "fox",
                "title": "The fox",
                "aliases": ["little fox", "cub"],
                "intro": "The fox that the film is about.",
                "topics": ["the-garden", "the-end"],
            }
        ]
    },
    "differences.yaml": {
        "differences": [
            {
                "id": "asleep-or-dead",
                "title": "Asleep or dead?",
                "rank": 1,
                "topics": ["the-end"],
                "sides": [
                    {"position": "Asleep", "label": "Asleep", "sources": ["fox-paper"], "quotes": ["fl-home"]},
                    {"position": "Dead", "label": "Dead", "sources": ["fox-paper"], "quotes": ["garden"]},
                ],
                "film_check": "The film does not settle it.",
            }
        ]
    },
    "timeline.yaml": {
        "steps": [
            {"step": 1, "what": "The fox hides", "sources": ["fox-paper"], "quotes": ["garden"]},
            {"step": 2, "what": "The mother calls", "sources": ["fox-paper"], "quotes": ["fl-home"]},
        ]
    },
    "discussion.yaml": {
        "questions": [
            {
                "id": "d1",
                "question": "Is the fox asleep?",
                "raised_by": ["fox-paper"],
                "asked_by_source": False,
                "topics": ["the-end"],
                "quotes": ["fl-home"],
            }
        ]
    },
    "poll.yaml": {
        "question": "How did the ending of Tiny (2001) leave you?",
        "options": [{"id": "warm", "label": "Warm"}, {"id": "cold", "label": "Cold"}],
    },
}
OPTIONAL = ("subjects.yaml", "differences.yaml", "timeline.yaml", "discussion.yaml", "poll.yaml")


def tiny_files() -> Files:
    """The files of the tiny pack, for a test to change."""
    return copy.deepcopy(dict(TINY))


def put(files: Files, file: str, place: Place, value: Any) -> None:
    """Set one field of one file."""
    *way, last = place
    data = files[file]
    for part in way:
        data = data[part]
    data[last] = value


def drop(files: Files, file: str, place: Place) -> None:
    """Leave out one field of one file."""
    *way, last = place
    data = files[file]
    for part in way:
        data = data[part]
    del data[last]


def write_pack(content: Path, files: Files | None = None, name: str = "tiny") -> Path:
    """Write a pack below a content folder and return its own folder. A text stands for a file as it is."""
    folder = content / name
    for file, data in (tiny_files() if files is None else files).items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)
        path.write_text(text, encoding="utf-8")
    return folder


def line_of(path: Path, text: str) -> int:
    """The number of the one line of a file that holds a text."""
    found = [number for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    assert len(found) == 1, f"“{text}” stands in the lines {found} of {path.name}"
    return found[0]
