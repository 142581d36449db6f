"""The curve of a long run by rules is written by a second process: to the same bytes, whatever becomes of it."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from many_worlds import TEXT, parts_of, reader_of, system_of

from btcli.artifacts import outflow
from btcli.config.loading import parse_system
from btcli.errors import AccessError
from btcli.market.loader import load_run_inputs
from btcli.simulation import recording, second_process
from btcli.simulation.passes import Progress, world_for
from btcli.simulation.recorded import Simulated, simulate_into

forking = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="forks on Linux, where a processor is free"
)
FILES = ("events.jsonl", "equity_curve.csv", "trades.csv")


@pytest.fixture
def short_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of some days gets a second process, too."""
    monkeypatch.setattr(recording, "MANY_STEPS", 0)


def simulated(folder: Path, progress: Progress | None = None) -> Simulated:
    """The files of a run by rules of some days of 1m bars, in a new folder."""
    system = system_of()
    parts = parts_of(system)
    folder.mkdir(exist_ok=True)
    return simulate_into(folder, parts, load_run_inputs(reader_of(system), system, parts.spans), progress)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """What the recorder wrote."""
    return {name: (folder / name).read_bytes() for name in FILES}


@forking
def test_a_second_process_writes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, their digests and metrics are those of a run that one process writes alone."""
    alone = simulated(tmp_path / "alone")
    pids: list[int] = []
    monkeypatch.setattr(recording, "MANY_STEPS", 0)
    monkeypatch.setattr(recording, "Beside", _noting(recording.Beside, pids))
    shared = simulated(tmp_path / "shared")
    assert len(pids) == 1
    assert bytes_of(tmp_path / "shared") == bytes_of(tmp_path / "alone")
    assert (shared.metrics, shared.written, shared.outline) == (alone.metrics, alone.written, alone.outline)
    assert shared.warnings == ()
    for name, content in bytes_of(tmp_path / "shared").items():
        assert shared.written[name].sha256 == hashlib.sha256(content).hexdigest()


def _noting(beside: Any, pids: list[int]) -> Any:
    def start(work: Any) -> Any:
        pids.append(os.getpid())
        return beside(work)

    return start


@forking
@pytest.mark.usefixtures("short_is_long")
def test_a_second_process_that_is_killed_costs_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed amid its work: the file is written again here, and that is said."""
    here, alone = os.getpid(), recording._curve_alone

    def dying(folder: Path, *rest: Any) -> Any:
        if os.getpid() != here:
            (folder / "equity_curve.csv").write_bytes(b"half a li")
            os.kill(os.getpid(), 9)
        return alone(folder, *rest)

    simulated(tmp_path / "whole")
    monkeypatch.setattr(recording, "_curve_alone", dying)
    run = simulated(tmp_path / "killed")
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert run.warnings == (
        "a second process was killed by signal 9 without an answer; the equity curve was written by this process",
    )


@forking
@pytest.mark.usefixtures("short_is_long")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_there_is_the_error_it_is_here(tmp_path: Path) -> None:
    """One AccessError with the folder that was written to."""
    (tmp_path / "equity_curve.csv").symlink_to("/dev/full")
    with pytest.raises(AccessError, match="No space left") as caught:
        simulated(tmp_path)
    assert caught.value.problems[0].where == str(tmp_path)


@forking
@pytest.mark.usefixtures("short_is_long")
def test_ctrl_c_ends_the_second_process_after_a_whole_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends the walk ends the one that walks beside it, amid a block that the disk takes in two parts."""
    here, take, curve, said = os.getpid(), outflow._Flowing.take, tmp_path / "equity_curve.csv", tmp_path / "said"

    def in_parts(self: Any, block: bytes) -> None:
        take(self, block[:-9])
        while os.getpid() != here and not said.exists():
            time.sleep(0.01)
        time.sleep(0.0 if os.getpid() == here else 0.2)
        take(self, block[-9:])

    def pressed(done: int, _: int) -> None:
        if done:
            while not curve.exists() or curve.read_bytes()[-1:] in (b"", b"\n"):
                time.sleep(0.01)  # until the other process is amid a block
            said.touch()
            raise KeyboardInterrupt

    monkeypatch.setattr(outflow._Flowing, "take", in_parts)
    monkeypatch.setattr(second_process, "PATIENCE_S", 300)
    with pytest.raises(KeyboardInterrupt):
        simulated(tmp_path, pressed)
    assert active_children() == []
    assert curve.read_bytes().endswith(b"\n")


@pytest.mark.usefixtures("short_is_long")
def test_a_strategy_in_python_is_asked_in_one_process() -> None:
    """Only where rules decide for every symbol is the pass walked twice."""
    written = TEXT.partition("features:")[0] + "strategy: {{use: mtf_trend}}"
    given = {"timeframes": "{exec: 1m, ltf: 5m, htf: 1h}", "symbols": "BTCUSDT"}
    for text, is_worth in ((TEXT, sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1), (written, False)):
        system = parse_system(text.format(**given), "many.yml")
        parts = parts_of(system)
        world = world_for(parts, load_run_inputs(reader_of(system), system, parts.spans))
        assert recording.is_worth_a_process(world) is is_worth
