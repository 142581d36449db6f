"""A run names the dated formulas that it used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_worlds import say

from btcli.config import formulas

FIRST_MS = 1_756_598_400_000  # 2025-08-31
CHANGE = "2025-09-02T00:00:00.000Z"
BY_ENTRY = {"basis": "entry", "from": None, "until": CHANGE}
BY_MARK = {"basis": "mark", "from": CHANGE, "until": None}
SYSTEM = """\
system: dated
venue: bybit
symbols: [TENUSDT]
timeframes: {ltf: 1h}
account: {initial_equity_usdt: 1000, leverage: 5}
costs: {taker_fee_rate: 0, maker_fee_rate: 0, slippage_bps: 0, stop_slippage_bps: 0}
fills: {mark_source: last}
risk: {sizing: {qty: 1}}
instruments:
  TENUSDT: {tick_size: 0.01, qty_step: 0.1, min_qty: 0.1, max_qty: 1000,
            tiers: [{limit_usdt: 1000000, maintenance_rate: 0.01, max_leverage: 50}]}
strategy: {use: "once.py:Once"}
"""
ONCE = """\
from btcli.strategies import Direction, Signal, Strategy


class Once(Strategy):
    asked = 0

    def decide(self, snapshot):
        self.asked += 1
        return Signal(Direction.LONG) if self.asked == 1 else None
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with five flat days of a coin at 10 USDT, and a strategy that goes long once."""
    folder = tmp_path_factory.mktemp("dated")
    (folder / "system.yml").write_text(SYSTEM)
    (folder / "once.py").write_text(ONCE)
    candles = "".join(f"{FIRST_MS + n * 3_600_000},10,10,10,10,5\n" for n in range(120))
    funding = "".join(f"{FIRST_MS + n * 28_800_000},0.0001\n" for n in range(15))
    (folder / "candles.csv").write_text("open_time,open,high,low,close,volume\n" + candles)
    (folder / "funding.csv").write_text("fundingTime,fundingRate\n" + funding)
    named = ("--venue", "bybit", "--symbol", "TENUSDT")
    assert say(folder, "data", "import", "candles.csv", *named, "--series", "trade").code == 0
    assert say(folder, "data", "import", "funding.csv", *named).code == 0
    return folder


@pytest.mark.parametrize(
    ("start", "end", "used", "liquidation_price"),
    [
        ("2025-09-01", "2025-09-01", [BY_ENTRY], 8.1),
        ("2025-09-01", "2025-09-03", [BY_ENTRY, BY_MARK], 8.1),
        ("2025-09-02", "2025-09-03", [BY_MARK], 8 / 0.99),
    ],
)
def test_the_formulas_of_the_windows_days_are_in_the_manifest(
    world: Path, start: str, end: str, used: list[dict[str, str]], liquidation_price: float
) -> None:
    """Each formula of the window stands among the inputs with its bounds, and its liquidation price is the run's."""
    said = say(world, "run", "--start", start, "--end", end, "--json")
    assert said.code == 0, said.err
    folder = world / said.envelope["data"]["run_dir"]
    inputs = json.loads((folder / "run_manifest.json").read_text())["inputs"]
    assert inputs["formulas"] == {"maintenance_margin": used}
    events = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    (opened,) = (event for event in events if event["event"] == "position_opened")
    assert opened["liquidation_price"] == pytest.approx(liquidation_price, rel=1e-12)
    assert say(world, "replay", folder.relative_to(world)).code == 0


def test_a_replay_under_another_table_names_the_formula(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1 with what the run used and what would be used now; nothing is run on other formulas."""
    said = say(world, "run", "--start", "2025-09-02", "--end", "2025-09-02", "--json")
    table = tmp_path / "formulas.json"
    table.write_text(formulas.TABLE.read_text().replace("2025-09-02T00:00:00Z", "2025-09-03T00:00:00Z"))
    monkeypatch.setattr(formulas, "TABLE", table)
    formulas.of_venue.cache_clear()
    try:
        replayed = say(world, "replay", said.envelope["data"]["run_dir"])
    finally:
        formulas.of_venue.cache_clear()
    assert replayed.code == 1
    change = f"the run used mark from {CHANGE} to the end, this btcli entry from the start to 2025-09-03T00:00:00.000Z"
    assert f"formula of maintenance_margin: {change}" in replayed.err


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2025-09-01", "2025-09-01", "maintenance margin by the value at entry"),
        ("2025-09-02", "2025-09-03", "maintenance margin by the value at mark"),
        ("2025-09-01", "2025-09-03", "maintenance margin by the value at entry until 2025-09-02, then at mark"),
    ],
)
def test_the_summary_says_by_which_value(world: Path, start: str, end: str, said: str) -> None:
    """The line names what was used, and the day where the window lies on both sides of it."""
    shown = say(world, "run", "--start", start, "--end", end, "--full").out
    line = next(line for line in shown.splitlines() if "Formula" in line)
    assert line.split(maxsplit=1)[1].strip() == said
