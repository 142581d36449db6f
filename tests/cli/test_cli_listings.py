"""A symbol that is listed and delisted inside the window, from preflight to replay."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from cli_worlds import only_run, say

LIFE = "\n    listed: 2024-01-02T08:00Z\n    delisted: 2024-01-03T10:00Z"
LATE = """\
system: late
venue: sample
symbols: [BTCUSDT, SOLUSDT]
timeframes: {exec: 30m, ltf: 1h, htf: 2h}
windows:
  week: {start: 2024-01-01, end: 2024-01-07}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {notional_usdt: 1000}}
strategy: {use: "holds.py:Holds"}
instruments:
  BTCUSDT:
    tick_size: 0.001
    qty_step: 0.001
    min_qty: 0.001
    max_qty: 50000
    tiers: [{limit_usdt: 500000, maintenance_rate: 0.01, max_leverage: 50}]
  SOLUSDT:
    tick_size: 0.001
    qty_step: 0.001
    min_qty: 0.001
    max_qty: 50000
    tiers: [{limit_usdt: 500000, maintenance_rate: 0.01, max_leverage: 50}]LIFE
"""

HOLDS = """\
from btcli.strategies import Direction, Signal, Strategy


class Holds(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}, "htf": {"mean": "sma(close, 2)"}}

    def decide(self, snapshot):
        return None if snapshot.exchange.has_position else Signal(Direction.LONG)
"""


def world(folder: Path, life: str = LIFE) -> Path:
    """A folder with the system, its strategy, and the sample data that it needs."""
    folder.mkdir(exist_ok=True)
    (folder / "holds.py").write_text(HOLDS)
    (folder / "system.yml").write_text(LATE.replace("LIFE", life))
    said = say(folder, "data", "sample")
    assert said.code == 0, said.err
    return folder


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world with one packed run."""
    folder = world(tmp_path_factory.mktemp("late"))
    said = say(folder, "run", "--pack")
    assert said.code == 0, said.err
    return folder


def trades_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of trades.csv by symbol."""
    with (only_run(folder) / "trades.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return {symbol: [row for row in rows if row["symbol"] == symbol] for symbol in ("BTCUSDT", "SOLUSDT")}


def events_of(folder: Path, symbol: str) -> list[dict[str, str]]:
    """The events of a symbol."""
    lines = (only_run(folder) / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event.get("symbol") == symbol]


def test_it_trades_from_its_third_hour_on_and_is_closed_as_delisted(late: Path) -> None:
    """Listed at 8:00, three hours and two times two hours are there at 12:00: the only entry fills then. The last
    bar closes at 10:00 a day later, and the position with it, at the mark and without slippage."""
    (trade,) = trades_of(late)["SOLUSDT"]
    assert (trade["entry_ts"], trade["exit_ts"]) == ("2024-01-02T12:00:00.000Z", "2024-01-03T10:00:00.000Z")
    assert trade["exit_reason"] == "delisted"
    (data,) = (late / "data").glob("*.duckdb")
    assert say(late, "data", "export", "marks.csv", "--venue", "sample", "--symbol", "SOLUSDT", "--series", "mark",
               "--timeframe", "30m").code == 0, data  # fmt: skip
    with (late / "marks.csv").open() as lines:
        last = list(csv.DictReader(lines))[-1]
    assert float(trade["exit_price"]) == float(last["close"])


def test_nothing_of_it_is_told_before_its_listing(late: Path) -> None:
    """Its first event is the close of its first two hours, its last the refusal of an entry at the delisting."""
    events = events_of(late, "SOLUSDT")
    assert {event["ts"] for event in events if event["event"] == "ready"} == {"2024-01-02T12:00:00.000Z"}
    assert (events[0]["ts"], events[0]["event"]) == ("2024-01-02T10:00:00.000Z", "tf_closed")
    assert (events[-1]["ts"], events[-1]["event"]) == ("2024-01-03T10:00:00.000Z", "order_rejected")
    assert events[-1]["code"] == "DELISTED"


def test_the_other_symbol_goes_on_to_the_end(late: Path) -> None:
    """BTCUSDT is ready at the window's first close and held until the data ends."""
    (trade,) = trades_of(late)["BTCUSDT"]
    assert (trade["entry_ts"], trade["exit_reason"]) == ("2024-01-01T01:00:00.000Z", "end_of_data")
    assert trade["exit_ts"] == "2024-01-08T00:00:00.000Z"


