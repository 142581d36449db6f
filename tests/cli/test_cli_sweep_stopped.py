"""A sweep that is stopped in any way goes on where it was, and ends with the table of one that was not."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import worker_worlds
from cli_worlds import say
from command_line import environment, hang_up_ends
from sweep_worlds import grids, refusal, ruled_world, swept, table_of

import btcli.research.bench
import btcli.workflows.research.sweep
from btcli.errors import AccessError
from btcli.research.folder import held

MANY = grids("strategy.params.far=0.001..1.5:0.001")
FEW = grids("strategy.params.far=0.01..0.05:0.01", "risk.sizing.qty=[0.01, 0.05]")

STRATEGY = """\
from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy


class Turns(Strategy):
    features = {"ltf": {"mean": "sma(close, 10)"}}

    @dataclass(frozen=True)
    class Params:
        hold: int = 3
        far: float = 0.02

    def __init__(self, params):
        self.params, self.asked = params, 0

    def decide(self, snapshot):
        self.asked += 1
        if self.params.hold == 13:
            raise ValueError("no luck")
        if self.asked % self.params.hold:
            return None
        close = snapshot.ltf.close
        side = Direction.LONG if close > snapshot.ltf["mean"] else Direction.SHORT
        return Signal(side, stop_distance=close * self.params.far)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data."""
    return ruled_world(tmp_path_factory.mktemp("stopped") / "world")


def begun(folder: Path, *words: object, **named: Any) -> subprocess.Popen[str]:
    """A sweep of the month that goes on in a process of its own."""
    return worker_worlds.begun(folder, "--window", "jan", *words, **named)


def ended(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The envelope of a sweep that comes to an end."""
    out, err = child.communicate(timeout=1500)
    assert out, err
    return dict(json.loads(out))


def chunks_of(sweeps: Path) -> list[Path]:
    """The chunks that are there."""
    return sorted(sweeps.glob("*/*/*/chunks/*.parquet"))


def until_chunks(sweeps: Path, count: int, child: subprocess.Popen[str], waits_at: Path) -> None:
    """Wait until so many chunks are there, or all but the last one."""
    while len(chunks_of(sweeps)) < count and not waits_at.exists():
        assert child.poll() is None
        time.sleep(0.005)


def stopped_until_done(world: Path, out: Path, words: list[str], chance: random.Random, times: int) -> dict[str, Any]:
    """A sweep killed so many times, each time somewhere in its next chunks, and begun again, to its end."""
    for turn in range(times):
        waits_at = out.with_name(f"{out.name}-{turn}")
        child = begun(world, *words, "--out", out, waits_at=waits_at)
        until_chunks(out, len(chunks_of(out)) + chance.randint(1, 3), child, waits_at)
        time.sleep(chance.uniform(0.0, 0.05))
        child.kill()
        child.communicate()
        assert child.returncode == -signal.SIGKILL  # it was at work
    return ended(begun(world, *words, "--out", out))


def test_a_sweep_that_is_killed_goes_on_to_the_same_table(world: Path, tmp_path: Path) -> None:
    """SIGKILL at three moments: the table has the bytes of the one that nobody disturbed."""
    whole = ended(begun(world, *MANY, "--out", tmp_path / "whole"))["data"]
    again = stopped_until_done(world, tmp_path / "killed", MANY, random.Random(14), 3)
    assert again["data"]["chunks_found"] > 0
    assert again["data"]["table_digest"] == whole["table_digest"]
    assert not list((tmp_path / "killed").glob("**/*.new"))


@pytest.mark.long
def test_a_sweep_that_is_killed_twenty_times_goes_on_to_the_same_table(world: Path, tmp_path: Path) -> None:
    """Ten thousand trials, SIGKILL at twenty moments; what was spent beside lost chunks is little more."""
    words = grids("strategy.params.far=0.0001..1:0.0001")
    whole = ended(begun(world, *words, "--out", tmp_path / "whole"))["data"]
    again = stopped_until_done(world, tmp_path / "killed", words, random.Random(20), 20)
    assert again["data"]["chunks_found"] > 0
    assert again["data"]["table_digest"] == whole["table_digest"]


