"""`btcli data import` as a whole: what is told before anything is stored, and that all files are taken or none."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from cli_worlds import say

from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.market.store.writing import WriteSource, open_store_for_writing

NEW_YEAR = 1_704_067_200_000
HOUR = 3_600_000
HEADER = "timestamp,open,high,low,close,volume"
HERE = ("--venue", "binance", "--symbol", "BTCUSDT")
TRADE = (*HERE, "--series", "trade")


def candles(count: int = 48, *, shift: int = 0, price: float = 1.0, volume: float = 1.0) -> str:
    """Hours that differ from each other, moved and multiplied."""
    rows = []
    for n in range(count):
        low = (100 + n * n % 97) * price
        row = (low + price, low + 3 * price, low, low + 2 * price, (5 + n % 3) * volume)
        rows.append(f"{NEW_YEAR + n * HOUR + shift}," + ",".join(f"{value:.10g}" for value in row))
    return "\n".join([HEADER, *rows]) + "\n"


def stored(folder: Path) -> dict[str, int]:
    """Rows by series."""
    found = say(folder, "data", "list", "--json").envelope["data"]["series"]
    return {" ".join((each["symbol"], each["series"], each["timeframe"])).strip(): each["rows"] for each in found}


def error_of(folder: Path, *words: object) -> dict[str, str]:
    """The one error of a refused command."""
    said = say(folder, *words, "--json")
    assert said.code == 2, said.out
    [error] = said.envelope["errors"]
    return dict(error)


def test_what_is_assumed_is_printed_and_recorded(tmp_path: Path) -> None:
    """Facts with their evidence, assumptions with their option: on screen, as JSON, and in the store's record."""
    (tmp_path / "candles.csv").write_text(candles())
    out = say(tmp_path, "data", "import", "candles.csv", *TRADE).out
    assert "stamp: open (assumed; --stamp says otherwise)" in out
    assert "clock: UTC (numbers since 1970)" in out
    told = say(tmp_path, "data", "import", "candles.csv", *TRADE, "--volume-in", "coins", "--json").envelope
    [file] = told["data"]["files"]
    assert {"about": "volume", "value": "coins", "fact": True, "because": "--volume-in"} in file["meaning"]
    [series] = say(tmp_path, "data", "list", "--provenance", "--json").envelope["data"]["series"]
    assert series["provenance"][0]["source"].startswith(
        "candles.csv [series trade, instrument perpetual assumed, stamp"
    )


def test_of_several_files_none_is_stored_when_one_cannot_be(tmp_path: Path) -> None:
    """All are read before the first is written."""
    (tmp_path / "good.csv").write_text(candles())
    (tmp_path / "bad.csv").write_text("x,y\n1,2\n")
    assert error_of(tmp_path, "data", "import", "good.csv", "bad.csv", *TRADE)["where"] == "bad.csv"
    assert stored(tmp_path) == {}


def test_several_files_are_taken_together(tmp_path: Path) -> None:
    """A line for each, and one entry with the parts for programs."""
    (tmp_path / "a.csv").write_text(candles(24))
    (tmp_path / "b.csv").write_text(candles(24, shift=24 * HOUR))
    said = say(tmp_path, "data", "import", "a.csv", "b.csv", *TRADE, "--json").envelope["data"]
    assert [item["source"] for item in said["tools"][0]["items"]] == ["a.csv", "b.csv"]
    assert stored(tmp_path) == {"BTCUSDT trade 1h": 48}


def test_of_several_files_that_disagree_with_each_other_none_is_stored(tmp_path: Path) -> None:
    """The second is held against the first, and what was written of the first is taken back."""
    (tmp_path / "a.csv").write_text(candles())
    (tmp_path / "b.csv").write_text(candles(shift=HOUR))
    assert "1 bar of 1h later" in error_of(tmp_path, "data", "import", "a.csv", "b.csv", *TRADE)["message"]
    assert stored(tmp_path) == {}


