"""Long commands show on a terminal how far they are, and keep what is piped on clean."""

import os
import pty
import sys

import pytest

from bot.cli.progress import steps


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
        stream.flush()
        shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "Copying" in shown
    assert "1,500 of 3,000" in shown
    assert capsys.readouterr().out == ""


def test_where_nobody_looks_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as bars, bars.step("Copying") as tell:
        tell(1, 2)
    assert capsys.readouterr() == ("", "")
