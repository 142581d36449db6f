"""Work in a second process gives what it would give here, and fails as it would fail here."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from multiprocessing import active_children

import pytest
from interrupted_lines import said

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


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux")
def test_a_process_that_the_system_refuses_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there may be no more processes the work is done here, and that is said."""

    def refused() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    with Beside(os.getpid) as beside:
        assert beside.result() == os.getpid()
    assert beside.failure == "a second process was refused (Resource temporarily unavailable)"


def test_an_answer_leaves_nothing_to_say() -> None:
    """The failure stays empty where there was none."""
    beside = Beside(lambda: 1)
    beside.result()
    assert beside.failure == ""


DYING = """
import os, sys, time
from btcli.simulation.second_process import Beside

def work():
    os.write(1, b"begun\\n")
    time.sleep(120)
    os.write(1, b"survived")

beside = Beside(work)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process that its parent has died")
def test_the_other_process_ends_with_this_one() -> None:
    """Killed, this process can end nobody; the other one is gone all the same."""
    command = [sys.executable, "-c", DYING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait() == -9
        assert process.stdout.read() == ""  # ends when the last process that holds the pipe has ended


def test_the_other_process_ends_with_the_block() -> None:
    """Whatever ends the block: nobody waits for an answer that is no longer wanted."""
    with pytest.raises(KeyboardInterrupt), Beside(lambda: time.sleep(60)):
        raise KeyboardInterrupt
    assert active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux")
def test_ctrl_c_while_the_other_process_begins_is_not_for_it() -> None:
    """A terminal tells it, too: it goes on, and prints no trace of Python's."""
    code = """
import os, signal
from btcli.simulation import second_process
signal.signal(signal.SIGINT, signal.default_int_handler)
second_process.stay = lambda: os.kill(os.getpid(), signal.SIGINT)
print(second_process.Beside(os.getpid).result() != os.getpid())
"""
    assert said(code) == (0, "True\n")
