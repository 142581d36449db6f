"""A command that runs user code is done by a child: signals, and the end of either process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say, small_world
from command_line import environment

SLOW = """\
import os, time
from btcli.strategies import Strategy


class Slow(Strategy):
    features = {{"ltf": {{"mean": "sma(close, 3)"}}}}

    def decide(self, snapshot):
        open("pid", "w").write(str(os.getpid()))
        os.rename("pid", "deciding")
        {waits}
"""
WAITS = "time.sleep(60)"
SWALLOWS = """for _ in range(3):
            try:
                time.sleep(60)
            except BaseException:
                open("caught", "a").write("x")"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data."""
    return small_world(tmp_path_factory.mktemp("watched") / "world")


def begun(world: Path, waits: str) -> subprocess.Popen[str]:
    """A run, in a group of its own, that has come to its first decision."""
    (world / "slow.py").write_text(SLOW.format(waits=waits))
    (world / "system.yml").write_text(SYSTEM.replace("mtf_trend", "slow.py:Slow"))
    for left in ("deciding", "caught"):
        (world / left).unlink(missing_ok=True)
    command = [sys.executable, "-m", "btcli", "run", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    more = {"NUMBA_DISABLE_JIT": "1"}
    default = {"start_new_session": True, "preexec_fn": _hang_up_ends}
    running = subprocess.Popen(command, cwd=world, env=environment(more), text=True, **default, **pipes)
    _wait_for(lambda: (world / "deciding").exists() or running.poll() is not None)
    return running


def _hang_up_ends() -> None:
    """Under nohup these tests would run a command that ignores it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _wait_for(happened: object) -> None:
    give_up = time.monotonic() + 120
    while not happened() and time.monotonic() < give_up:  # type: ignore[operator]
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ended(world: Path, running: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and stdout; the process that decided has ended as well."""
    out, _ = running.communicate(timeout=60)
    pid = int((world / "deciding").read_text())
    _wait_for(lambda: not _lives(pid))
    assert not _lives(pid)
    return running.returncode, out


def test_ctrl_c_at_a_terminal_reaches_both_processes_and_counts_once(world: Path) -> None:
    """A terminal signals the whole group: exit code 130, one object, and the run is marked as interrupted."""
    running = begun(world, WAITS)
    os.killpg(running.pid, signal.SIGINT)
    code, out = _ended(world, running)
    assert (code, out.count("\n")) == (130, 1)
    (partial,) = (world / "runs").glob("*/*/*.partial/run_manifest.json")
    assert '"interrupted"' in partial.read_text()


def test_ctrl_c_that_user_code_swallows_is_there_again(world: Path) -> None:
    """A strategy may catch a Ctrl-C, and the next one still reaches it."""
    running = begun(world, SWALLOWS)
    for count in (1, 2, 3):
        os.killpg(running.pid, signal.SIGINT)
        _wait_for(lambda count=count: (world / "caught").exists() and len((world / "caught").read_text()) == count)
        assert (world / "caught").read_text() == "x" * count
        time.sleep(0.4)
    running.send_signal(signal.SIGTERM)
    assert _ended(world, running)[0] == 143


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)])
def test_who_ends_the_command_ends_its_work(number: int, code: int, world: Path) -> None:
    """A signal to the process that was started ends the one that decides; what can still be said is one object."""
    running = begun(world, WAITS)
    running.send_signal(number)
    ended, out = _ended(world, running)
    assert (ended, out.count("\n")) == (code, 0 if number == signal.SIGKILL else 1)


def test_a_kill_of_the_worker_is_told(world: Path) -> None:
    """When the system ends the process that works, as it does without memory, the answer says so: 137."""
    running = begun(world, WAITS)
    os.kill(int((world / "deciding").read_text()), signal.SIGKILL)
    code, out = _ended(world, running)
    assert code == 137
    assert '"code": "Ended"' in out
    assert "memory" in out


def test_in_another_process_of_python_nothing_is_forked(world: Path) -> None:
    """Whoever calls btcli inside a program gets the same answers without a child and without moved streams."""
    (world / "system.yml").write_text(SYSTEM)
    assert say(world, "preflight", "--json").envelope["ok"]
