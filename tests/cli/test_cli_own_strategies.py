"""One strategy for all symbols, or another one, or other parameters, for some of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from cli_worlds import only_run, say

SYSTEM = """\
system: own
venue: sample
symbols: [SYMBOLS]
timeframes: {exec: 1h, ltf: 1h}
windows:
  days: {start: 2024-01-01, end: 2024-01-10}
account: {initial_equity_usdt: 100000, leverage: 5}
risk: {sizing: {qty: 0.01}}
strategy: {STRATEGY}
"""
TURNS = """\
from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy
from pieces import FEATURE


class Turns(Strategy):
    @dataclass(frozen=True)
    class Params:
        share: float = 0.01

    features = {"ltf": {"mean": FEATURE}}

    def decide(self, snapshot):
        if snapshot.exchange.has_position:
            return None
        price = snapshot.ltf.close
        side = Direction.LONG if price > snapshot.ltf["mean"] else Direction.SHORT
        return Signal(side, stop_distance=self.params.share * price, target_distance=self.params.share * price)


class Against(Turns):
    features = {"ltf": {"mean": "sma(close, 12)"}}

    def decide(self, snapshot):
        signal = super().decide(snapshot)
        return signal and Signal(Direction(-signal.direction), stop_distance=20, target_distance=30)
"""
OWN = 'use: "turns.py:Turns", per_symbol: {ETHUSDT: {use: "turns.py:Against"}, SOLUSDT: {params: {share: 0.02}}}'
ALONE = {
    "BTCUSDT": 'use: "turns.py:Turns"',
    "ETHUSDT": 'use: "turns.py:Against"',
    "SOLUSDT": 'use: "turns.py:Turns", params: {share: 0.02}',
}
SPECS = (
    "instruments:\n  SOLUSDT: {tick_size: 0.001, qty_step: 0.001, min_qty: 0.001, max_qty: 1000,"
    " tiers: [{limit_usdt: 1000000, maintenance_rate: 0.01, max_leverage: 50}]}\n"
)


def world(folder: Path, symbols: str, strategy: str) -> Path:
    """A folder with a system over these symbols, its strategies and its data."""
    folder.mkdir()
    text = SYSTEM.replace("SYMBOLS", symbols).replace("STRATEGY", strategy)
    (folder / "system.yml").write_text(text + (SPECS if "SOL" in symbols else ""))
    (folder / "turns.py").write_text(TURNS)
    (folder / "pieces.py").write_text('FEATURE = "sma(close, 5)"\n')
    said = say(folder, "data", "sample")
    assert said.code == 0, said.err
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed run in which one symbol has the strategy of all, one another, and one other parameters."""
    folder = world(tmp_path_factory.mktemp("own") / "all", ", ".join(ALONE), OWN)
    said = say(folder, "run", "--pack")
    assert said.code == 0, said.err
    return folder


def trades_of(folder: Path, symbol: str) -> list[dict[str, str]]:
    """The trades of a symbol without their numbers."""
    with (only_run(folder) / "trades.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["symbol"] == symbol]
    return [{name: value for name, value in row.items() if name != "trade_id"} for row in rows]


@pytest.mark.parametrize("symbol", ALONE)
def test_each_symbol_trades_as_with_its_strategy_alone(own: Path, tmp_path: Path, symbol: str) -> None:
    """With fixed sizes and balance to spare, a symbol's trades are those of a run of its own."""
    alone = world(tmp_path / "alone", symbol, ALONE[symbol])
    assert say(alone, "run").code == 0
    found = trades_of(own, symbol)
    assert len(found) > 5
    assert found == trades_of(alone, symbol)


@pytest.mark.parametrize("words", [(), ("--pack-only",)])
def test_the_replay_is_identical(own: Path, words: tuple[str, ...]) -> None:
    """The pack has the sources of all strategies."""
    done = say(own, "replay", "latest", *words)
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")


def test_the_summary_says_who_decides(own: Path) -> None:
    """The strategy of all first, then that of each symbol that has its own."""
    shown = say(own, "show", "latest").out
    assert "turns.py:Turns · ETHUSDT turns.py:Against · SOLUSDT turns.py:Turns (share 0.02)" in shown


def test_what_a_symbol_does_is_part_of_the_run(own: Path, tmp_path: Path) -> None:
    """Another parameter of one symbol, or another module that its strategy imports, makes another run."""
    known = json.loads((only_run(own) / "run_manifest.json").read_text())["run_id"]
    other = world(tmp_path / "params", ", ".join(ALONE), OWN.replace("0.02", "0.03"))
    (tmp_path / "params" / "pieces.py").write_text('FEATURE = "sma(close, 5)"\n')
    ids = {known, say(other, "run", "--json").envelope["data"]["run_id"]}
    (other / "system.yml").write_text((own / "system.yml").read_text())
    (other / "pieces.py").write_text('FEATURE = "sma(close, 5)"  # a comment\n')
    ids.add(say(other, "run", "--json").envelope["data"]["run_id"])
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (
            "use: mtf_trend, per_symbol: {XRPUSDT: {params: {}}}",
            "strategy.per_symbol.XRPUSDT: is not one of the symbols",
        ),
        ("use: mtf_trend, per_symbol: {ETHUSDT: {use: mtf_trent}}", "there is no strategy 'mtf_trent'"),
        ("use: mtf_trend, per_symbol: {ETHUSDT: {params: {atr_stopp: 1}}}", "atr_stopp"),
        ("use: mtf_trend, per_symbol: {ETHUSDT: {sizing: 1}}", "strategy.per_symbol.ETHUSDT.sizing"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_place(tmp_path: Path, strategy: str, said: str) -> None:
    """Exit code 2, the line of the file, and what is wrong there."""
    (tmp_path / "system.yml").write_text(SYSTEM.replace("SYMBOLS", "BTCUSDT, ETHUSDT").replace("STRATEGY", strategy))
    done = say(tmp_path, "preflight")
    assert done.code == 2
    assert "system.yml:9:" in done.err
    assert said in done.err