@pytest.mark.parametrize(
    ("change", "said", "way"),
    [
        ({"shift": HOUR}, "its candles are those stored, 1 bar of 1h later", "--stamp close"),
        ({"shift": 3 * HOUR}, "3 bars of 1h later", "--utc-offset +3"),
        ({"shift": -5 * HOUR}, "5 bars of 1h earlier", "--utc-offset -5"),
        ({"volume": 1000.0}, "its volumes are 1000 times those stored", "--volume-in contracts:0.001"),
        ({"price": 1.5}, "its prices are 1.5 times those stored", "another market"),
    ],
)
@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["import", "dry run"])
def test_a_file_is_held_against_what_is_stored(
    tmp_path: Path, change: dict[str, float], said: str, way: str, flags: tuple[str, ...]
) -> None:
    """A shift, a unit or a factor shows at once; both ways out are named, and nothing is stored."""
    (tmp_path / "first.csv").write_text(candles())
    assert say(tmp_path, "data", "import", "first.csv", *TRADE).code == 0
    (tmp_path / "other.csv").write_text(candles(**change))  # type: ignore[arg-type]
    error = error_of(tmp_path, "data", "import", "other.csv", *TRADE, *flags)
    assert said in error["message"]
    assert way in error["hint"]
    assert "btcli data delete --venue binance --symbol BTCUSDT --series trade --timeframe 1h" in error["hint"]
    assert stored(tmp_path) == {"BTCUSDT trade 1h": 48}


def test_a_few_corrections_are_no_disagreement(tmp_path: Path) -> None:
    """Three candles of 48 that differ replace those stored."""
    (tmp_path / "first.csv").write_text(candles())
    lines = candles().splitlines()
    for row in (5, 6, 7):
        lines[row] = lines[row].rpartition(",")[0] + ",9"
    (tmp_path / "second.csv").write_text("\n".join(lines) + "\n")
    assert say(tmp_path, "data", "import", "first.csv", *TRADE).code == 0
    assert "3 changed, 45 as before" in say(tmp_path, "data", "import", "second.csv", *TRADE).out


def test_the_way_that_is_named_works(tmp_path: Path) -> None:
    """A close-stamped file with its stamp said is what is stored already."""
    (tmp_path / "first.csv").write_text(candles())
    (tmp_path / "closes.csv").write_text(candles(shift=HOUR))
    assert say(tmp_path, "data", "import", "first.csv", *TRADE).code == 0
    assert "48 as before" in say(tmp_path, "data", "import", "closes.csv", *TRADE, "--stamp", "close").out


def settlements(jitter: int = 0, header: str = "fundingTime,fundingRate", factor: float = 1.0) -> str:
    """Thirty settlements, 8 h apart."""
    rows = [f"{NEW_YEAR + n * 8 * HOUR + jitter},{0.0001 * (1 + n % 3) * factor:.6f}" for n in range(30)]
    return "\n".join([header, *rows]) + "\n"


def test_the_same_settlements_from_two_sources_are_stored_once(tmp_path: Path) -> None:
    """Those of one minute are the same, whatever the milliseconds."""
    (tmp_path / "a.csv").write_text(settlements())
    (tmp_path / "b.csv").write_text(settlements(4))
    assert say(tmp_path, "data", "import", "a.csv", *HERE).code == 0
    assert "0 rows new, 0 changed, 30 as before" in say(tmp_path, "data", "import", "b.csv", *HERE).out
    assert stored(tmp_path) == {"BTCUSDT funding": 30}


def test_settlements_are_told_without_a_timeframe(tmp_path: Path) -> None:
    """The line on a file of settlements names its symbol and how times are written, and no length in between."""
    (tmp_path / "funding.csv").write_text(settlements())
    first = say(tmp_path, "data", "import", "funding.csv", *HERE).out.splitlines()[0]
    assert first == "csv, BTCUSDT, times ms since 1970"


def test_rates_of_another_unit_than_those_stored_are_refused(tmp_path: Path) -> None:
    """A hundred times what is stored is percent."""
    (tmp_path / "a.csv").write_text(settlements())
    (tmp_path / "b.csv").write_text(settlements(factor=100))
    assert say(tmp_path, "data", "import", "a.csv", *HERE).code == 0
    error = error_of(tmp_path, "data", "import", "b.csv", *HERE)
    assert "100 times those stored" in error["message"]
    assert "--rate-in percent" in error["hint"]
    assert say(tmp_path, "data", "import", "b.csv", *HERE, "--rate-in", "percent").code == 0


