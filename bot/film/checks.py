"""What must hold across the files of a pack: an id exists, a quote is its source's, a name leads to one thing.

It works on the files as they are written, so that a mistake in one of them does not hide the mistakes in others.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from bot.film.names import normalise
from bot.film.yamlfile import Place, Problem, YamlFile

Files = Mapping[str, YamlFile]

TOPIC_FIELDS = ("topic", "topics", "related", "featured")
SOURCE_FIELDS = ("source", "sources", "raised_by")
QUOTE_FIELDS = ("quote", "quotes")


def check_files(files: Files) -> Iterator[Problem]:
    """Every problem between the files of a pack; `files` are the parsed files by their names in the folder."""
    yield from _check_references(files)
    yield from _check_unique_ids(files)
    yield from _check_names(files)
    yield from _check_phrases(files)
    yield from _check_reading_quotes(files)
    for index, step in enumerate(_entries(files, "timeline.yaml", "steps")):
        if step.get("step") != index + 1:
            yield files["timeline.yaml"].problem(("steps", index, "step"), f"step {index + 1} should stand here")


def _check_references(files: Files) -> Iterator[Problem]:
    topics = {name for _, data in _topics(files) for _, name in _ids(data, "id")}
    differences = {
        name for entry in _entries(files, "differences.yaml", "differences") for _, name in _ids(entry, "id")
    }
    topics |= {_stem(name) for name in files if name.startswith("topics/")}
    sources = {name for entry in _entries(files, "sources.yaml", "sources") for _, name in _ids(entry, "id")}
    quotes = {
        name: quote.get("source")
        for field in ("film_lines", "critics")
        for quote in _entries(files, "quotes.yaml", field)
        for _, name in _ids(quote, "id")
    }
    for file in files.values():
        for place, mapping in _mappings(file.data, ()):
            own_sources = [name for field in SOURCE_FIELDS for _, name in _ids(mapping, field)]
            for field in TOPIC_FIELDS:
                yield from _unknown_or_doubled(file, place, mapping, field, topics.__contains__, "topic")
            yield from _unknown_or_doubled(file, place, mapping, "difference", differences.__contains__, "difference")
            for field in SOURCE_FIELDS:
                yield from _unknown_or_doubled(
                    file, place, mapping, field, _known(files, "sources.yaml", sources), "source"
                )
            for field in QUOTE_FIELDS:
                yield from _unknown_or_doubled(
                    file, place, mapping, field, _known(files, "quotes.yaml", quotes), "quote"
                )
                for at, name in _ids(mapping, field):
                    if own_sources and name in quotes and quotes[name] not in own_sources:
                        yield file.problem((*place, *at), f"the quote {name} is from {quotes[name]}")


def _known(files: Files, name: str, ids: Collection[str]) -> Callable[[str], bool]:
    """Whether an id is among those of a file. Of a file that can't be read nothing is known, so nothing is refused."""
    readable = isinstance(files[name].data, dict)
    return lambda wanted: wanted in ids or not readable


def _unknown_or_doubled(
    file: YamlFile, place: Place, mapping: Mapping[str, Any], field: str, known: Callable[[str], bool], kind: str
) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, name in _ids(mapping, field):
        if not known(name):
            yield file.problem((*place, *at), f"there is no {kind} “{name}”")
        elif name in seen:
            yield file.problem((*place, *at), f"the {kind} {name} stands here twice")
        seen.add(name)


def _ids(mapping: Mapping[str, Any], field: str) -> Iterator[tuple[Place, str]]:
    """The ids that a field names, one or a list of them, each with its place in the mapping."""
    value = mapping.get(field)
    if isinstance(value, str):
        yield (field,), value
    elif isinstance(value, list):
        yield from (((field, index), item) for index, item in enumerate(value) if isinstance(item, str))


