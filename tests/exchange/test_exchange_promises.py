"""The promises by name: when things happen, which mark counts, what the exchange knows, and why a run ends."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exchange_markets import random_scenario
from exchange_scenarios import START_MS, STEP_MS, TERMS, Close, Entry, Scenario, exchange_of, run

from btcli.exchange.face.events import EQUITY_COLUMNS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLAT = [1000.0, 1000.0, 1000.0, 1000.0, 10.0]
FALLEN = [1000.0, 1000.0, 940.0, 940.0, 10.0]

COUNT_PRICE_MODELS = """
import json
from btcli.exchange.driver import drive
calls, quote = [], drive.quote
def counted(book, tape, i):
    calls.append(i)
    quote(book, tape, i)
drive.quote = counted
from exchange_scenarios import Entry, Scenario, exchange_of, run
bars = [[1000.0, 1005.0, 940.0, 1000.0, 10.0]] * 12
held = {0: [Entry(stop_price=930.0, target_price=1100.0), Entry(1, -1)]}
from exchange_scenarios import INSTRUMENT
pair = [INSTRUMENT, INSTRUMENT._replace(symbol="B")]
run(Scenario([bars, bars], decisions=held, instruments=pair))
print(json.dumps([len(calls), len(set(calls))]))
"""


def test_mark_computed_once_per_step() -> None:
    """Over 12 steps in full, two symbols held, the price model makes the prices of all symbols 12 times."""
    paths = os.pathsep.join([str(ROOT), str(HERE)])
    told = subprocess.run(
        [sys.executable, "-c", COUNT_PRICE_MODELS],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "BTCLI_QUIET": "0", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == [12, 12]


def test_fills_at_ts_open_and_the_curve_at_ts_close() -> None:
    """An order fills at the opening of the next bar, and every row of the curve carries its bar's close."""
    outcome = run(Scenario([[FLAT] * 4], decisions={0: [Entry()], 1: [Close()]}))
    filled = [event.ts for event in outcome.events if event.name == "order_filled"]
    assert filled == [START_MS + STEP_MS, START_MS + 2 * STEP_MS]
    assert outcome.row_ts.tolist() == [START_MS + STEP_MS * step for step in (1, 2, 3, 4)]


def test_mark_to_market_uses_the_exchanges_mark() -> None:
    """Equity, the row's mark and the step's result all carry the close of the mark bar, not of the last price."""
    marks = [[1000.0] * 4, [1000.0] * 4, [1000.0, 1040.0, 1000.0, 1030.0], [1030.0] * 4]
    exchange = exchange_of(Scenario([[FLAT] * 4], [marks]))
    exchange.advance(0, 1)
    exchange.submit_entry(0, 1)
    result = exchange.advance(1, 3)
    assert (result.mark_price, result.mark_price_source) == (1030.0, "mark")
    row = dict(zip(EQUITY_COLUMNS, exchange.drain_equity()[1][-1].tolist(), strict=True))
    assert row["mark_price"] == 1030.0
    assert row["unrealized_pnl_usdt"] == pytest.approx(29.0)
    assert row["equity_usdt"] == exchange.state()["equity_usdt"] == pytest.approx(9998.999 + 29.0)


def test_the_last_price_is_the_mark_when_there_is_no_other() -> None:
    """Without mark bars the close of the last price marks, and the source says so."""
    result = exchange_of(Scenario([[FLAT, FALLEN]])).advance(0, 2)
    assert (result.mark_price, result.mark_price_source) == (940.0, "last")


def test_the_exchange_knows_no_feature() -> None:
    """The exchange imports the standard library, numpy, numba and its own folder, nothing else."""
    allowed = set(sys.stdlib_module_names) | {"numpy", "numba", "__future__"}
    for path in sorted((ROOT / "btcli" / "exchange").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith("btcli.exchange"), (path.name, name)


@pytest.mark.parametrize(
    ("status", "terms", "bar"),
    [
        ("LIQUIDATED", {}, [1000.0, 1000.0, 905.0, 950.0, 10.0]),
        ("EQUITY_FLOOR_HIT", {"stop_equity_usdt": 9950.0}, FALLEN),
        ("MAX_DRAWDOWN_HIT", {"max_drawdown_pct": 0.5}, FALLEN),
        ("END_OF_DATA", {}, FLAT),
    ],
)
def test_each_terminal_stop_reason(status: str, terms: dict[str, float], bar: list[float]) -> None:
    """Each reason to stop is told as the run's status and in its last event, and leaves nothing open."""
    after = [] if status == "END_OF_DATA" else [FLAT, FLAT]
    bars = [FLAT, FLAT, bar, *after]
    outcome = run(Scenario([bars], decisions={0: [Entry()]}, terms=TERMS._replace(**terms)))
    assert outcome.status == status
    assert (outcome.events[-1].name, outcome.events[-1].fields["reason"]) == ("run_stopped", status)
    assert outcome.row_ts[-1] == START_MS + 3 * STEP_MS
    assert dict(zip(EQUITY_COLUMNS, outcome.rows[-1], strict=True))["position_qty"] == 0.0


def test_starvation_is_not_terminal() -> None:
    """Too little for the smallest order disables entries, and the run goes on to its end of data."""
    exchange = exchange_of(Scenario([[FLAT] * 3], cash=0.4))
    exchange.advance(0, 1)
    assert exchange.state()["entries_disabled"]
    assert exchange.state()["entries_disabled_reason"] == "STRATEGY_STARVED"
    assert exchange.submit_entry(0, 1) == 0
    exchange.advance(1, 3)
    assert exchange.status == "END_OF_DATA"


def test_nothing_runs_after_the_end() -> None:
    """A run that has ended does not step again."""
    exchange = exchange_of(Scenario([[FLAT] * 3]))
    exchange.advance(0, 3)
    before = exchange.state_hash()
    exchange.advance(0, 3)
    assert exchange.state_hash() == before


def test_equity_has_one_row_a_step() -> None:
    """Every step writes one row, also before anything is decided and when flat."""
    outcome = run(random_scenario(1, decisions={}))
    assert len(outcome.rows) == 40
    assert np.all(outcome.rows[:, 0] == outcome.rows[0, 0])


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bad_price_is_refused_before_the_first_step(price: float) -> None:
    """A price that is not positive and finite never reaches the kernel."""
    with pytest.raises(ValueError, match="positive and finite"):
        exchange_of(Scenario([[FLAT, [1000.0, 1000.0, price, 1000.0, 1.0]]]))
