"""Every version that is installed is locked: in constraints.txt, and with hashes in the locks of the container."""

import os
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PROGRAM: list[str] = PROJECT["project"]["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
BUILD: list[str] = PROJECT["build-system"]["requires"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def pins(name: str = "constraints.txt") -> list[Requirement]:
    """The versions in a file, for every platform."""
    lines = re.sub(r"\\\n", " ", read(name)).splitlines()
    return [Requirement(HASH.sub("", line)) for line in lines if not line.startswith("#")]


def pinned_here(name: str = "constraints.txt") -> dict[NormalizedName, str]:
    """The one version that a file allows of each package on this platform."""
    here = [pin for pin in pins(name) if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def _applies(marker: Marker | None, extras: Iterable[str]) -> bool:
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def needed_here(*groups: Iterable[str]) -> set[NormalizedName]:
    """Every package that groups of requirements need on this platform, with their own needs."""
    seen = set[tuple[NormalizedName, frozenset[str]]]()
    waiting = [need for group in groups for need in map(Requirement, group) if _applies(need.marker, ())]
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        # The program's own extras are named in the groups.
        if key in seen or key[0] == canonicalize_name(PROJECT["project"]["name"]):
            continue
        seen.add(key)
        needs = map(Requirement, distribution(requirement.name).requires or ())
        waiting += [need for need in needs if _applies(need.marker, requirement.extras)]
    return {name for name, _ in seen}


def image_extras() -> list[str]:
    """The extras that scripts/lock locks for the container."""
    found = re.search(r"^image_extras='([a-z ]*)'$", read("scripts/lock"), re.MULTILINE)
    assert found
    return found[1].split()


class TestConstraints:
    def test_each_package_has_one_exact_version(self) -> None:
        inexact = [str(pin) for pin in pins() if not re.fullmatch(r"==[\w.]+", str(pin.specifier)) or pin.url]
        twice = [name for name, count in Counter(canonicalize_name(pin.name) for pin in pins()).items() if count > 1]
        assert (inexact, twice) == ([], [])

    def test_all_that_is_needed_is_locked_and_installed_so(self) -> None:
        locked = pinned_here()
        needed = needed_here(PROGRAM, *EXTRAS.values(), BUILD)
        assert sorted(needed - locked.keys()) == [], "scripts/lock renews constraints.txt"
        differing = {
            name: (distribution(name).version, locked[name])
            for name in needed
            if Version(distribution(name).version) != Version(locked[name])
        }
        assert differing == {}, "installed, locked: scripts/install dev brings the locked ones"

    def test_other_platforms_are_locked_too(self) -> None:
        markers = {canonicalize_name(pin.name): str(pin.marker) for pin in pins()}
        assert "sys_platform == 'win32'" in markers[canonicalize_name("colorama")].replace('"', "'")
        assert "python_full_version >= '3.13'" in markers[canonicalize_name("audioop-lts")].replace('"', "'")

    def test_the_tests_build_with_the_backend_of_a_release(self) -> None:
        (backend,) = BUILD
        assert backend in EXTRAS["dev"]
        assert pinned_here()[canonicalize_name("hatchling")] == backend.removeprefix("hatchling==")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
class TestHashes:
    def test_every_file_of_every_package_is_known_by_its_hash(self, name: str) -> None:
        blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", read(name), flags=re.MULTILINE).strip())
        assert len(blocks) == len(pins(name)) > 0
        # A package has a file of its source, one for all platforms, or one for each.
        assert [block.split()[0] for block in blocks if not HASH.search(block)] == []
        assert [line for line in read(name).splitlines() if line.startswith("-") or "://" in line] == []

    def test_the_versions_are_those_of_the_constraints(self, name: str) -> None:
        everywhere = {canonicalize_name(pin.name): str(pin.specifier) for pin in pins()}
        differing = [
            str(pin) for pin in pins(name) if everywhere.get(canonicalize_name(pin.name)) != str(pin.specifier)
        ]
        assert differing == [], "scripts/lock --keep writes the locks anew"


class TestLocks:
    def test_the_container_gets_what_the_program_needs_and_nothing_more(self) -> None:
        needed = needed_here(PROGRAM, *(EXTRAS[extra] for extra in image_extras()))
        assert set(pinned_here("requirements.lock")) == needed, "scripts/lock --keep writes the lock anew"

    def test_the_wheel_is_built_with_what_the_build_needs_and_nothing_more(self) -> None:
        assert set(pinned_here("requirements-build.lock")) == needed_here(BUILD)


class TestScript:
    """scripts/lock with something in place of `uv`, which notes how it is called and keeps what it is given."""

    UV = """#!/bin/sh
echo "$*" >>"$CALLS"
while [ $# -gt 0 ]; do
    case $1 in --output-file) output=$2 ;; esac
    shift
done
[ -s "$output" ] || echo "brand-new==1.0" >"$output"
"""

    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        (tmp_path / "scripts").mkdir()
        shutil.copy(REPOSITORY / "scripts" / "lock", tmp_path / "scripts" / "lock")
        shutil.copy(REPOSITORY / "pyproject.toml", tmp_path / "pyproject.toml")
        (tmp_path / "constraints.txt").write_text("# about\nold==0.9\n", encoding="utf-8")
        (tmp_path / "bin").mkdir()
        uv = tmp_path / "bin" / "uv"
        uv.write_text(self.UV, encoding="utf-8")
        uv.chmod(0o755)
        return tmp_path

    def lock(self, checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "CALLS": str(checkout / "calls")}
        command = [str(checkout / "scripts" / "lock"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def test_it_takes_the_newest_of_everything(self, checkout: Path) -> None:
        assert self.lock(checkout).returncode == 0
        for name in ("constraints.txt", "requirements.lock", "requirements-build.lock"):
            text = (checkout / name).read_text(encoding="utf-8")
            assert text.endswith("don't edit this file.\nbrand-new==1.0\n")
        calls = (checkout / "calls").read_text(encoding="utf-8").splitlines()
        assert ["--generate-hashes" in call for call in calls] == [False, True, True]
        assert all(f"--extra {extra}" in calls[1] for extra in image_extras())

    def test_with_keep_what_is_locked_stays(self, checkout: Path) -> None:
        assert self.lock(checkout, "--keep").returncode == 0
        text = (checkout / "constraints.txt").read_text(encoding="utf-8")
        assert "old==0.9" in text
        assert "brand-new" not in text

    def test_what_it_does_not_know_changes_nothing(self, checkout: Path) -> None:
        done = self.lock(checkout, "--upgrade")
        assert (done.returncode, done.stderr) == (1, "scripts/lock takes --keep or nothing.\n")
        assert not (checkout / "calls").exists()
