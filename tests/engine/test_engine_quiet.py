"""Whole runs give the same bytes whether steps at which nothing can happen are passed over or run in full."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from engine_worlds import inputs_of, run, system_of, walk
from shared_data import SHARED
from test_engine_recorded import candles, funding, recorded

from btcli.strategies.finding import find_strategy
from btcli.timeframe import utc_text

ROLES = {  # by the timeframe of the candles
    "1m": "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}",
    "5m": "{exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}",
    "15m": "{exec: 15m, ltf: 15m, mtf: 1h, htf: 4h}",
    "1h": "{exec: 1h, ltf: 1h, mtf: 2h, htf: 4h}",
}
RECORDED = [path.stem for path in sorted((SHARED / "data").glob("*USDT-*-perp-*.parquet"))]
RECORDED = [name for name in RECORDED if name.split("-")[1] in ROLES]
QUICK = "ETHUSDT-15m-perp-saam2024h1"
FEW = 3000  # bars
DAY_MS = 86_400_000
SYSTEM = """
system: recorded
venue: binance
symbols: [BTCUSDT]
timeframes: {roles}
windows: {{w: {{start: {start}, end: {end}}}}}
account: {{leverage: 20, margin_mode: {margin_mode}}}
costs: {{funding: none}}
fills: {{mark_source: last}}
data: {{derive_from: {timeframe}}}
risk: {{sizing: {{margin_pct: 20}}, on_liquidation: continue, daily_loss_pct: 5, on_opposite_signal: reverse}}
instruments:
  BTCUSDT: {{tick_size: 0.00001, qty_step: 0.001, min_qty: 0.001, max_qty: 100000000,
    tiers: [{{limit_usdt: 20000, maintenance_rate: 0.005, max_leverage: 100}},
            {{limit_usdt: 900000000, maintenance_rate: 0.01, max_leverage: 50}}]}}
