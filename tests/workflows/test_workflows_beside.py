"""Work in a second process gives what it would give here, and fails as it would fail here."""

from __future__ import annotations

import os
import sys

import pytest

from btcli.simulation.second_process import Beside


def test_the_answer_comes_from_another_process() -> None:
    """What the work returns arrives, computed elsewhere where the platform forks."""
    answer, process = Beside(lambda: (6 * 7, os.getpid())).result()
    assert answer == 42
    assert (process != os.getpid()) is (sys.platform == "linux")


def test_work_that_fails_there_fails_here(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception is raised by `result`, in this process, and nothing is printed by the other."""

    def work() -> int:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        Beside(work).result()
    assert capfd.readouterr() == ("", "")


def test_a_killed_process_is_no_answer() -> None:
    """Where the other process dies, the work is done here, and that is said."""
    here = os.getpid()

    def work() -> str:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        return "done here"

    beside = Beside(work)
    assert beside.result() == "done here"
    if sys.platform == "linux":
        assert beside.failure == "a second process was killed by signal 9 without an answer"


def test_an_answer_leaves_nothing_to_say() -> None:
    """The failure stays empty where there was none."""
    beside = Beside(lambda: 1)
    beside.result()
    assert beside.failure == ""
