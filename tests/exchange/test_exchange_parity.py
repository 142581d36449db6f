"""One source, two ways to run it: compiled and interpreted give the same bytes, wherever the machine code is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exchange_answers import all_cases
from exchange_fingerprint import fingerprint, fingerprints
from exchange_markets import random_scenario
from exchange_nowhere import without_a_place
from exchange_scenarios import STEP_MS, Close, Entry, Scenario, exchange_of, run

from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import market_of

HERE = Path(__file__).parent


def _python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = [str(HERE.parents[1]), str(HERE), str(HERE.parent)]
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compiled_and_interpreted_give_the_same_bytes() -> None:
    """Events, trades, counters, rows, cash, status and state hash of seeded runs are equal in both ways."""
    interpreted = _python(str(HERE / "exchange_fingerprint.py"), NUMBA_DISABLE_JIT="1")
    assert interpreted.returncode == 0, interpreted.stderr
    assert json.loads(interpreted.stdout) == fingerprints()


@pytest.mark.parametrize("symbols", [1, 2])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_each_step_alone_gives_the_same_bytes(seed: int, symbols: int) -> None:
    """A call for each step gives the bytes of a run with a call for each stretch between decisions."""
    scenario = random_scenario(seed, symbols=symbols)
    whole, pieces = run(scenario), run(scenario, range(scenario.steps))
    assert fingerprint(whole) == fingerprint(pieces)


def test_cutting_the_cases_on_paper_changes_no_byte() -> None:
    """A call for each step gives the bytes of one for each stretch, for all that the rulebook's cases show."""
    for case in all_cases():
        whole, pieces = run(case.scenario), run(case.scenario, range(case.scenario.steps))
        assert fingerprint(whole) == fingerprint(pieces), (case.topic, case.name)


def test_a_run_longer_than_the_buffers_gives_the_same_bytes() -> None:
    """A run that fills the event, trade and row buffers on the way gives what small pieces give."""
    steps = 40_000
    bars = [[1000.0, 1030.0, 970.0, 1000.0, 1.0]] * steps
    wish = Entry(stop_distance=10.0, target_distance=10.0)
    decisions: dict[int, list[Entry | Close]] = {step: [wish] for step in range(0, 4000, 2)}
    scenario = Scenario(last=[bars], decisions=decisions, cash=1e6)
    assert fingerprint(run(scenario)) == fingerprint(run(scenario, range(0, steps, 977)))


def test_two_runs_give_an_identical_state_hash() -> None:
    """The same scenario run twice ends in the same state, and another one in another."""
    one, two, other = (run(random_scenario(seed)).state_hash for seed in (11, 11, 12))
    assert one == two != other


def _strange_arrays(scenario: Scenario) -> SimulatedExchange:
    """The exchange of a scenario whose arrays are read-only, strided, or Fortran-ordered."""
    wide = np.repeat(np.array(scenario.last[0], np.float64), 2, axis=1)[:, ::2]
    turned = np.asfortranarray(np.array(scenario.last[0], np.float64)[:, :4])
    times = np.repeat(scenario.ts_open, 2)[::2]
    for array in (wide, turned, times):
        array.setflags(write=False)
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return SimulatedExchange(
        market_of(symbols=("A",), ts_open=times, step_ms=STEP_MS, last=[wide], mark=[turned], funding=[nothing]),
        instruments=scenario.instruments,
        terms=scenario.terms,
        initial_equity_usdt=scenario.cash,
    )


def test_strange_arrays_give_the_same_result() -> None:
    """How an input lies in memory does not reach the result."""
    bars = random_scenario(7).last
    plain = random_scenario(7, funding=(), mark=[[bar[:4] for bar in bars[0]]], decisions={}, grid=None)
    one, two = exchange_of(plain), _strange_arrays(plain)
    one.advance(0, plain.steps)
    two.advance(0, plain.steps)
    assert one.state_hash() == two.state_hash()


@pytest.mark.long
def test_an_unusable_home_runs_compiled(tmp_path: Path) -> None:
    """With nothing writable in HOME, XDG_CACHE_HOME and TMPDIR the compiled exchange gives the same bytes."""
    told = _python(str(HERE / "exchange_fingerprint.py"), HOME="/dev/null", **without_a_place(tmp_path))
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == fingerprints()
