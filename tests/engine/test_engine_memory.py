"""What a run holds in memory does not grow with what it tells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import resource, sys
from pathlib import Path
from engine_worlds import Scripted, inputs_of, system_of, walk, world_of_run
from btcli.artifacts.recorder import Recorder
from btcli.engine.loop import Pass, simulate

minutes, names = 200_000, ("BTCUSDT", "ETHUSDT", "A1USDT", "A2USDT", "A3USDT")
system = system_of(minutes, "{exec: 1m, ltf: 4h}", symbols=names, events=sys.argv[2])
world = world_of_run(system, inputs_of(system, dict.fromkeys(names, walk(minutes))))
with Recorder(Path(sys.argv[1])) as recorder:
    simulate(world, Pass([Scripted] * len(names)), recorder)
print(recorder.counts.events, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def told_and_held(folder: Path, events: str) -> tuple[int, int]:
    """How many events a run of a process of its own told, and its largest size in MB."""
    folder.mkdir()
    script = [sys.executable, "-c", CHILD, str(folder), events]
    done = subprocess.run(script, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told, held_mb = done.stdout.split()
    return int(told), int(held_mb)


@pytest.mark.long
def test_a_million_events_take_little_more_than_a_thousand(tmp_path: Path) -> None:
    """The same run telling every step of five symbols holds at most 60 MB more than one that tells its decisions."""
    few, less_mb = told_and_held(tmp_path / "normal", "normal")
    many, more_mb = told_and_held(tmp_path / "full", "full")
    assert few < 2_000
    assert many > 1_000_000
    assert more_mb - less_mb <= 60


SYSTEM = """\
system: growth
venue: sample
symbols: [BTCUSDT]
timeframes: TIMEFRAMES
data: {derive_from: 1m}
warmup: {missing: start_late}
fills: {mark_source: mark}
windows:
  short: {start: 2023-01-01, end: 2023-04-30}
  long: {start: 2023-01-01, end: 2025-01-31}
account: {initial_equity_usdt: 100000, leverage: 5}
risk: {sizing: {risk_pct: 0.1}}
output: {equity: exec}
strategy: STRATEGY
"""
CROSS = """
  rules:
    long: {enter: "cross_above(ema(close, 12), ema(close, 48))"}
    short: {enter: "cross_below(ema(close, 12), ema(close, 48))"}
    stop: 0.02 * close
    target: 0.04 * close
"""
SYSTEMS = {
    "asked on three timeframes": ("{exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}", "{use: mtf_trend}"),
    "rules that trade often": ("{exec: 1m, ltf: 1m}", CROSS),
}
MEASURED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "btcli", *sys.argv[1:]], stdout=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def held_mb(folder: Path, *words: str, exits: int = 0) -> int:
    """The largest size of any process of a command, in MB."""
    script = [sys.executable, "-c", MEASURED, *words]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, check=True)
    code, held = map(int, done.stdout.split())
    assert code == exits, done.stderr
    return held


def write_system(folder: Path, kind: str) -> None:
    """A system that is read from the sample's store, which is made beside it."""
    timeframes, strategy = SYSTEMS[kind]
    (folder / "system.yml").write_text(SYSTEM.replace("TIMEFRAMES", timeframes).replace("STRATEGY", strategy))
    held_mb(folder, "data", "sample")


@pytest.mark.long
@pytest.mark.parametrize("kind", SYSTEMS)
def test_a_million_bars_take_at_most_150_mb(tmp_path: Path, kind: str) -> None:
    """A run and its replay with marks, funding and a row on every bar grow by their columns, and by little more."""
    write_system(tmp_path, kind)
    held_mb(tmp_path, "run", "--window", "short")  # compiles, where nobody has yet
    bars = {"short": 120 * 1440, "long": 762 * 1440}
    runs = {window: held_mb(tmp_path, "run", "--window", window) for window in bars}
    found = {window: next((tmp_path / "runs/growth" / window).iterdir()) for window in bars}
    replays = {window: held_mb(tmp_path, "replay", str(run)) for window, run in found.items()}
    for held in (runs, replays):
        assert (held["long"] - held["short"]) / (bars["long"] - bars["short"]) * 1e6 <= 150


@pytest.mark.long
def test_data_that_is_refused_takes_no_more_than_data_that_is_run(tmp_path: Path) -> None:
    """The window that would pass is looked for once the rows of the one that does not are gone."""
    write_system(tmp_path, "rules that trade often")
    held = held_mb(tmp_path, "run", "--window", "long")
    words = ("run", "--start", "2023-01-01", "--end", "2026-07-31")
    assert held_mb(tmp_path, *words, exits=1) <= 1.1 * held
