"""The command line as a person runs it: its output, its errors and its exit code."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main
from bot.settings import Settings


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `ending-bot` with arguments, in a folder without `.env` and without settings in the environment."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    # The encoder takes a second to load; what is about it switches it on.
    monkeypatch.setenv("UNDERSTANDING", "off")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.chdir(tmp_path)

    def _run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["ending-bot", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ran(end.value.code, out, err)

    return _run


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A content folder that the commands use instead of the one that comes with the program."""
    folder = tmp_path / "films"
    folder.mkdir()
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    return folder
