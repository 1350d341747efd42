"""All films that the bot knows: one pack for each folder in the content folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.film.loading import load_pack
from bot.film.pack import ContentError, Pack
from bot.film.yamlfile import Problem

PACKAGED = Path(__file__).parent.parent / "content"
"""Where a wheel carries the packs."""
CHECKOUT = Path(__file__).parent.parent.parent / "content"
"""Where a checkout has them."""

ELSEWHERE = "Set CONTENT_DIR to the folder of your films, or leave it out to use those that come with the program"
NO_FILM = "no film here: no folder has a film.yaml. Check CONTENT_DIR, or start a film with `ending-bot content new`"


def default_content() -> Path:
    """The content folder that came with the program."""
    return PACKAGED if PACKAGED.is_dir() else CHECKOUT


@dataclass(frozen=True)
class Library:
    """Packs by film id. The first one is meant where a member names no film."""

    packs: Mapping[str, Pack]

    @property
    def default(self) -> Pack:
        return next(iter(self.packs.values()))

    def get(self, film: str | None) -> Pack | None:
        """The pack of a film id; the default one for None; None for a film that is not here."""
        return self.default if film is None else self.packs.get(film)

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.packs.values())

    def __len__(self) -> int:
        return len(self.packs)


def pack_folders(content: Path) -> list[Path]:
    """The folders of a content folder that hold a film, by name."""
    return sorted(path.parent for path in content.glob("*/film.yaml"))


def load_library(content: Path, first: str = "her") -> Library:
    """Load every pack below a content folder; the film `first` becomes the default one if it is there.

    Raises:
        ContentError: with the problems of all packs, or if there is no pack at all, or no folder.
    """
    if not content.is_dir():
        raise ContentError([Problem(str(content), 0, "(folder)", f"there is no such folder. {ELSEWHERE}")])
    problems: list[Problem] = []
    packs: dict[str, Pack] = {}
    for folder in sorted(pack_folders(content), key=lambda folder: folder.name != first):
        try:
            pack = load_pack(folder)
        except ContentError as error:
            problems += error.problems
            continue
        if pack.film.id != folder.name:
            problems.append(Problem(f"{folder.name}/film.yaml", 1, "id", f"the folder is called {folder.name}"))
        packs[pack.film.id] = pack
    if problems or not packs:
        raise ContentError(problems or [Problem(str(content), 0, "(folder)", NO_FILM)])
    return Library(packs)