def _mappings(data: Any, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every mapping in a file's data, with its place."""
    if isinstance(data, dict):
        yield place, data
        for key, value in data.items():
            yield from _mappings(value, (*place, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _mappings(item, (*place, index))


def _check_unique_ids(files: Files) -> Iterator[Problem]:
    for name, file in files.items():
        taken: set[str] = set()
        for place, mapping in _mappings(file.data, ()):
            for at, own in _ids(mapping, "id"):
                if own in taken:
                    yield file.problem((*place, *at), f"the id {own} is taken")
                taken.add(own)
        if name.startswith("topics/") and isinstance(file.data, dict):
            expected = _stem(name)
            if file.data.get("id") != expected:
                yield file.problem(("id",), f"the id is {file.data.get('id')}, but the file is called {expected}.yaml")


def _check_names(files: Files) -> Iterator[Problem]:
    """Ids, titles and aliases of topics and subjects are unique over the whole pack, however they are spelt."""
    owners: dict[str, str] = {}
    named: list[tuple[str, YamlFile, Place, Mapping[str, Any]]] = [
        (f"the topic {data.get('id')}", files[name], (), data) for name, data in _topics(files)
    ]
    named += [
        (f"the subject {entry.get('id')}", files["subjects.yaml"], ("subjects", index), entry)
        for index, entry in enumerate(_entries(files, "subjects.yaml", "subjects"))
    ]
    for owner, file, place, mapping in named:
        for field in ("id", "title"):
            for at, name in _ids(mapping, field):
                if owners.setdefault(normalise(name), owner) != owner:
                    yield file.problem((*place, *at), f"“{name}” already leads to {owners[normalise(name)]}")
    for owner, file, place, mapping in named:
        for at, alias in _ids(mapping, "aliases"):
            key = normalise(alias)
            if not key:
                yield file.problem((*place, *at), f"“{alias}” has no letter or digit")
            elif key in owners:
                yield file.problem((*place, *at), f"“{alias}” already leads to {owners[key]}")
            owners.setdefault(key, owner)


def _check_phrases(files: Files) -> Iterator[Problem]:
    """A phrase means one thing in the whole pack: a topic, or nothing that the sources tell."""
    owners = {
        normalise(name): str(data.get("id"))
        for _, data in _topics(files)
        for field in ("id", "title", "aliases")
        for _, name in _ids(data, field)
    }
    for file_name, file in files.items():
        topic = file.data.get("topic") if isinstance(file.data, dict) else None
        if file_name.startswith("phrases/"):
            expected = file_name.removeprefix("phrases/").removesuffix(".yaml")
            if isinstance(topic, str) and topic != expected:
                yield file.problem(("topic",), f"the topic is {topic}, but the file is called {expected}.yaml")
        elif file_name != "unanswerable.yaml":
            continue
        for place, mapping in _mappings(file.data, ()):
            for at, phrase in (
                each for language in mapping for each in _ids(mapping, language) if place[-1:] == ("phrases",)
            ):
                owner = topic if isinstance(topic, str) else "nothing"
                key = normalise(phrase) or phrase
                if owners.setdefault(key, owner) != owner:
                    yield file.problem((*place, *at), f"“{phrase}” already leads to {owners[key]}")


def _check_reading_quotes(files: Files) -> Iterator[Problem]:
    """A quote that a topic's reading rests on has that topic among its own, or searching the topic would miss it."""
    quotes = [quote for field in ("film_lines", "critics") for quote in _entries(files, "quotes.yaml", field)]
    topics_of = {
        name: {topic for _, topic in _ids(quote, "topics")} for quote in quotes for _, name in _ids(quote, "id")
    }
    for file_name, data in _topics(files):
        for _, topic in _ids(data, "id"):
            for index, reading in enumerate(_entries(files, file_name, "readings")):
                for at, quote in _ids(reading, "quotes"):
                    if topic not in topics_of.get(quote, {topic}):
                        message = f"the quote {quote} is not on this topic: add {topic} to its topics in quotes.yaml"
                        yield files[file_name].problem(("readings", index, *at), message)


def _stem(topic_file: str) -> str:
    return topic_file.removeprefix("topics/").removesuffix(".yaml")


def _topics(files: Files) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, file in files.items():
        if name.startswith("topics/") and isinstance(file.data, dict):
            yield name, file.data


def _entries(files: Files, name: str, field: str) -> Iterator[Mapping[str, Any]]:
    """The entries of a list in a file; nothing where the file or the list is not there."""
    data = files[name].data if name in files else None
    entries = data.get(field) if isinstance(data, dict) else None
    yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()
