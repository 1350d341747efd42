"""What is handed out keeps its promises: the wheel, the locked versions, the container, the repository's texts."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
SETTINGS = ("CONTENT_DIR", "DATABASE_URL", "DISCORD_TOKEN", "DISCORD_TOKEN_FILE", "PYTHONPATH")
"""What of the surroundings could change where the program looks."""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; a failure shows everything it said."""
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(command, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: str | Path) -> None:
    """Run pip without the network."""
    quiet = ("--disable-pip-version-check", "--quiet", "--quiet")
    run(sys.executable, "-m", "pip", *quiet, *arguments, "--no-deps", "--no-index", cwd=REPOSITORY)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release would be."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, REPOSITORY)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program installed from its wheel, away from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--target", folder, wheel)
    return folder


class TestWheel:
    def test_it_carries_everything_that_the_program_reads(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            carried = set(archive.namelist())
        packs = {f"bot/{path.relative_to(REPOSITORY)}" for path in (REPOSITORY / "content").rglob("*.yaml")}
        migrations = {str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("bot/store/migrations/**/*.py")}
        assert {"bot/content/her/film.yaml", "bot/locales/de.yaml", "bot/py.typed"} <= carried
        assert migrations
        assert packs | migrations <= carried

    def test_it_carries_nothing_but_the_program(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            tops = {name.split("/")[0] for name in archive.namelist()}
            compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        assert {top for top in tops if not top.endswith(".dist-info")} == {"bot"}
        assert compiled == []

    def test_installed_it_finds_the_packs_it_came_with(self, installed: Path, tmp_path: Path) -> None:
        place = "import bot.film.library as library; print(library.default_content())"
        found = run(sys.executable, "-c", place, cwd=tmp_path, PYTHONPATH=str(installed))
        said = run(sys.executable, "-m", "bot", "content", "check", cwd=tmp_path, PYTHONPATH=str(installed))
        assert Path(found.strip()) == installed / "bot" / "content"
        assert "All in order." in " ".join(said.split())
        assert list(tmp_path.iterdir()) == []


def pins() -> list[Requirement]:
    """The lines of constraints.txt, for every platform."""
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def pinned_here() -> dict[NormalizedName, str]:
    """The one version that constraints.txt allows of each package on this platform."""
    here = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def _applies(marker: Marker | None, extras: Iterable[str]) -> bool:
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def needed_here() -> set[NormalizedName]:
    """Every package that the program, all its extras and its build need on this platform, with their own needs."""
    project, seen = PROJECT["project"], set[tuple[NormalizedName, frozenset[str]]]()
    groups = (project["dependencies"], *project["optional-dependencies"].values(), PROJECT["build-system"]["requires"])
    waiting = [Requirement(text) for group in groups for text in group]
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        # The program's own extras are all here already.
        if key in seen or key[0] == canonicalize_name(project["name"]):
            continue
        seen.add(key)
        needs = map(Requirement, distribution(requirement.name).requires or ())
        waiting += [need for need in needs if _applies(need.marker, requirement.extras)]
    return {name for name, _ in seen}


class TestLockedVersions:
    def test_each_package_has_one_exact_version(self) -> None:
        inexact = [str(pin) for pin in pins() if not re.fullmatch(r"==[\w.]+", str(pin.specifier)) or pin.url]
        twice = [name for name, count in Counter(canonicalize_name(pin.name) for pin in pins()).items() if count > 1]
        assert (inexact, twice) == ([], [])

    def test_all_that_is_needed_is_locked_and_installed_so(self) -> None:
        locked = pinned_here()
        needed = needed_here()
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
        (backend,) = PROJECT["build-system"]["requires"]
        assert backend in PROJECT["project"]["optional-dependencies"]["dev"]
        assert pinned_here()[canonicalize_name("hatchling")] == backend.removeprefix("hatchling==")


# Made from pieces, so that this file passes its own test.
HOSTS = [
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
REGISTRY = re.compile("|".join(rf"\b{re.escape(host)}\b" for host in HOSTS), re.IGNORECASE)
# A word, a dot or an angle bracket before the slash makes it part of a web address, a relative path or an HTML tag.
MACHINE_PATH = re.compile(r"(?<![\w.<>-])/(?:work|root|home|Users)/\w")
DISCORD_TOKEN = re.compile(r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}\b")


def tracked_texts() -> dict[str, str]:
    """Every text file that is in the repository or about to be."""
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    texts = {}
    for name in run(*listing, cwd=REPOSITORY).split("\0"):
        path = REPOSITORY / name
        # A file that was removed is listed until the removal is committed.
        if not path.is_file() or b"\0" in (content := path.read_bytes()):
            continue
        texts[name] = content.decode("utf-8", errors="replace")
    return texts


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no git checkout")
    return tracked_texts()


class TestRepository:
    @pytest.mark.parametrize(
        "pattern",
        [
            pytest.param(REGISTRY, id="registry"),
            pytest.param(MACHINE_PATH, id="path of a machine"),
            pytest.param(DISCORD_TOKEN, id="token"),
        ],
    )
    def test_no_file_names_what_belongs_to_one_machine_or_person(
        self, texts: dict[str, str], pattern: re.Pattern[str]
    ) -> None:
        assert "pyproject.toml" in texts
        found = [
            f"{name}:{number}: {match.group()}"
            for name, text in texts.items()
            for number, line in enumerate(text.splitlines(), 1)
            if (match := pattern.search(line))
        ]
        assert found == []

    @pytest.mark.parametrize(
        ("pattern", "line"),
        [
            (REGISTRY, f"see https://{HOSTS[0]}/project/x"),
            (REGISTRY, f"files.{HOSTS[1]}"),
            (MACHINE_PATH, "in " + "/".join(("", "home", "someone", "x"))),
            (MACHINE_PATH, '"' + "/".join(("", "work", "main")) + '"'),
            (DISCORD_TOKEN, ".".join(("M" + "a" * 25, "b" * 6, "c" * 38))),
        ],
    )
    def test_the_patterns_find_what_they_are_for(self, pattern: re.Pattern[str], line: str) -> None:
        assert pattern.search(line)

    def test_secrets_and_databases_stay_out_of_git(self) -> None:
        ignored = (REPOSITORY / ".gitignore").read_text(encoding="utf-8").split()
        assert {".env", "data/", "secrets/", ".venv/"} <= set(ignored)


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile in order, comments left out and continued lines joined."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def final_stage() -> list[tuple[str, str]]:
    """The instructions that make the image that runs."""
    instructions = dockerfile()
    last = max(index for index, (word, _) in enumerate(instructions) if word == "FROM")
    return instructions[last:]


class TestImage:
    def test_it_runs_the_bot_as_a_fixed_user_that_is_not_root(self) -> None:
        (user,) = [rest for word, rest in final_stage() if word == "USER"]
        assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
        assert ("ENTRYPOINT", '["ending-bot"]') in final_stage()
        assert ("CMD", '["run"]') in final_stage()

    def test_its_database_lies_in_a_volume_that_the_user_owns(self) -> None:
        words = " ".join(rest for _, rest in final_stage())
        assert ("VOLUME", "/data") in final_stage()
        assert "DATABASE_URL=sqlite+aiosqlite:////data/" in words
        assert re.search(r"install --directory --owner=bot --group=bot --mode=0700 /data\b", words)

    def test_it_installs_the_locked_versions(self) -> None:
        assert any(word == "ENV" and "PIP_CONSTRAINT=/src/constraints.txt" in rest for word, rest in dockerfile())

    def test_no_secret_can_get_into_it(self) -> None:
        assert not any("TOKEN" in rest for _, rest in dockerfile())
        rules = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
        rules = [rule for rule in rules if not rule.startswith("#")]
        assert rules[0] == "*", "what is not named stays out"
        named = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
        assert named == {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "bot", "content"}

    def test_all_that_it_copies_reaches_the_builder(self) -> None:
        copied = {
            name
            for word, rest in dockerfile()
            if word == "COPY" and not rest.startswith("--from")
            for name in rest.split()[:-1]
        }
        rules = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
        assert copied == {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
        assert all((REPOSITORY / name).exists() for name in copied)


class TestComposeFile:
    @pytest.fixture
    def compose(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
        return loaded

    def test_the_bot_gets_no_more_rights_than_it_needs(self, compose: dict[str, Any]) -> None:
        service = compose["services"]["bot"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert not {"privileged", "ports", "network_mode", "user", "cap_add"} & service.keys()

    def test_it_can_write_only_its_volume_and_a_passing_folder(self, compose: dict[str, Any]) -> None:
        service = compose["services"]["bot"]
        assert service["volumes"] == ["data:/data"]
        assert "data" in compose["volumes"]
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - inside the container

    def test_the_token_is_a_secret_file_and_stands_nowhere_else(self, compose: dict[str, Any]) -> None:
        service = compose["services"]["bot"]
        assert service["secrets"] == ["discord_token"]
        assert compose["secrets"]["discord_token"] == {"file": "./secrets/discord_token"}
        assert service["environment"]["DISCORD_TOKEN_FILE"] == "/run/secrets/discord_token"
        assert "DISCORD_TOKEN" not in service["environment"]

    def test_it_comes_back_after_a_crash(self, compose: dict[str, Any]) -> None:
        assert compose["services"]["bot"]["restart"] == "unless-stopped"
