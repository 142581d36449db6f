"""A command that runs user code is done by a child: signals, and the end of either process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say, small_world
from command_line import environment, hang_up_ends

from btcli.pressing import REPEATED_S

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
WAITS = "time.sleep(600)"
SWALLOWS = """for _ in range(3):
            try:
                time.sleep(600)
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
    shutil.rmtree(world / "runs", ignore_errors=True)  # of the tests before
    command = [sys.executable, "-m", "btcli", "run", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    more = {"NUMBA_DISABLE_JIT": "1"}
    default = {"start_new_session": True, "preexec_fn": hang_up_ends}
    running = subprocess.Popen(command, cwd=world, env=environment(more), text=True, **default, **pipes)
    _wait_for(lambda: (world / "deciding").exists() or running.poll() is not None)
    return running


def _wait_for(happened: object) -> None:
    give_up = time.monotonic() + 600
    while not happened() and time.monotonic() < give_up:  # type: ignore[operator]
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ended(world: Path, running: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and stdout; the process that decided has ended as well."""
    out, _ = running.communicate(timeout=300)
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
        os.kill(int((world / "deciding").read_text()), signal.SIGINT)  # the other process might pass it on too late
        _wait_for(lambda count=count: (world / "caught").exists() and len((world / "caught").read_text()) == count)
        assert (world / "caught").read_text() == "x" * count
        time.sleep(REPEATED_S + 0.1)
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


LEAVES = """\
import threading, time
from btcli.strategies import Strategy


def late():
    threading.main_thread().join()
    time.sleep(LAST_S)


if not any(each.name == "late" for each in threading.enumerate()):  # the module is loaded more than once
    threading.Thread(target=late, name="late").start()


class Leaves(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    def decide(self, snapshot):
        return None
"""


def left(world: Path, last_s: float, *words: object) -> subprocess.Popen[str]:
    """A run whose strategy has a thread that ends so long after everything else."""
    name = f"leaves_{str(last_s).replace('.', '_')}"
    (world / f"{name}.py").write_text(LEAVES.replace("LAST_S", str(last_s)))
    (world / f"{name}.yml").write_text(SYSTEM.replace("mtf_trend", f"{name}.py:Leaves"))
    command = [sys.executable, "-m", "btcli", "run", f"{name}.yml", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=world, env=environment({"NUMBA_DISABLE_JIT": "1"}), text=True, **pipes)


def test_it_is_said_what_is_waited_for(world: Path, tmp_path: Path) -> None:
    """After a second, on stderr for people; never to machines, nor of what ends at once; the answer is the same."""
    told, asked = left(world, 3, "--out", tmp_path / "a"), left(world, 3, "--out", tmp_path / "b", "--json")
    brief = left(world, 0.0, "--out", tmp_path / "c")
    said = [each.communicate(timeout=300) for each in (told, asked, brief)]
    assert [each.returncode for each in (told, asked, brief)] == [0, 0, 0]
    waited = "waiting at most 10 s for 1 thread of Python code that still runs; Ctrl-C ends it"
    assert [waited in err for _, err in said] == [True, False, False]
    assert "Files" in said[0][0]
    assert said[1][1] == ""


def test_in_another_process_of_python_nothing_is_forked(world: Path) -> None:
    """Whoever calls btcli inside a program gets the same answers without a child and without moved streams."""
    (world / "system.yml").write_text(SYSTEM)
    assert say(world, "preflight", "--json").envelope["ok"]


PRESSED_AT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import {module} as module
kill, original, answers = os.kill, module.{name}, os.getpid()
def pressed(*given):
    if {is_here}:
        kill(os.getpid(), signal.SIGINT)
    return original(*given)
module.{name} = pressed
sys.argv = ["btcli", "preflight", "--json"]
from btcli.__main__ import main
main()
"""


def _done(program: str, world: Path) -> subprocess.CompletedProcess[str]:
    (world / "system.yml").write_text(SYSTEM)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=world, env=environment(), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("module", "name", "code", "is_ok"),
    [
        ("btcli.cli.edge.watching", "return_large_blocks", 130, "false"),
        ("btcli.strategies.guarding", "end_with_parent", 130, "false"),
        ("btcli.cli.edge.watching", "rendered", 0, "true"),
    ],
)
def test_ctrl_c_before_and_after_the_work_has_an_answer_too(
    world: Path, module: str, name: str, code: int, is_ok: str
) -> None:
    """While the child gets ready it is answered as ever; once the work is done its answer stands."""
    program = PRESSED_AT.format(module=module, name=name, is_here="os.getpid() != answers")
    ended = _done(program, world)
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout.count("\n") == 1
    assert f'"ok": {is_ok}' in ended.stdout


@pytest.mark.parametrize(
    ("module", "name", "said"), [("starting", "start_lean", 0), ("main", "written", 0), ("main", "leave_cycles", 1)]
)
def test_ctrl_c_that_nobody_answers_is_quiet(world: Path, module: str, name: str, said: int) -> None:
    """Before there is anybody to answer it, and once there is an answer: exit code 130 without a trace of Python's."""
    program = PRESSED_AT.format(module=f"btcli.cli.edge.{module}", name=name, is_here="os.getpid() == answers")
    ended = _done(program, world)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (130, "", said)


WHILE_LOADING = """
import os, signal, sys
kill = os.kill
signal.signal(signal.SIGINT, signal.default_int_handler)
class Presses:
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            {press}
sys.meta_path.insert(0, Presses())
sys.argv = ["btcli", "preflight", "--json"]
import runpy
runpy.run_module("btcli", run_name="__main__", alter_sys=True)
"""


def test_ctrl_c_while_modules_are_loaded_is_quiet(world: Path) -> None:
    """Exit code 130 without a trace of Python's."""
    program = WHILE_LOADING.format(name="btcli.cli.edge.app", press="kill(os.getpid(), signal.SIGINT)")
    ended = _done(program, world)
    assert (ended.returncode, ended.stderr, ended.stdout) == (130, "", "")


def test_ctrl_c_that_a_library_turns_into_an_error_of_its_own_is_ctrl_c(world: Path) -> None:
    """As DuckDB does while it is loaded: it is no bug of btcli's."""
    press = """
            try:
                kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt as pressed:
                raise ImportError("initialization failed") from pressed"""
    ended = _done(WHILE_LOADING.format(name="_duckdb", press=press), world)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (130, "", 1)
    assert "stopped by Ctrl-C" in ended.stdout


LOST_AT = """
import os, signal, sqlite3, sys, time
import {module} as module
signal.signal(signal.SIGINT, signal.default_int_handler)
kill, original, answers = os.kill, module.{name}, os.getpid()
def lost(*given, **named):
    if {is_here}:
        database = sqlite3.connect(":memory:")
        database.set_trace_callback(lambda _: kill(os.getpid(), signal.SIGINT))
        database.execute("SELECT 1")  # goes on as if nothing had been raised
        time.sleep(60)
    return original(*given, **named)
module.{name} = lost
sys.argv = ["btcli", "preflight", "--json"]
from btcli.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("module", "name", "is_here", "said"),
    [
        ("btcli.market.health.check", "check_health", "os.getpid() != answers", 1),
        ("btcli.cli.edge.main", "command_named", "True", 0),
        ("btcli.cli.edge.watching", "streams", "True", 1),
    ],
)
def test_ctrl_c_that_a_library_loses_comes_again(world: Path, module: str, name: str, is_here: str, said: int) -> None:
    """In the process that works and in the one that waits: 130, as where it was not lost."""
    ended = _done(LOST_AT.format(module=module, name=name, is_here=is_here), world)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (130, "", said)


def test_ctrl_c_while_a_folder_is_removed_is_ctrl_c(world: Path) -> None:
    """As of a run that was not finished: Python (3.11) closes a descriptor twice then, and raises an OSError."""
    press = "if sys._getframe(1).f_code.co_name == '_rmtree_safe_fd':\n        kill(os.getpid(), signal.SIGINT)"
    program = PRESSED_AT.format(module="os", name="close", is_here="False")
    program = program.replace("    return original(*given)", f"    original(*given)\n    {press}")
    (world / "system.yml").write_text(SYSTEM)
    shutil.rmtree(world / "runs", ignore_errors=True)
    assert say(world, "run", "--no-preflight").code in (0, 5)
    (run,) = (world / "runs").glob("*/*/*/run_manifest.json")
    (run.parent / "below").mkdir()
    run.parent.rename(run.parent.with_name(f"{run.parent.name}.partial"))
    ended = _done(program.replace('"preflight"', '"run", "--no-preflight"'), world)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (130, "", 1)


LATE = "import btcli.pressing\nbtcli.pressing._tell_thread = lambda *_: None\n"


@pytest.mark.parametrize("begin", ["", LATE], ids=["it comes again", "it has not come again yet"])
def test_ctrl_c_that_numpy_takes_for_a_type_that_does_not_fit_is_ctrl_c(world: Path, begin: str) -> None:
    """It asks Python code of its own whether fields can be compared, and says a TypeError of whatever that raises."""
    program = begin + PRESSED_AT.format(module="numpy._core._internal", name="_promote_fields", is_here="True")
    ended = _done(program.replace('"preflight"', '"run", "--no-preflight"'), world)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (130, "", 1)
    assert "stopped by Ctrl-C" in ended.stdout


def test_ctrl_c_in_code_that_a_module_makes_ends_by_the_exit_code(world: Path) -> None:
    """As in dataclasses, whose methods are made of texts: 130, and no end by a signal, which Python would choose."""
    press = "exec('kill(os.getpid(), signal.SIGINT)')"
    started = WHILE_LOADING.format(name="btcli.cli.edge.app", press=press)
    (world / "starting.py").write_text(started.replace("import runpy", "from btcli.__main__ import main; main()"))
    command = [sys.executable, "-m", "starting"]
    ended = subprocess.run(command, cwd=world, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")
