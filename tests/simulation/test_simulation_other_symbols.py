"""Rules that look at another symbol, and rules of single symbols: many runs over one world, and runs of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from many_worlds import MINUTE, START, metrics_alone, parts_of, reader_of, system_of, world_of_trials
from test_simulation_many import assert_as_alone

from btcli.config.changing import changed, tree_of
from btcli.config.model import System
from btcli.market.loader import load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.simulation.many import run_many
from btcli.simulation.recorded import simulate_into
from btcli.simulation.trials import Refused, Trial
from btcli.timeframe import utc_text

BOTH = ("BTCUSDT", "ETHUSDT")
LOOKS: dict[str, Any] = {
    "strategy.rules.long.enter": "cross_above(f, s) and ETHUSDT.htf.close > far * ETHUSDT.htf.t",
    "strategy.rules.short.exit": "cross_above(ETHUSDT.close, ETHUSDT.sma(ETHUSDT.f, 4)) or rising(ETHUSDT.htf.t, 2)",
}
FUNDING = Series("sample", "BTCUSDT", "funding", "")
OWN = {"rules": {"long": {"enter": "cross_below(f, s)", "exit": "close > f * 1.001"}, "stop": "0.01 * close"}}


def looking() -> System:
    """The system whose rules look at ETHUSDT."""
    system = system_of()
    return changed(system, tree_of(system), LOOKS)


@pytest.mark.parametrize("far", [0.5, 1.0, 1.002])
def test_trials_see_other_symbols(far: float, tmp_path: Path) -> None:
    """A trial gives what a run of its own gives, whatever number it compares the other symbol with."""
    reader, changes = reader_of(system_of(symbols=BOTH)), {"strategy.params.far": far}
    (figures,) = run_many(world_of_trials(looking(), reader, {}), [Trial(changes)])
    alone = metrics_alone(looking(), reader, changes, tmp_path / "alone")
    assert_as_alone(figures, alone, changes)
    assert alone["trades"] > 10


def test_what_is_seen_of_another_symbol_hangs_on_it_alone(tmp_path: Path) -> None:
    """To look at a symbol that is traded too, by rules that never enter, is to look at one that is not."""
    reader = reader_of(system_of(symbols=BOTH))
    seen = metrics_alone(looking(), reader, {}, tmp_path / "seen")
    idle = {"ETHUSDT": {"rules": {"long": {"enter": "close < 0"}}}}
    traded = metrics_alone(system_of(symbols=BOTH), reader, LOOKS | {"strategy.per_symbol": idle}, tmp_path / "traded")
    for figure in ("trades", "final_equity_usdt", "fees_usdt", "max_drawdown_usdt", "funding_paid_usdt"):
        assert seen[figure] == traded[figure]
    blind = metrics_alone(system_of(), reader, {}, tmp_path / "blind")
    assert seen["final_equity_usdt"] != blind["final_equity_usdt"]


def test_a_trial_that_names_what_was_not_loaded_is_refused() -> None:
    """A world holds the symbols and roles that its own system names; the place of the name is told."""
    reader = reader_of(system_of(symbols=BOTH))
    world = world_of_trials(looking(), reader, {})
    wide = {"strategy.rules.long.enter": "ETHUSDT.mtf.close > 1"}
    other = {"strategy.rules.long.enter": "SOLUSDT.close > 1 and ETHUSDT.close > 1"}
    for changes, symbol in ((wide, "ETHUSDT"), (other, "SOLUSDT")):
        (refused,) = run_many(world, [Trial(changes)])
        assert isinstance(refused, Refused)
        (problem,) = refused.problems
        assert f"{symbol} is named" in problem.message
        assert "strategy.rules.long.enter" in problem.where


def test_trials_follow_rules_of_single_symbols(tmp_path: Path) -> None:
    """Each symbol by its own rules, as in a run of its own; what is wrong in them is told under their own key."""
    system = system_of(symbols=BOTH)
    reader, changes = reader_of(system), {"strategy.per_symbol": {"ETHUSDT": OWN}}
    world = world_of_trials(system, reader, {})
    wrong = {"strategy.per_symbol": {"ETHUSDT": {"rules": {"long": {"enter": "close > opne"}}}}}
    figures, refused = run_many(world, [Trial(changes), Trial(wrong)])
    alone = metrics_alone(system, reader, changes, tmp_path / "alone")
    assert_as_alone(figures, alone, changes)
    assert alone["trades"] != metrics_alone(system, reader, {}, tmp_path / "shared")["trades"]
    assert isinstance(refused, Refused)
    assert (
        "strategy.per_symbol.ETHUSDT.rules.long.enter" in f"{refused.problems[0].where} {refused.problems[0].message}"
    )


@pytest.mark.parametrize("cut_minutes", [1_440, 2_000, 3_333])
@pytest.mark.parametrize("is_gone", [True, False])
def test_nothing_is_seen_of_another_symbol_before_its_time(cut_minutes: int, is_gone: bool, tmp_path: Path) -> None:
    """From some minute on its candles are others, or gone: up to then every event is the same to the byte."""
    reader = reader_of(system_of(symbols=BOTH))
    cut_ms = START + cut_minutes * MINUTE
    series = Series("sample", "ETHUSDT", "trade", "1m")
    candles = reader.candles(series, 0, 1 << 60)
    later = pl.col("ts_open") + MINUTE > cut_ms
    prices = [
        pl.when(later).then(100_000 - pl.col(each)).otherwise(pl.col(each)).alias(each) for each in ("open", "close")
    ]
    wide = {"high": 99e3, "low": 1e3}
    edges = [pl.when(later).then(pl.lit(edge)).otherwise(pl.col(each)).alias(each) for each, edge in wide.items()]
    altered = candles.filter(~later) if is_gone else candles.with_columns(*prices, *edges)
    own = {
        Series("sample", "BTCUSDT", kind, "1m"): reader.candles(Series("sample", "BTCUSDT", kind, "1m"), 0, 1 << 60)
        for kind in ("trade", "mark")
    }
    own[FUNDING] = reader.funding(FUNDING, 0, 1 << 60)
    one, other = (FrameReader({**own, series: each}) for each in (candles, altered))
    told = events_before(cut_ms, one, tmp_path / "one")
    assert told == events_before(cut_ms, other, tmp_path / "other")
    assert sum('"signal"' in line for line in told) > 3


def events_before(cut_ms: int, reader: FrameReader, folder: Path) -> list[str]:
    """The lines of a run up to a moment, but for what the run tells of itself."""
    parts = parts_of(looking())
    folder.mkdir()
    simulate_into(folder, parts, load_run_inputs(reader, parts.system, parts.spans))
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [line for line in lines if json.loads(line)["ts"] <= utc_text(cut_ms) and '"event":"run_' not in line]