strategy: {{use: {use}}}
"""


def _system(frame: pl.DataFrame, timeframe: str, use: str, margin_mode: str, bars: int | None) -> str:
    """A built-in strategy over the last four fifths of some candles, or some of them: what comes before leads in."""
    first = len(frame) // 5
    start = frame["ts_open"][first] // DAY_MS * DAY_MS
    last = len(frame) - 1 if bars is None else min(first + bars, len(frame) - 1)
    return SYSTEM.format(
        roles=ROLES[timeframe],
        start=utc_text(start),
        end=utc_text(frame["ts_open"][last] // DAY_MS * DAY_MS),
        timeframe=timeframe,
        use=use,
        margin_mode=margin_mode,
    )


def _told_on_recorded(name: str, use: str, margin_mode: str, bars: int | None = None) -> Any:
    frame, timeframe = candles(name), name.split("-")[1]
    nothing = pl.DataFrame(schema={"ts": pl.Int64, "rate": pl.Float64})
    frames = {("trade", timeframe): frame, ("funding", ""): nothing}
    return recorded(_system(frame, timeframe, use, margin_mode, bars), "w", frames)


@pytest.mark.parametrize("margin_mode", ["isolated", "cross"])
@pytest.mark.parametrize("use", ["ema_rsi_atr", "mtf_trend"])
@pytest.mark.parametrize(
    "name", [name if name == QUICK else pytest.param(name, marks=pytest.mark.long) for name in RECORDED]
)
def test_built_in_strategies_on_recorded_candles(
    monkeypatch: pytest.MonkeyPatch, name: str, use: str, margin_mode: str
) -> None:
    """A built-in strategy over real candles tells the same and ends in the same state, checkpoints included."""
    monkeypatch.setenv("BTCLI_QUIET", "0")
    in_full = _told_on_recorded(name, use, margin_mode)
    monkeypatch.setenv("BTCLI_QUIET", "1")
    assert _told_on_recorded(name, use, margin_mode) == in_full
    assert len(in_full[1].all_trades) > 0


def digests(name: str) -> list[str]:
    """What both built-in strategies tell of some three thousand steps of recorded candles."""
    uses = ("ema_rsi_atr", "mtf_trend")
    return [hashlib.sha256(repr(_told_on_recorded(name, use, "isolated", FEW)).encode()).hexdigest() for use in uses]


def _told_in_both_forms(call: str) -> list[Any]:
    """What a call gives in a process that interprets and passes quiet steps, and in one that does neither."""
    folders = [Path(__file__).parents[2], Path(__file__).parent, Path(__file__).parents[1]]
    code = f"import json, test_engine_quiet as test; print(json.dumps({call}))"
    told = []
    for switches in ({"NUMBA_DISABLE_JIT": "1", "BTCLI_QUIET": "1"}, {"NUMBA_DISABLE_JIT": "0", "BTCLI_QUIET": "0"}):
        environment = {**os.environ, **switches, "PYTHONPATH": os.pathsep.join(map(str, folders))}
        found = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stderr
        told.append(json.loads(found.stdout))
    return told


@pytest.mark.long
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_candles_interpreted(name: str) -> None:
    """Thousands of steps of real candles, interpreted with quiet steps passed, give what compiled full steps give."""
    told = _told_in_both_forms(f"test.digests({name!r})")
    assert told[0] == told[1]


REAL = {  # the span of some three thousand steps, and the files of the series
    "q1": (
        "{q1: {start: 2024-01-05, end: 2024-01-15}}",
        {
            ("trade", "5m"): "BTCUSDT-5m-perp-cyft",
            ("mark", "8h"): "BTCUSDT-8h-mark-cyft",
            ("funding", ""): "BTCUSDT-funding-cyft",
        },
    ),
    "liquidations": (
        "{h1: {start: 2024-03-01, end: 2024-06-29}}",
        {
            ("trade", "1h"): "BTCUSDT-1h-perp-saam2024h1",
            ("mark", "1h"): "BTCUSDT-1h-mark-saam2024h1",
            ("funding", ""): "BTCUSDT-funding-saam2024h1",
        },
    ),
}


def real_digest(name: str) -> tuple[int, str]:
    """How many trades a real system makes in its span, and the digest of all that it tells."""
    span, files = REAL[name]
    text = re.sub(r"^windows: .*$", f"windows: {span}", (SHARED / "systems" / f"{name}.yml").read_text(), flags=re.M)
    frames = {key: funding(file) if key[0] == "funding" else candles(file) for key, file in files.items()}
    result, told = recorded(text, "q1" if name == "q1" else "h1", frames)
    return len(told.all_trades), hashlib.sha256(repr((result, told)).encode()).hexdigest()


@pytest.mark.skipif(not (SHARED / "systems").is_dir(), reason="the real systems are not here")
@pytest.mark.parametrize("name", REAL)
def test_real_systems_interpreted(name: str) -> None:
    """A real system over thousands of steps, interpreted with quiet steps passed, gives compiled full steps' bytes."""
    told = _told_in_both_forms(f"test.real_digest({name!r})")
    assert told[0] == told[1]
    assert told[0][0] > 10


ACCOUNTS: dict[str, dict[str, Any]] = {
    "isolated": {},
    "cross": {"account": ", margin_mode: cross", "leverage": 20, "sizing": "margin_pct: 60"},
    "every step told": {"events": "full"},
    "a day's loss": {"risk": ", daily_loss_pct: 0.05", "sizing": "margin_pct: 50"},
    "an age": {"risk": ", max_bars_in_trade: 3"},
    "a drawdown": {"risk": ", max_drawdown_pct: 2", "sizing": "margin_pct: 90", "leverage": 20},
    "two symbols": {"symbols": ("BTCUSDT", "ETHUSDT"), "sizing": "margin_pct: 30"},
}


@pytest.mark.parametrize("use", ["ema_rsi_atr", "mtf_trend"])
@pytest.mark.parametrize("account", ACCOUNTS)
def test_built_in_strategies_on_made_candles(monkeypatch: pytest.MonkeyPatch, account: str, use: str) -> None:
    """A built-in strategy over a seeded walk tells the same and ends in the same state, whatever the account."""
    fields = ACCOUNTS[account]
    found = find_strategy(use, None, {})
    features = "{" + ", ".join(f"{role}: {given}" for role, given in found.features.items()) + "}"
    told = []
    for switch in ("0", "1"):
        monkeypatch.setenv("BTCLI_QUIET", switch)
        system = system_of(3000, features=features, **fields)
        trades = {name: walk(3000, seed, history=6000) for seed, name in enumerate(fields.get("symbols", ("BTCUSDT",)))}
        told.append(run(system, inputs_of(system, trades), found.make))
    assert told[0] == told[1]
