"""YAML that remembers where everything stands, so that an error can name file, line and field."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

QUICK: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader in C, ten times as quick, which PyYAML has on all usual systems."""
Place = tuple[str | int, ...]
"""The way to a field: keys and list indices from the top of the file."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in a pack that is refused, with its place. Line 0 is for a folder, which has no lines."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


def field_name(place: Place) -> str:
    """A place as people read it: `readings[0].source`."""
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "(file)"


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One parsed file: its data and the line of every field in it."""

    name: str
    data: Any
    lines: dict[Place, int]

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at a field, or at the nearest field around it that the file has."""
        known = place
        while known not in self.lines and known:
            known = known[:-1]
        return Problem(self.name, self.lines.get(known, 1), field_name(place), message)


def read_yaml(path: Path, name: str) -> YamlFile | Problem:
    """Read a YAML file; what can't be read or parsed comes back as a problem with its place."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Problem(name, 1, "(file)", "this file is missing")
    except (OSError, UnicodeDecodeError) as error:
        return Problem(name, 1, "(file)", f"this file can't be read: {error}")
    try:
        return _parse(QUICK(text), name)
    except (yaml.YAMLError, UnicodeError):
        # The plain reader words an error better, and names the line of what is not even text.
        return _read_plainly(text, name)


def _read_plainly(text: str, name: str) -> YamlFile | Problem:
    try:
        return _parse(yaml.SafeLoader(text), name)
    except yaml.reader.ReaderError as error:
        return Problem(name, text.count("\n", 0, error.position) + 1, "(YAML)", f"{error.reason}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Problem(name, mark.line + 1 if mark else 1, "(YAML)", error.problem or str(error))


def _parse(loader: Any, name: str) -> YamlFile | Problem:
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        data = _build(loader, node, (), lines) if node is not None else None
        return YamlFile(name, data, lines)
    except RecursionError:
        return Problem(name, 1, "(YAML)", "something in this file contains itself")
    finally:
        loader.dispose()


def _build(loader: Any, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node))
            if key in mapping:
                raise yaml.constructor.ConstructorError(
                    problem=f"“{key}” stands here twice", problem_mark=key_node.start_mark
                )
            mapping[key] = _build(loader, value_node, (*place, key), lines)
            lines[(*place, key)] = key_node.start_mark.line + 1
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*place, index), lines) for index, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(problem=str(error), problem_mark=node.start_mark) from error
