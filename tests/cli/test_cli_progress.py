"""What a terminal is shown while a run goes on, and that nobody else is shown anything."""

from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO

import pytest

from btcli.cli.edge import progress
from btcli.exchange.driver.drive import drive
from btcli.exchange.machine import compiled, trust
from btcli.workflows.compiling import compiling_notice

NOTICE = "compiling the exchange, once per version: about 20 seconds"


class Terminal(StringIO):
    """A screen that keeps what was drawn."""

    def isatty(self) -> bool:
        """Someone is watching."""
        return True


@pytest.fixture(autouse=True)
def a_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide, and able to draw."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


def steps(screen: StringIO, *, quiet: bool = False) -> str:
    """What is drawn on stderr while ten steps are done."""
    with redirect_stderr(screen), progress.progress_bar("demo q1", quiet=quiet) as show:
        if show is not None:
            show(0, 10)
            show(5, 10)
            show(10, 10)
    return screen.getvalue()


def test_a_terminal_is_told_of_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first step of a version that was never compiled here, and the run's name after it."""
    monkeypatch.setattr(progress, "_notice", lambda: NOTICE)
    drawn = steps(Terminal())
    assert NOTICE in drawn
    assert drawn.rindex("demo q1") > drawn.rindex(NOTICE)


def test_nothing_is_said_when_there_is_nothing_to_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm cache is not worth a word."""
    monkeypatch.setattr(progress, "_notice", lambda: None)
    assert "compiling" not in steps(Terminal())


def test_nobody_else_is_shown_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe stays empty, and so does a terminal that asked for JSON."""
    monkeypatch.setattr(progress, "_notice", lambda: NOTICE)
    assert steps(StringIO()) == ""
    assert steps(Terminal(), quiet=True) == ""


def test_the_notice_is_for_a_cold_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there until the loop's object code is at hand; interpreted runs need none."""
    monkeypatch.setattr(compiled, "IS_COMPILED", True)
    monkeypatch.setattr(trust, "is_at_hand", lambda entry: False)
    monkeypatch.setattr(trust, "is_kept", lambda entry: True)
    assert compiling_notice() == NOTICE
    monkeypatch.setattr(trust, "is_kept", lambda entry: False)
    assert "each time, for no private cache folder can be written" in str(compiling_notice())
    monkeypatch.setattr(trust, "is_at_hand", lambda entry: entry is drive)
    assert compiling_notice() is None
    monkeypatch.setattr(compiled, "IS_COMPILED", False)
    monkeypatch.setattr(trust, "is_at_hand", lambda entry: False)
    assert compiling_notice() is None


def trials(screen: StringIO, *, quiet: bool = False) -> str:
    """What is drawn on stderr while four trials are done."""
    with redirect_stderr(screen), progress.sweeping_bar("demo", "sharpe", quiet=quiet) as show:
        if show is not None:
            for done, best in ((1, None), (2, 0.5), (4, 1.25)):
                show(done, 4, best)
    return screen.getvalue()


def test_a_sweep_shows_how_far_it_is_and_the_best_so_far() -> None:
    """Trials done of all, trials a second, and the best figure; nothing for a pipe or for JSON."""
    drawn = trials(Terminal())
    assert "4/4" in drawn
    assert "trials/s" in drawn
    assert "best sharpe 1.25" in drawn
    assert trials(StringIO()) == trials(Terminal(), quiet=True) == ""