def test_a_dry_run_tells_what_an_import_would(tmp_path: Path) -> None:
    """A bar that cannot be, a column in another's place, a hole, a tail without trade: before anything is stored."""
    lines = candles(72).splitlines()
    wrong = [*lines]
    wrong[10] = wrong[10].replace(wrong[10].split(",")[2], "1", 1)
    (tmp_path / "wrong.csv").write_text("\n".join(wrong) + "\n")
    assert error_of(tmp_path, "data", "import", "wrong.csv", *TRADE, "--dry-run")["where"] == "wrong.csv:11"
    (tmp_path / "good.csv").write_text("\n".join(lines) + "\n")
    swapped = error_of(tmp_path, "data", "import", "good.csv", *TRADE, "--dry-run", "--map", "high=low")
    assert swapped["where"] == "good.csv:2"
    quiet = [line.rpartition(",")[0] + ",0" if n > 40 else line for n, line in enumerate(lines)]
    (tmp_path / "quiet.csv").write_text("\n".join([*quiet[:20], *quiet[30:]]) + "\n")
    notes = say(tmp_path, "data", "import", "quiet.csv", *TRADE, "--dry-run", "--json").envelope["warnings"]
    assert "10 candles are missing in a hole, the first at 2024-01-01 19:00" in notes[0]
    assert "the last 32 candles have no trade: looks delisted on 2024-01-02 16:00" in notes[1]
    assert not (tmp_path / "data").exists()


def test_a_column_without_a_name_can_be_named(tmp_path: Path) -> None:
    """`--map ts_open=` is the column whose name is empty, wherever it stands."""
    moved = [",".join((*line.split(",")[1:], line.split(",")[0])) for line in candles(4).splitlines()]
    (tmp_path / "index.csv").write_text("\n".join(moved).replace("volume,timestamp", "volume,") + "\n")
    assert say(tmp_path, "data", "import", "index.csv", *TRADE, "--map", "ts_open=").code == 0


SYSTEM = """\
system: t
venue: binance
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-02, end: 2024-01-02}}
fills: {mark_source: last}
risk: {sizing: {qty: 1}}
strategy: {use: "s.py:S"}
"""
SPECS = """\
instruments:
  BTCUSDT:
    {tick_size: 0.1, qty_step: 0.001, min_qty: 0.001, max_qty: 1000,
     tiers: [{limit_usdt: 1000000, maintenance_rate: 0.005, max_leverage: 100}]}
"""
STRATEGY = """\
from btcli.strategies import Strategy


class S(Strategy):
    def decide(self, snapshot):
        return None
"""


def test_settlements_that_are_stored_twice_are_told_with_the_command_that_helps(tmp_path: Path) -> None:
    """An older store may hold both; preflight names the deletion, which works, and no healing."""
    (tmp_path / "system.yml").write_text(SYSTEM)
    (tmp_path / "s.py").write_text(STRATEGY)
    (tmp_path / "candles.csv").write_text(candles(72))
    assert say(tmp_path, "data", "import", "candles.csv", *TRADE).code == 0
    funding = Series("binance", "BTCUSDT", "funding", "")
    times = [NEW_YEAR + n * 8 * HOUR for n in range(-3, 10)]
    both = sorted([*times, times[5] + 4])
    with open_store_for_writing(Store(tmp_path / "data")) as writer:
        frame = pl.DataFrame({"ts": both, "rate": [0.0001] * len(both)})
        writer._upsert("funding", funding, frame, WriteSource("test"))
    said = say(tmp_path, "preflight", "--json")
    [error] = said.envelope["errors"]
    assert "1 x row with the time of another row" in error["message"]
    start, end = "2024-01-01T16:00", "2024-01-01T16:01"
    command = f"btcli data delete --venue binance --symbol BTCUSDT --series funding --start {start} --end {end}"
    assert command in error["hint"]
    told = json.dumps(say(tmp_path, "run", "--json").envelope["errors"])
    assert "btcli heal" not in told
    assert say(tmp_path, *command.split()[1:], "--yes").code == 0
    assert stored(tmp_path)["BTCUSDT funding"] == 12


def test_a_run_carries_what_was_assumed_of_its_data(tmp_path: Path) -> None:
    """The manifest's provenance has the account of each file, whatever its name."""
    (tmp_path / "system.yml").write_text(SYSTEM + SPECS)
    (tmp_path / "s.py").write_text(STRATEGY)
    (tmp_path / "candles (1).csv").write_text(candles(72))
    (tmp_path / "funding.csv").write_text(settlements())
    assert say(tmp_path, "data", "import", "candles (1).csv", *TRADE).code == 0
    assert say(tmp_path, "data", "import", "funding.csv", *HERE).code == 0
    done = say(tmp_path, "run")
    assert done.code == 0, done.err
    (manifest,) = tmp_path.glob("runs/*/*/*/run_manifest.json")
    [origin] = json.loads(manifest.read_text())["preflight"]["provenance"]["binance BTCUSDT trade 1h"]
    assert origin["source"].startswith(
        "candles (1).csv [series trade, instrument perpetual assumed, stamp open assumed"
    )
