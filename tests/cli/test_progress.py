"""Long commands show on a terminal how far they are, and keep what is piped on clean."""

import os
import pty
import sys
from functools import partial

import pytest

from bot.cli.progress import steps


def read(terminal: int) -> bytes:
    """What is still to be read; nothing at the end, which Linux tells by an error."""
    try:
        return os.read(terminal, 4_096)
    except OSError:
        return b""


def test_a_bar_tells_how_much_is_done_and_of_how_much_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal, end = pty.openpty()
    with os.fdopen(end, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with steps() as bars, bars.step("Copying") as tell:
            tell(1_500, 3_000)
    shown = b"".join(iter(partial(read, terminal), b"")).decode()
    os.close(terminal)
    assert "Copying" in shown
    assert "1,500 of 3,000" in shown
    assert capsys.readouterr().out == ""


def test_where_nobody_looks_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as bars, bars.step("Copying") as tell:
        tell(1, 2)
    assert capsys.readouterr() == ("", "")
