"""What a terminal is shown while a run goes on, and that nobody else is shown anything."""

from __future__ import annotations

from contextlib import redirect_stderr, suppress
from io import StringIO
from pathlib import Path

import pytest

from btcli.cli.edge import progress
from btcli.cli.shown.sweeping import watched_sweep
from btcli.exchange.driver.drive import drive
from btcli.exchange.machine import compiled, trust
from btcli.market.store.where import Stores
from btcli.research.estimate import Estimate
from btcli.research.plan import Asked
from btcli.workflows.research.sweep import SweepRequest
from btcli.workflows.run.compiling import compiling_notice

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


def test_a_sweep_says_what_it_waits_for_until_a_trial_is_done() -> None:
    """What takes a while stands in place of the name, and goes with the next trial."""
    screen = Terminal()
    with redirect_stderr(screen), progress.sweeping_bar("demo", "sharpe", quiet=False) as show:
        assert show is not None
        show.notice("starting workers of loky")
        assert "starting workers of loky" in screen.getvalue()
        assert "demo" not in screen.getvalue()
        show(1, 4, None)
    assert "demo" in screen.getvalue().rpartition("loky")[2]


def test_the_bar_of_a_sweep_is_gone_before_it_says_what_ctrl_c_keeps() -> None:
    """Its line is empty again: what is said does not hang on its end."""
    screen, request = Terminal(), SweepRequest(Path("demo.yml"), Stores(Path("data"), 1.0), Asked(()))
    with redirect_stderr(screen), suppress(KeyboardInterrupt), watched_sweep(request, yes=True, quiet=False) as watch:
        assert watch.consent is not None
        assert watch.progress is not None
        watch.consent(Estimate(4, 4, 1, 1, 1.0, 1, 1, 1, 1))
        watch.progress(1, 4, None)
        raise KeyboardInterrupt
    drawn, kept, _ = screen.getvalue().rpartition("the chunks that are done are kept")
    assert kept
    assert "1/4" in drawn
    assert "\x1b[2K" in drawn.rpartition("1/4")[2]
