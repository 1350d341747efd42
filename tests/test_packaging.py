"""What is handed out keeps its promises: the wheel, and the repository's texts."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
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