def test_ctrl_c_keeps_what_is_done(world: Path, tmp_path: Path) -> None:
    """Exit 130 with a chunk or more there; the same command finds them and goes on."""
    child = begun(world, *MANY, "--out", tmp_path / "out", waits_at=tmp_path / "waits")
    until_chunks(tmp_path / "out", 1, child, tmp_path / "waits")
    child.send_signal(signal.SIGINT)
    said = ended(child)
    assert (said["exit_code"], child.returncode) == (130, 130)
    there = chunks_of(tmp_path / "out")
    assert there
    assert not list(tmp_path.glob("**/trials.parquet"))
    shown = say(world, "sweep", "show", "latest", "--out", tmp_path / "out", "--json").envelope
    assert shown["data"]["is_done"] is False
    assert 0 < shown["data"]["trials"] < shown["data"]["planned"] == 1500
    assert "the command that began it goes on" in shown["warnings"][0]
    assert ended(begun(world, *MANY, "--out", tmp_path / "out"))["data"]["chunks_found"] >= len(there)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_sweep_that_a_signal_ends_is_said_to_go_on(world: Path, tmp_path: Path, number: int, code: int) -> None:
    """As after Ctrl-C: the exit code is that of the signal, and nothing that was done is lost."""
    waits = tmp_path / "waits"
    child = begun(world, *MANY, "--out", tmp_path / "out", waits_at=waits, preexec_fn=hang_up_ends)
    until_chunks(tmp_path / "out", 1, child, waits)
    child.send_signal(number)
    said = ended(child)
    assert (said["exit_code"], child.returncode) == (code, code)
    assert said["errors"][0]["hint"].endswith("the chunks that are done are kept: the same command goes on")
    assert chunks_of(tmp_path / "out")


def test_two_at_once_are_one_sweep(world: Path, tmp_path: Path) -> None:
    """Both end well with the same table, and each chunk was run by one of them."""
    first, second = (begun(world, *MANY, "--out", tmp_path, "--lock-wait", 600) for _ in range(2))
    told = [ended(each)["data"] for each in (first, second)]
    assert told[0]["table_digest"] == told[1]["table_digest"]
    assert sorted(each["chunks_found"] for each in told) == [0, told[0]["chunks"]]
    assert len(chunks_of(tmp_path)) == told[0]["chunks"]


def test_a_sweep_that_another_process_is_working_on_is_waited_for(world: Path, tmp_path: Path) -> None:
    """Without patience it is refused with the pid of the other one, exit 3; else it goes on once that is gone."""
    sweep = unfinished(world, tmp_path)
    with held(sweep, 0.0):
        code, problem = refusal(swept(world, *FEW, "--out", tmp_path, "--lock-wait", 0))
        assert (code, problem["where"]) == (3, str(sweep))
        assert f"({os.getpid()}) is working on this very sweep" in problem["message"]
        waiting = begun(world, *FEW, "--out", tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2.0)
    assert ended(waiting)["exit_code"] == 0


def test_whoever_waits_for_another_process_is_told(tmp_path: Path) -> None:
    """While the lock is another's, and only then."""
    said: list[str] = []
    with held(tmp_path / "sweep", 0.3, said.append):
        assert said == []
        with pytest.raises(AccessError), held(tmp_path / "sweep", 0.3, said.append):
            pass
    assert set(said) == {"waiting for another process"}


def test_the_lock_of_the_dead_holds_nothing(world: Path, tmp_path: Path) -> None:
    """A lock file with the pid of a process that is gone, or nonsense in it, keeps nobody from going on."""
    said = swept(world, *FEW, "--out", tmp_path)
    folder = world / said.envelope["data"]["sweep_dir"]
    for left in (b"4194304\n", b"", b"\xff nonsense"):
        (folder / "lock").write_bytes(left)
        assert swept(world, *FEW, "--out", tmp_path, "--lock-wait", 0).code == 0


