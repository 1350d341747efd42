"""Check that every package the container runs has a licence that it may be handed on under: scripts/licences.py.

Looks at what is installed of requirements.lock. An unknown licence ends it with code 1, and so does a missing package.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parent.parent / "requirements.lock"

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
"""Licences by their SPDX names under which a program of the MIT licence may hand a package on, unchanged."""
SPELLINGS = {
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
"""How packages from before SPDX names call theirs, in lower case."""
_CLASSIFIER = "License :: OSI Approved :: "


def locked(lock: Path) -> Iterator[str]:
    """The names of the packages that a lock has for this platform."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"[a-z0-9][^\\]*==[^\\]*", line):
            requirement = Requirement(found[0].strip())
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name


def told(package: Distribution) -> str:
    """What a package says of its licence: as an SPDX expression, by a name, or by its classifiers."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    # Some put the whole text there; its first line is its name.
    first, *_ = (metadata.get("License") or "").strip().splitlines() or [""]
    if first.strip():
        return first.strip()
    classifiers = [str(each) for each in metadata.get_all("Classifier") or () if str(each).startswith(_CLASSIFIER)]
    return " AND ".join(
        SPELLINGS.get(name.lower(), name) for name in (c.removeprefix(_CLASSIFIER) for c in classifiers)
    )


def is_allowed(licence: str) -> bool:
    """Whether a licence is on the list: all of what is joined by AND, one of what is joined by OR."""
    licence = licence.strip()
    if licence in ALLOWED or SPELLINGS.get(licence.lower()) in ALLOWED:
        return True
    if licence.startswith("(") and licence.endswith(")") and ")" not in licence[:-1]:
        return is_allowed(licence[1:-1])
    # AND binds closer than OR; neither parts what is in brackets.
    for word, enough in (("OR", any), ("AND", all)):
        parts = re.split(rf"\s+{word}\s+(?![^(]*\))", licence)
        if len(parts) > 1:
            return enough(map(is_allowed, parts))
    return False


def problem_with(name: str) -> str | None:
    """What is wrong with a package's licence, if anything."""
    try:
        licence = told(distribution(name))
    except PackageNotFoundError:
        return f"{name}: not installed here, so its licence was not looked at. scripts/install dev brings it."
    if not licence:
        return f"{name}: says nothing of its licence."
    return None if is_allowed(licence) else f"{name}: {licence}, which is not on the list in scripts/licences.py."


def main() -> int:
    """Check them all, and say what was found."""
    names = list(locked(LOCK))
    problems = [problem for problem in map(problem_with, names) if problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not names:
        print(f"{LOCK.name} names no package.", file=sys.stderr)
    if problems or not names:
        return 1
    print(f"Licences: all {len(names)} packages that the container runs have one that is allowed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
