"""Imports beside what is there: other timeframes of the same market, other files of the same command, options that
say nothing of a series."""

from __future__ import annotations

from math import sin
from pathlib import Path

import pytest
from cli_worlds import say
from test_cli_importing import HERE, NEW_YEAR, TRADE, error_of, stored

MINUTE = 60_000
HOUR = 60 * MINUTE
HEADER = "open_time,open,high,low,close,volume"
Candle = tuple[int, float, float, float, float, float]
FIVE = {"5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "1d": 24 * HOUR}


def minutes(count: int, step: int) -> list[Candle]:
    """Candles of a price that never stands still, from New Year on."""
    found: list[Candle] = []
    price = 100.0
    for n in range(count):
        after = 100.0 + 8 * sin(n / 7) + n % 11 / 10
        high, low = max(price, after) + 0.1 + n % 3 / 10, min(price, after) - 0.2
        found.append((NEW_YEAR + n * step, price, high, low, after, 1.0 + n % 5))
        price = after
    return found


def together(fine: list[Candle], step: int) -> list[Candle]:
    """The same market in longer candles, as every venue makes them."""
    buckets: dict[int, list[Candle]] = {}
    for candle in fine:
        buckets.setdefault(candle[0] // step * step, []).append(candle)
    return [
        (ts, rows[0][1], max(r[2] for r in rows), min(r[3] for r in rows), rows[-1][4], sum(r[5] for r in rows))
        for ts, rows in buckets.items()
    ]


def write(path: Path, rows: list[Candle], *, later: int = 0, price: float = 1.0, volume: float = 1.0) -> Path:
    """Rows as a file, moved and multiplied."""
    lines = [
        f"{row[0] + later}," + ",".join(f"{value * price:.10g}" for value in row[1:5]) + f",{row[5] * volume:.10g}"
        for row in rows
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def market(stored_as: str, given_as: str) -> tuple[list[Candle], list[Candle]]:
    """Twelve days of one market, in the timeframe that is stored and in the one that comes."""
    base = min(FIVE[stored_as], FIVE[given_as])
    fine = minutes(12 * 24 * HOUR // base, base)
    return together(fine, FIVE[stored_as]), together(fine, FIVE[given_as])


PAIRS = [("5m", "1h"), ("15m", "1d"), ("1d", "15m"), ("4h", "1h")]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_same_market_in_another_timeframe_is_taken(one: str, other: str, tmp_path: Path) -> None:
    """Finer beside coarser and coarser beside finer, when they are the same trades."""
    kept, given = market(one, other)
    assert say(tmp_path, "data", "import", write(tmp_path / "a.csv", kept), *TRADE).code == 0
    assert say(tmp_path, "data", "import", write(tmp_path / "b.csv", given), *TRADE).code == 0
    assert set(stored(tmp_path)) == {f"BTCUSDT trade {one}", f"BTCUSDT trade {other}"}


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("bent", ["close stamps", "clock", "contract", "contracts", "dollars"])
def test_another_timeframe_gives_a_wrong_file_away(bent: str, one: str, other: str, tmp_path: Path) -> None:
    """Close stamps, another clock, another contract and another unit of volume are told with the stored series."""
    kept, given = market(one, other)
    step = FIVE[other]
    changes = {
        "close stamps": {"later": step},
        "clock": {"later": 8 * HOUR if step <= 4 * HOUR else 24 * HOUR},
        "contract": {"price": 1.05},
        "contracts": {"volume": 100.0},
    }
    if bent == "dollars":
        given = [(*row[:5], row[5] * (row[2] + row[3]) / 2) for row in given]
    say(tmp_path, "data", "import", write(tmp_path / "a.csv", kept), *TRADE)
    words = ("data", "import", write(tmp_path / "b.csv", given, **changes.get(bent, {})), *TRADE)  # type: ignore[arg-type]
    for form in (words, (*words, "--dry-run")):
        error = error_of(tmp_path, *form)
        assert error["message"].endswith(f", of binance BTCUSDT trade {one}")
        way = {
            "close stamps": "--stamp close",
            "clock": "--utc-offset +8" if step <= 4 * HOUR else "--stamp close",
            "contract": "is it another market, or another unit?",
            "contracts": "--volume-in contracts:0.01",
            "dollars": "--volume-in quote",
        }
        assert error["hint"].startswith(way[bent]) or way[bent] in error["hint"]
        delete = f"btcli data delete --venue binance --symbol BTCUSDT --series trade --timeframe {one}"
        assert error["hint"].endswith(delete)
    assert set(stored(tmp_path)) == {f"BTCUSDT trade {one}"}


def test_timeframes_that_do_not_divide_are_not_compared(tmp_path: Path) -> None:
    """3m and 5m have no bucket in common: the file is taken, as before."""
    write(tmp_path / "a.csv", minutes(300, 3 * MINUTE))
    write(tmp_path / "b.csv", minutes(300, 5 * MINUTE), price=2.0)
    assert say(tmp_path, "data", "import", "a.csv", *TRADE).code == 0
    assert say(tmp_path, "data", "import", "b.csv", *TRADE).code == 0


def test_the_nearest_timeframe_is_asked_first(tmp_path: Path) -> None:
    """Of 5m, 1h and 1d the hours are the ones a file of 4h is held against."""
    fine = minutes(12 * 288, 5 * MINUTE)
    for name in ("5m", "1h", "1d"):
        write(tmp_path / f"{name}.csv", together(fine, FIVE[name]), volume=100.0)
        assert say(tmp_path, "data", "import", f"{name}.csv", *TRADE).code == 0
    write(tmp_path / "b.csv", together(fine, FIVE["4h"]), price=1.5, volume=100.0)
    assert error_of(tmp_path, "data", "import", "b.csv", *TRADE)["message"].endswith("trade 1h")


def test_marks_and_trades_and_other_symbols_are_not_held_against_each_other(tmp_path: Path) -> None:
    """Only the same venue, symbol and series is the same market."""
    kept, given = market("5m", "1h")
    write(tmp_path / "a.csv", kept)
    write(tmp_path / "b.csv", given, price=3.0)
    assert say(tmp_path, "data", "import", "a.csv", *TRADE).code == 0
    for other in (
        (*HERE, "--series", "mark"),
        ("--venue", "binance", "--symbol", "ETHUSDT", "--series", "trade"),
        ("--venue", "bybit", "--symbol", "BTCUSDT", "--series", "trade"),
    ):
        assert say(tmp_path, "data", "import", "b.csv", *other).code == 0


def test_volumes_of_one_value_tell_no_unit(tmp_path: Path) -> None:
    """Made-up candles with the same volume in every length are taken."""
    for name in ("1h", "4h"):
        rows = [(ts, 100.0, 101.0, 99.0, 100.0, 5.0) for ts, *_ in together(minutes(300, HOUR), FIVE[name])]
        write(tmp_path / f"{name}.csv", rows)
        assert say(tmp_path, "data", "import", f"{name}.csv", *TRADE).code == 0


def disagreeing(folder: Path, how: str) -> tuple[Path, Path]:
    """Two files of one market that cannot both be right."""
    if how == "funding":
        for name, factor in (("a.csv", 1.0), ("b.csv", 100.0)):
            rows = "".join(f"{NEW_YEAR + n * 8 * HOUR},{0.0001 * (1 + n % 3) * factor:.6g}\n" for n in range(9))
            (folder / name).write_text(f"fundingTime,fundingRate\n{rows}")
        return folder / "a.csv", folder / "b.csv"
    kept, given = market("5m", "5m" if how == "same" else "1h")
    return write(folder / "a.csv", kept), write(folder / "b.csv", given, price=1.5)


@pytest.mark.parametrize("how", ["same", "other timeframe", "funding"])
def test_files_of_one_command_are_held_against_each_other(how: str, tmp_path: Path) -> None:
    """The dry run says of two new files what the import says, in the same sentence, and neither leaves a store."""
    kind = () if how == "funding" else ("--series", "trade")
    words = ("data", "import", *disagreeing(tmp_path, how), *HERE, *kind)
    before = sorted(tmp_path.iterdir())
    dry, real = (error_of(tmp_path, *words, *more) for more in (("--dry-run",), ()))
    assert dry == real
    assert "times those stored" in real["message"]
    assert sorted(tmp_path.iterdir()) == before


def test_files_of_one_command_are_held_against_a_store_that_is_there(tmp_path: Path) -> None:
    """With a store that has another symbol the two answers are the same as well, and the store keeps its rows."""
    one, other = disagreeing(tmp_path, "same")
    assert (
        say(tmp_path, "data", "import", one, "--venue", "binance", "--symbol", "ETHUSDT", "--series", "trade").code == 0
    )
    rows = stored(tmp_path)
    dry, real = (error_of(tmp_path, "data", "import", one, other, *TRADE, *more) for more in (("--dry-run",), ()))
    assert dry == real
    assert stored(tmp_path) == rows


def test_files_that_agree_are_taken_together(tmp_path: Path) -> None:
    """Months that overlap by a day, and hours beside minutes, in one command."""
    fine = minutes(2000, 5 * MINUTE)
    files = (
        write(tmp_path / "a.csv", fine[:1200]),
        write(tmp_path / "b.csv", fine[900:]),
        write(tmp_path / "h.csv", together(fine, HOUR)[:-1]),
    )
    assert say(tmp_path, "data", "import", *files, *TRADE, "--dry-run").code == 0
    assert say(tmp_path, "data", "import", *files, *TRADE).code == 0
    assert stored(tmp_path) == {"BTCUSDT trade 5m": 2000, "BTCUSDT trade 1h": 166}


FUNDING = "fundingTime,fundingRate\n" + "".join(f"{NEW_YEAR + n * 8 * HOUR},0.0001\n" for n in range(9))


@pytest.mark.parametrize("kind", [(), ("--series", "funding")])
def test_a_timeframe_of_settlements_is_refused(kind: tuple[str, ...], tmp_path: Path) -> None:
    """Funding has no timeframe: the option is told, also where the file alone says that it is funding."""
    (tmp_path / "f.csv").write_text(FUNDING)
    error = error_of(tmp_path, "data", "import", "f.csv", *HERE, *kind, "--timeframe", "1h")
    assert (error["message"], error["hint"]) == ("--timeframe 1h says nothing of funding", "leave --timeframe out")


@pytest.mark.parametrize(
    "words",
    [
        ("data", "export", "out.csv", *HERE, "--series", "funding", "--timeframe", "8h"),
        ("data", "delete", *HERE, "--series", "funding", "--timeframe", "8h", "--yes"),
        ("data", "forget", *HERE, "--series", "funding", "--timeframe", "8h"),
        ("data", "sync", *HERE, "--series", "funding", "--timeframe", "8h", "--start", "2024-01-01"),
    ],
    ids=lambda words: words[1],
)
def test_no_verb_ignores_a_timeframe_of_settlements(words: tuple[str, ...], tmp_path: Path) -> None:
    """Export, delete, forget and sync refuse it as import does, and leave the rows."""
    (tmp_path / "f.csv").write_text(FUNDING)
    assert say(tmp_path, "data", "import", "f.csv", *HERE).code == 0
    assert error_of(tmp_path, *words)["message"] == "--timeframe 8h says nothing of funding"
    assert stored(tmp_path) == {"BTCUSDT funding": 9}