@pytest.mark.parametrize("has_short_chunks", [False, True])
def test_a_full_disk_is_told_and_loses_nothing(world: Path, tmp_path: Path, *, has_short_chunks: bool) -> None:
    """A file that may not grow beyond 20 kB, as on a disk that is full: exit 3; with room it goes on as before."""
    whole = swept(world, *MANY, "--out", tmp_path / "whole").envelope["data"]

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    full = ended(begun(world, *MANY, "--out", tmp_path / "full", preexec_fn=no_room, has_short_chunks=has_short_chunks))
    assert full["exit_code"] == 3
    assert full["errors"][0]["message"].startswith("cannot write: ")
    assert not list((tmp_path / "full").glob("**/*.new"))
    assert swept(world, *MANY, "--out", tmp_path / "full").envelope["data"]["table_digest"] == whole["table_digest"]


def test_damaged_chunks_are_run_again(world: Path, tmp_path: Path) -> None:
    """A chunk with a bit turned, one under another's number, one that is none: told, not used, made again."""
    whole = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    (world / whole["sweep_dir"] / "done.json").unlink()
    (chunk,) = chunks_of(tmp_path)
    content = bytearray(chunk.read_bytes())
    chunk.with_name(f"00001{chunk.name[5:]}").write_bytes(content)
    chunk.with_name("of_mine.parquet").write_bytes(content)
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    again = swept(world, *FEW, "--out", tmp_path)
    (warning,) = again.envelope["warnings"]
    assert "and 2 more are not what their names say" in warning
    assert again.envelope["data"]["chunks_found"] == 0
    assert again.envelope["data"]["table_digest"] == whole["table_digest"]


def test_a_table_that_was_changed_is_put_together_again(world: Path, tmp_path: Path) -> None:
    """The chunks still have its rows."""
    whole = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    table = world / whole["table"]
    before = table.read_bytes()
    table.write_bytes(before[:-9])
    assert swept(world, *FEW, "--out", tmp_path).envelope["data"]["table_digest"] == whole["table_digest"]
    assert table.read_bytes() == before


def unfinished(folder: Path, out: Path) -> Path:
    """A sweep that was begun and is not done."""
    said = swept(folder, *FEW, "--out", out)
    sweep = folder / said.envelope["data"]["sweep_dir"]
    (sweep / "done.json").unlink()
    return sweep


def test_what_changed_is_told_and_another_can_be_begun(tmp_path: Path) -> None:
    """Another value in the file, other data, other trading rules: exit 2 with each; --anew begins beside it."""
    world = ruled_world(tmp_path / "world")
    sweep = unfinished(world, tmp_path / "out")
    file = world / "system.yml"
    before = file.read_text()
    file.write_text(before.replace("leverage: 5", "leverage: 7"))
    said = swept(world, *FEW, "--out", tmp_path / "out")
    code, problem = refusal(said)
    assert (code, problem["where"]) == (2, str(sweep))
    assert "--anew" in problem["hint"]
    assert said.envelope["errors"][1]["where"] == "account.leverage"
    assert said.envelope["errors"][1]["message"] == "the config changed: it was 5.0, it is 7.0"
    beside = swept(world, *FEW, "--out", tmp_path / "out", "--anew").envelope["data"]
    assert beside["sweep_dir"] != str(sweep)
    (world / beside["sweep_dir"] / "done.json").unlink()
    assert swept(world, *FEW, "--out", tmp_path / "out").code == 0  # what was begun beside it goes on by itself
    file.write_text(before)
    assert swept(world, *FEW, "--out", tmp_path / "out").code == 0
    (sweep / "done.json").unlink()
    assert say(world, "data", "sample", "--seed", "2").code == 0
    said = swept(world, *FEW, "--out", tmp_path / "out")
    assert said.code == 2
    assert any("the data changed" in error["message"] for error in said.envelope["errors"])


