"""What is different between two readings of the content, for the person who changed it."""

from collections.abc import Mapping
from itertools import chain

from bot.film.library import Library
from bot.film.pack import Pack

NAMED = 5
"""Things that are named of each kind; the rest is counted."""


def changes(old: Library, new: Library) -> list[str]:
    """A sentence for each film and kind of thing that differs; none where all is as it was."""
    told = [f"{new.packs[film].film.name}: a new film" for film in new.packs if film not in old.packs]
    told += [f"{old.packs[film].film.name}: gone" for film in old.packs if film not in new.packs]
    both = [(pack, new.packs[film]) for film, pack in old.packs.items() if film in new.packs]
    told += chain.from_iterable(_changes_of(before, after) for before, after in both)
    if old.default.film.id != new.default.film.id:
        told.append(f"{new.default.film.name} is now the film that is meant where a command names none")
    return told


def _changes_of(old: Pack, new: Pack) -> list[str]:
    before, after = _parts(old), _parts(new)
    told = []
    for kind in before:
        was, now = before[kind], after[kind]
        differing = {
            "changed": [name for name in now if name in was and now[name] != was[name]],
            "new": [name for name in now if name not in was],
            "gone": [name for name in was if name not in now],
        }
        if said := [f"{what}: {_named(names)}" for what, names in differing.items() if names]:
            told.append(f"{new.film.name}, {kind}, {'; '.join(said)}")
    return told


def _parts(pack: Pack) -> dict[str, Mapping[str, object]]:
    """Everything in a pack, by the name of its kind and its own."""
    return {
        "film": {"film.yaml": pack.film},
        "sources": pack.sources,
        "quotes": pack.quotes,
        "topics": pack.topics,
        "subjects": pack.subjects,
        "differences": {difference.id: difference for difference in pack.differences},
        "timeline": {f"step {step.step}": step for step in pack.timeline},
        "questions": {question.id: question for question in pack.discussion},
        "poll": {"poll.yaml": pack.poll} if pack.poll else {},
        "phrases": pack.phrases,
        "remembered": pack.remembered,
        "claims": pack.claims,
        "unanswerable": {"unanswerable.yaml": pack.unanswerable} if pack.unanswerable else {},
    }


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
