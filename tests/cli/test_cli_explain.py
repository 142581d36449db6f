"""Two symbols on one account: the run, its proof, its timing, and the stories of its trades."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, only_run, say

TWO = SYSTEM.replace("symbols: [BTCUSDT]", "symbols: [BTCUSDT, ETHUSDT]").replace("small", "two")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one packed run of two symbols."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "system.yml").write_text(TWO)
    assert say(folder, "data", "sample").code == 0
    assert say(folder, "run", "--pack").code == 0
    return folder


def trade_of(folder: Path, symbol: str) -> dict[str, str]:
    """The first trade of a symbol, as trades.csv has it."""
    with (only_run(folder) / "trades.csv").open() as lines:
        return next(row for row in csv.DictReader(lines) if row["symbol"] == symbol)


def story_of(folder: Path, number: str) -> dict[str, Any]:
    """What explain answers to machines."""
    data = say(folder, "explain", "latest", "--trade", number, "--json").envelope["data"]
    assert isinstance(data, dict)
    return data


def test_two_symbols_run_and_replay(two: Path) -> None:
    """Both trade, the curve's marks are the first symbol's, and the replay from the pack is identical."""
    assert trade_of(two, "BTCUSDT")["side"]
    assert trade_of(two, "ETHUSDT")["side"]
    metrics = json.loads((only_run(two) / "metrics.json").read_text())
    assert list(metrics["buy_and_hold_pct"]) == ["BTCUSDT", "ETHUSDT"]
    with (only_run(two) / "equity_curve.csv").open() as lines:
        assert min(float(row["mark_price"]) for row in csv.DictReader(lines)) > 15_000
    done = say(two, "replay", "latest", "--pack-only")
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")


def test_timing_is_told_beside_the_result(two: Path) -> None:
    """--timing says seconds and the state's hash, on stderr or in the envelope, and in no file."""
    said = say(two, "run", "--timing")
    assert said.err.startswith("timing: engine ")
    hashed = json.loads((only_run(two) / "run_manifest.json").read_text())["outputs"]["state_hash"]
    assert f"result {hashed[:16]}" in said.err
    timing = say(two, "run", "--timing", "--json").envelope["data"]["timing"]
    assert timing["result_sha256"] == hashed
    assert 0 < timing["engine_s"] < timing["passes_s"]
    assert "timing" not in say(two, "run", "--json").envelope["data"]


def test_the_cost_table_adds_up(two: Path) -> None:
    """Fees, spread, impact and funding stand line by line, and their sum against what was traded."""
    metrics = json.loads((only_run(two) / "metrics.json").read_text())
    shown = say(two, "show", "latest", "--full").out
    for word in ("taker fees", "maker fees", "spread", "stop slippage", "impact", "funding paid", "funding received"):
        assert word in shown
    parts = ("fees_usdt", "slippage_usdt", "impact_usdt", "funding_paid_usdt")
    total = sum(metrics[name] for name in parts) - metrics["funding_received_usdt"]
    (line,) = (line for line in shown.splitlines() if line.strip().startswith("all "))
    assert line.split()[1:3] == [f"{total:,.2f}", f"{total / metrics['turnover_usdt'] * 1e4:,.2f}"]


def test_the_costs_of_the_symbols_add_up(two: Path) -> None:
    """Each part by symbol sums to that of the run, and each symbol has a line with its total."""
    metrics = json.loads((only_run(two) / "metrics.json").read_text())
    by_symbol = metrics["costs_by_symbol"]
    assert list(by_symbol) == ["BTCUSDT", "ETHUSDT"]

    def summed(*names: str) -> float:
        return sum(costs[name] for costs in by_symbol.values() for name in names)

    assert summed("turnover_usdt") == pytest.approx(metrics["turnover_usdt"])
    fees = ("taker_fees_usdt", "maker_fees_usdt", "liquidation_fees_usdt")
    assert summed(*fees) == pytest.approx(metrics["fees_usdt"])
    assert summed("spread_usdt", "stop_slippage_usdt") == pytest.approx(metrics["slippage_usdt"])
    assert summed("funding_paid_usdt") == pytest.approx(metrics["funding_paid_usdt"])
    shown = say(two, "show", "latest", "--full").out
    for symbol, costs in by_symbol.items():
        paid = sum(value for name, value in costs.items() if name not in ("turnover_usdt", "funding_received_usdt"))
        (line,) = (line for line in shown.splitlines() if line.strip().startswith(f"{symbol} "))
        assert f"{paid - costs['funding_received_usdt']:,.2f}" in line.split()


@pytest.mark.parametrize(("symbol", "source"), [("BTCUSDT", "the equity curve"), ("ETHUSDT", "the pack")])
def test_a_trade_is_explained(two: Path, symbol: str, source: str) -> None:
    """Decision, size, order, fills and end are there, and at each close the distances are those of the levels."""
    row = trade_of(two, symbol)
    story = story_of(two, row["trade_id"])
    names = [event["event"] for event in story["events"]]
    assert names[:3] == ["order_submitted", "order_filled", "position_opened"]
    assert names[-1] == "position_closed"
    (decision,) = story["decisions"]
    sizing = decision["sizing"]
    assert sizing["mode"] == "risk_pct"
    assert sizing["wanted_qty"] == pytest.approx(sizing["risk_usdt"] / sizing["loss_per_coin_usdt"])
    assert 0 <= sizing["wanted_qty"] - float(row["qty"]) < 0.011 or sizing["capped_by"]
    assert story["bars_from"] == source
    assert row["entry_ts"] < story["bars"][0]["ts"]
    assert story["bars"][-1]["ts"] <= max(row["exit_ts"], story["bars"][0]["ts"])
    side = 1 if row["side"] == "long" else -1
    for bar in story["bars"]:
        away = side * (bar["mark_price"] - float(row["stop_price"])) / bar["mark_price"] * 100
        assert bar["to_stop_pct"] == pytest.approx(away)
        assert bar["to_liquidation_pct"] > bar["to_stop_pct"]


def test_the_story_reads_in_order(two: Path) -> None:
    """For people: decided, sized, submitted, gate, filled, opened, closed, and how sure the end is."""
    said = say(two, "explain", "latest", "--trade", "1").out
    places = [
        said.index(word) for word in ("decided:", "sized:", "submitted:", "gate:", "filled:", "opened:", "closed")
    ]
    assert places == sorted(places)
    assert "The order of events is" in said


def test_a_trade_that_is_not_there(two: Path) -> None:
    """The answer is no, with the numbers that there are."""
    said = say(two, "explain", "latest", "--trade", "9999", "--json")
    assert said.code == 2
    (error,) = said.envelope["errors"]
    assert "no trade 9999" in error["message"]
    assert error["hint"].startswith("they are 1 to ")