def test_a_comment_in_the_file_is_no_change(tmp_path: Path) -> None:
    """What is read is the same, so that it goes on."""
    world = ruled_world(tmp_path / "world")
    sweep = unfinished(world, tmp_path / "out")
    (world / "system.yml").write_text("# looked through again\n" + (world / "system.yml").read_text())
    again = swept(world, *FEW, "--out", tmp_path / "out")
    assert world / again.envelope["data"]["sweep_dir"] == sweep
    assert again.envelope["data"]["chunks_found"] == again.envelope["data"]["chunks"]


def test_values_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on with the very same knows that each can be run, and what they need; of another text nothing is."""
    world = ruled_world(tmp_path / "world")
    sweep = unfinished(world, tmp_path / "out")
    looked: list[str] = []
    monkeypatch.setattr(btcli.workflows.research.sweep, "require_runnable", lambda *_: looked.append("at each"))
    found_out = btcli.research.bench.needs_of
    monkeypatch.setattr(btcli.research.bench, "needs_of", lambda *of: looked.append("together") or found_out(*of))
    again = swept(world, *FEW, "--out", tmp_path / "out")
    assert (again.code, world / again.envelope["data"]["sweep_dir"], looked) == (0, sweep, [])
    (world / "system.yml").write_text("# looked through again\n" + (world / "system.yml").read_text())
    assert swept(world, *FEW, "--out", tmp_path / "out").code == 0
    assert looked == ["at each", "together"]


def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path, world: Path) -> None:
    """Exit 3 with the file; nothing of it is overwritten."""
    sweep = unfinished(world, tmp_path)
    (sweep / "plan.json").write_text("{}")
    said = swept(world, *FEW, "--out", tmp_path)
    assert said.code == 3
    assert "plan.json" in said.envelope["errors"][0]["where"]
    assert (sweep / "plan.json").read_text() == "{}"


@pytest.mark.parametrize("kept", ["all", "the digest alone", "nothing", "no object", "brackets"])
def test_a_table_whose_account_was_changed_is_put_together_again(tmp_path: Path, world: Path, kept: str) -> None:
    """What is told of it is what it holds, whatever stands in done.json by now."""
    first = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    (done,) = tmp_path.rglob("done.json")
    said = json.loads(done.read_text())
    edited = {
        "all": json.dumps({**said, "statuses": {"ALL_FINE": 3}}),
        "the digest alone": json.dumps({"table_digest": said["table_digest"]}),
        "nothing": "{}",
        "no object": "[]",
        "brackets": "[" * 100_000,
    }
    done.write_text(edited[kept])
    again = swept(world, *FEW, "--out", tmp_path)
    assert again.code == 0
    assert {**again.envelope["data"], "chunks_found": 0} == {**first, "chunks_found": 0}
    assert json.loads(done.read_text()) == said


def test_the_table_of_another_plan_is_not_shown(tmp_path: Path, world: Path) -> None:
    """Who copies a plan from elsewhere has a sweep without trials, not the figures of others under its name."""
    mine = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    other = swept(world, *grids("account.leverage=[3, 4]"), "--out", tmp_path).envelope["data"]
    shutil.copy(Path(other["sweep_dir"]) / "plan.json", mine["sweep_dir"])
    shown = say(world, "sweep", "show", mine["sweep_dir"], "--json").envelope
    assert (shown["data"]["sweep_id"], shown["data"]["trials"]) == (other["sweep_id"], 0)
    assert shown["warnings"] == ["0 of 2 trials are done: the command that began it goes on"]


def test_what_is_no_file_is_no_chunk(tmp_path: Path, world: Path) -> None:
    """A pipe would be waited for without end, and a link to nothing is none."""
    first = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    sweep = Path(first["sweep_dir"])
    (sweep / "done.json").unlink()
    [chunk] = chunks_of(tmp_path)
    chunk.unlink()
    chunk.symlink_to("nowhere")
    os.mkfifo(chunk.with_name(f"00000-{'0' * 24}.parquet"))
    assert say(world, "sweep", "show", sweep, "--json").envelope["data"]["trials"] == 0
    again = swept(world, *FEW, "--out", tmp_path).envelope
    assert again["data"]["table_digest"] == first["table_digest"]
    assert "and 1 more are not what their names say" in again["warnings"][0]


def test_many_damaged_chunks_are_one_warning(tmp_path: Path, world: Path) -> None:
    """The first by its name, and how many more; every trial is there again."""
    first = swept(world, *FEW, "--out", tmp_path).envelope["data"]
    (done,) = tmp_path.rglob("done.json")
    done.unlink()
    for number in range(30):
        (done.parent / "chunks" / f"{number:05}-{'0' * 24}.parquet").write_bytes(b"nonsense")
    again = swept(world, *FEW, "--out", tmp_path).envelope
    assert again["data"]["table_digest"] == first["table_digest"]
    (warning,) = again["warnings"]
    assert f"00000-{'0' * 24}.parquet and 29 more" in warning


def test_what_is_exported_before_it_is_done_says_so(tmp_path: Path, world: Path) -> None:
    """As show and best do: a file of some trials looks like one of all."""
    sweep = unfinished(world, tmp_path / "out")
    said = say(world, "sweep", "export", sweep, "--to", tmp_path / "some.csv", "--json")
    assert said.code == 0
    assert said.envelope["data"]["is_done"] is False
    assert any("are done" in warning for warning in said.envelope["warnings"])
    for chunk in chunks_of(tmp_path / "out"):
        chunk.unlink()
    for file in ("none.csv", "none.parquet"):
        said = say(world, "sweep", "export", sweep, "--to", tmp_path / file, "--json")
        assert (said.code, said.envelope["data"]["rows"]) == (0, 0)


def python_world(folder: Path) -> Path:
    """The same data under a strategy in Python."""
    ruled_world(folder)
    (folder / "turns.py").write_text(STRATEGY)
    head, _, _ = (folder / "system.yml").read_text().partition("features:")
    (folder / "system.yml").write_text(head + "strategy: {use: 'turns.py:Turns', params: {hold: 3}}\n")
    return folder


def test_strategies_in_python_are_swept_with_the_same_numbers(tmp_path: Path) -> None:
    """A parameter that raises is a row with the reason; the others are runs of their own to the last bit."""
    world = python_world(tmp_path / "world")
    said = swept(world, *grids("strategy.params.hold=[3, 5, 13]", "strategy.params.far=[0.01, 0.03]"))
    frame = table_of(world, said)
    assert frame["status"].to_list() == ["END_OF_DATA"] * 4 + ["RAISED"] * 2
    assert "no luck" in frame["reason"].to_list()[4]
    for trial in (1, 2, 3, 4):
        ran = say(world, "run", "--trial", f"latest:{trial}", "--json")
        assert ran.envelope["data"]["equals_trial"] is True, ran
    refused = say(world, "run", "--trial", "latest:5")
    assert refused.code == 2
    assert "no luck" in refused.err


MARKS = 'import json\njson.loaded = getattr(json, "loaded", 0) + 1\n'
MARKED = MARKS + STRATEGY.replace("self.asked % self.params.hold", "self.asked % (self.params.hold + json.loaded)")


def test_what_loading_a_strategy_leaves_in_modules_reaches_no_trial(tmp_path: Path) -> None:
    """Values are looked at before the first trial: each trial is as a run that is alone."""
    world = python_world(tmp_path / "world")
    (world / "turns.py").write_text(MARKED)
    for grid in (["strategy.params.hold=2..5"], ["strategy.use=['turns.py:Turns', './turns.py:Turns']"]):
        frame = table_of(world, swept(world, *grids(*grid), "--workers", "1"))
        for trial in range(1, len(frame) + 1):
            ran = say(world, "run", "--trial", f"latest:{trial}", "--json")
            assert ran.envelope["data"]["equals_trial"] is True, ran


def test_ctrl_c_ends_a_strategy_in_python(tmp_path: Path) -> None:
    """In the midst of a trial: exit 130, and the trials before it are kept."""
    world = python_world(tmp_path / "world")
    (world / "turns.py").write_text(STRATEGY.replace("self.asked += 1", "self.asked += 1; time.sleep(0.001)", 1))
    (world / "turns.py").write_text("import time\n" + (world / "turns.py").read_text())
    words = grids("strategy.params.hold=2..30")
    child = begun(world, *words)
    while not chunks_of(world / "sweeps"):
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    assert ended(child)["exit_code"] == 130
    assert say(world, "sweep", "show", "--json").envelope["data"]["trials"] > 0


def test_a_parameter_that_the_strategy_has_not_is_refused(tmp_path: Path) -> None:
    """Before the first run, with the nearest one; a value of another type too."""
    world = python_world(tmp_path / "world")
    code, problem = refusal(swept(world, *grids("strategy.params.hld=1..3")))
    assert (code, problem["hint"]) == (2, "did you mean hold?")
    code, problem = refusal(swept(world, *grids("strategy.params.hold=[1, 2.5]")))
    assert code == 2
    assert "must be a whole number" in problem["message"]


def test_changed_code_is_told(tmp_path: Path) -> None:
    """The strategy's file is another: exit 2."""
    world = python_world(tmp_path / "world")
    words = grids("strategy.params.hold=[3, 5]")
    done = swept(world, *words)
    (world / done.envelope["data"]["sweep_dir"] / "done.json").unlink()
    (world / "turns.py").write_text(STRATEGY.replace("sma(close, 10)", "sma(close, 11)"))
    said = swept(world, *words)
    assert said.code == 2
    assert any("the strategy's code changed" in error["message"] for error in said.envelope["errors"])


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("ASK_ABOVE_S", -1.0, "this takes about"),
        ("ASK_ABOVE_DISK_BYTES", 0, "of disk"),
    ],
)
def test_what_takes_much_is_asked_first(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, said: str
) -> None:
    """Where nobody can be asked it is refused, exit 2, and nothing is left behind; --yes agrees beforehand."""
    from btcli.cli.shown import sweeping

    monkeypatch.setattr(sweeping, limit, value)
    code, problem = refusal(swept(world, *FEW, "--out", tmp_path / "out"))
    assert code == 2
    assert said in problem["message"]
    assert problem["hint"] == "agree to it with --yes"
    assert not list((tmp_path / "out").glob("*/*/*"))
    assert swept(world, *FEW, "--out", tmp_path / "out", "--yes").code == 0


