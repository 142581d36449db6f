"""A hundred symbols on one account, from preflight through summary, explain and replay."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from cli_worlds import Said, only_run, say

pytestmark = pytest.mark.long

NAMES = [f"S{number:03}USDT" for number in range(100)]
SPECS = (
    "{tick_size: 0.00001, qty_step: 0.001, min_qty: 0.001, max_qty: 5000000,"
    " tiers: [{limit_usdt: 5000000, maintenance_rate: 0.01, max_leverage: 50}]LIFE}"
)
LATE = "S042USDT"
SYSTEM = f"""\
system: hundred
venue: sample
symbols: [{", ".join(NAMES)}]
timeframes: {{exec: 1h, ltf: 1h, htf: 4h}}
windows:
  days: {{start: 2024-02-01, end: 2024-02-03}}
data: {{derive_from: 1h}}
account: {{initial_equity_usdt: 100000, leverage: 5}}
risk: {{sizing: {{notional_usdt: 500}}}}
strategy: {{use: "turns.py:Turns"}}
instruments:
"""
TURNS = """\
from btcli.strategies import Direction, Signal, Strategy


class Turns(Strategy):
    features = {"ltf": {"fast": "sma(close, 3)"}, "htf": {"slow": "sma(close, 2)"}}
    sees_others = True

    def decide(self, snapshot):
        others = snapshot.others
        if list(others) != NAMES or others[snapshot.symbol].ltf is not snapshot.ltf:
            raise ValueError("does not see itself among the others")
        if any(seen.ltf.bar and seen.ltf.bar.symbol != symbol for symbol, seen in others.items()):
            raise ValueError("sees another symbol's bar")
        if snapshot.exchange.has_position or snapshot.bar.symbol != snapshot.symbol:
            return None
        above = snapshot.ltf.close > snapshot.ltf["fast"]
        return Signal(Direction.LONG if above else Direction.SHORT, stop_distance=0.01 * snapshot.ltf.close)
"""


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one packed run of a hundred symbols, one of them listed at noon of the second day."""
    folder = tmp_path_factory.mktemp("hundred")
    lives = dict.fromkeys(NAMES, "") | {LATE: ", listed: 2024-02-02T12:00Z"}
    specs = "".join(f"  {name}: {SPECS.replace('LIFE', life)}\n" for name, life in lives.items())
    (folder / "system.yml").write_text(SYSTEM + specs)
    (folder / "turns.py").write_text(TURNS + f"\n\nNAMES = {NAMES}\n")
    assert say(folder, "data", "sample").code == 0
    said = say(folder, "run", "--pack")
    assert said.code == 0, said.err
    return folder


@pytest.fixture(scope="module")
def shown(hundred: Path) -> Said:
    """What preflight prints."""
    return say(hundred, "preflight")


def test_all_of_them_trade(hundred: Path) -> None:
    """Each from the first close at which it is ready: 48 hours before the end for all but the one listed late."""
    with (only_run(hundred) / "trades.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    first = {symbol: min(row["entry_ts"] for row in rows if row["symbol"] == symbol) for symbol in NAMES}
    assert Counter(first.values())["2024-02-01T01:00:00.000Z"] == 99
    assert first[LATE] == "2024-02-02T20:00:00.000Z"


def test_preflight_fits_a_screen(shown: Said) -> None:
    """Series that are well share a line, the late one is told, and the machine's answer still has all of them."""
    assert shown.code == 0
    assert len(shown.out.splitlines()) <= 8
    assert f"{LATE}: listed 2024-02-02 12:00, inside the window" in shown.out
    assert "trade 1h of 100 symbols" in shown.out


def test_the_envelope_has_every_series(hundred: Path) -> None:
    """Three series a symbol, in the order of the symbols."""
    (report,) = say(hundred, "preflight", "--json").envelope["data"]["reports"]
    assert [each["series"] for each in report["series"][::3]] == [f"sample {name} trade 1h" for name in NAMES]
    assert len(report["series"]) == 300


def test_problems_of_many_symbols_are_cut_short(hundred: Path, tmp_path: Path) -> None:
    """A window without data has three problems a symbol; the first are shown, and how many more there are."""
    folder = Path(shutil.copytree(hundred, tmp_path / "copy", ignore=shutil.ignore_patterns("runs")))
    text = (folder / "system.yml").read_text()
    (folder / "system.yml").write_text(text.replace("end: 2024-02-03", "end: 2024-02-05"))
    said = say(folder, "preflight")
    assert said.code == 1
    assert "… and 276 more" in said.out
    assert "… and 260 more" in said.err
    assert len(said.out.splitlines()) + len(said.err.splitlines()) < 120
    assert len(say(folder, "preflight", "--json").envelope["errors"]) == 300


def test_the_summary_stays_short(hundred: Path) -> None:
    """Three symbols by name, the number of the others, and sums."""
    said = say(hundred, "show", "latest").out
    assert "S000USDT S001USDT S002USDT and 97 more" in said
    assert "Buy and hold" in said
    assert "mean " in said
    assert len(said.splitlines()) <= 22
    assert "Buy and hold, mean" in say(hundred, "show", "latest", "--full").out
    assert max(map(len, said.splitlines())) < 160
    metrics = json.loads((only_run(hundred) / "metrics.json").read_text())
    assert list(metrics["buy_and_hold_pct"]) == NAMES


def test_any_trade_is_explained(hundred: Path) -> None:
    """The last symbol's first trade too, with the marks of its own pack."""
    with (only_run(hundred) / "trades.csv").open() as lines:
        row = next(row for row in csv.DictReader(lines) if row["symbol"] == NAMES[-1])
    said = say(hundred, "explain", "latest", "--trade", row["trade_id"])
    assert said.code == 0, said.err
    assert f"{NAMES[-1]} {row['side']}" in said.out


@pytest.mark.parametrize("words", [(), ("--pack-only",)])
def test_the_replay_is_identical(hundred: Path, words: tuple[str, ...]) -> None:
    """From the store and from the pack."""
    done = say(hundred, "replay", "latest", *words)
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")