def test_preflight_says_so(late: Path) -> None:
    """The report and the screen name the life of the symbol, and its series are whole."""
    said = say(late, "preflight")
    line = "SOLUSDT: listed 2024-01-02 08:00, inside the window; delisted 2024-01-03 10:00, inside the window"
    assert (said.code, line in said.out) == (0, True)
    report = json.loads((only_run(late) / "preflight_report.json").read_text())
    assert report["listings"] == [line]
    rows = {each["series"]: each["coverage"]["rows"] for each in report["series"] if "SOL" in each["series"]}
    assert rows == {
        "sample SOLUSDT trade 30m": 52,
        "sample SOLUSDT trade 1h": 26,
        "sample SOLUSDT trade 2h": 13,
        "sample SOLUSDT mark 30m": 52,
        "sample SOLUSDT funding": 4,
    }


@pytest.mark.parametrize("words", [(), ("--pack-only",)])
def test_its_replay_is_identical(late: Path, words: tuple[str, ...]) -> None:
    """From the store and from the pack alone."""
    done = say(late, "replay", "latest", *words)
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")


def test_a_trade_that_ended_with_the_delisting_is_explained(late: Path) -> None:
    """The story ends at the delisting."""
    (trade,) = trades_of(late)["SOLUSDT"]
    said = say(late, "explain", "latest", "--trade", trade["trade_id"])
    assert (said.code, "delisted" in said.out) == (0, True)


def test_the_same_rules_derived_from_finer_candles_trade_alike(late: Path, tmp_path: Path) -> None:
    """Only whole bars inside the life count, whether a timeframe is stored or derived."""
    folder = world(tmp_path / "derived", LIFE + "\ndata: {derive_from: 30m}")
    assert say(folder, "run").code == 0
    assert trades_of(folder)["SOLUSDT"] == trades_of(late)["SOLUSDT"]


@pytest.mark.parametrize(
    ("life", "hint"),
    [
        ("", "delisted: …"),
        ("\n    listed: 2024-01-02T08:00Z", "delisted: …"),
        ("\n    delisted: 2024-01-03T10:00Z", ""),
    ],
)
def test_a_hole_that_no_fact_explains_is_refused(late: Path, tmp_path: Path, life: str, hint: str) -> None:
    """The same data, of which one end or both are not explained: exit code 1, no trade, and how to explain it."""
    folder = Path(shutil.copytree(late, tmp_path / "copy", ignore=shutil.ignore_patterns("runs")))
    (folder / "system.yml").write_text(LATE.replace("LIFE", life))
    said = say(folder, "run")
    assert (said.code, hint in said.err) == (1, True)
    assert "sample SOLUSDT trade 30m:" in said.err
    unchecked = say(folder, "run", "--no-preflight")
    assert unchecked.code == (0 if "delisted" in life else 1)


def test_a_symbol_that_was_listed_after_the_window_is_refused(late: Path, tmp_path: Path) -> None:
    """Exit code 2, with the symbol, its listing and the window."""
    folder = Path(shutil.copytree(late, tmp_path / "copy", ignore=shutil.ignore_patterns("runs")))
    (folder / "system.yml").write_text(LATE.replace("LIFE", "\n    listed: 2024-02-01"))
    for verb in ("preflight", "run"):
        said = say(folder, verb)
        assert said.code == 2
        assert "SOLUSDT: listed 2024-02-01 00:00, after the window" in said.err
        assert "leave SOLUSDT out of symbols" in said.err


def test_a_delisting_before_the_listing_is_a_config_problem(tmp_path: Path) -> None:
    """The key is named with its place in the file."""
    (tmp_path / "holds.py").write_text(HOLDS)
    life = "\n    listed: 2024-02-01\n    delisted: 2024-01-01"
    (tmp_path / "system.yml").write_text(LATE.replace("LIFE", life))
    said = say(tmp_path, "preflight")
    assert said.code == 2
    assert "instruments.SOLUSDT.delisted: is not after listed" in said.err