def test_a_disk_without_room_is_told_before_anything_is_written(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 with what it takes and what is free."""
    from types import SimpleNamespace

    from btcli.research import estimate

    monkeypatch.setattr(estimate.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    code, problem = refusal(swept(world, *MANY, "--out", tmp_path / "out"))
    assert code == 3
    assert re.fullmatch(r"the sweep takes about [1-9][0-9,]* kB, 0 kB are free", problem["message"])
    assert not list((tmp_path / "out").glob("*/*/*"))


def test_what_it_takes_is_told(world: Path, tmp_path: Path) -> None:
    """Trials, time, workers, memory and disk on stderr before the first chunk; nothing with --json."""
    said = say(world, "sweep", "--window", "jan", *MANY, "--out", tmp_path)
    for told in ("1,500 trials", "are left: ", "worker", "of memory", "of disk (daily returns of 31 days"):
        assert told in said.err
    assert swept(world, *FEW, "--out", tmp_path).err == ""


def test_the_table_hangs_on_no_setting_of_the_process(world: Path, tmp_path: Path) -> None:
    """One thread of polars and another seed of hashes give the same bytes."""
    here = swept(world, *FEW, "--out", tmp_path / "here").envelope["data"]["table_digest"]
    settings = {**environment(), "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "7"}
    words = [
        sys.executable,
        "-m",
        "btcli",
        "sweep",
        "--window",
        "jan",
        "--json",
        *FEW,
        "--out",
        str(tmp_path / "there"),
    ]
    done = subprocess.run(words, cwd=world, env=settings, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["data"]["table_digest"] == here
