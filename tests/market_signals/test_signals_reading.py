"""Files of signals: forms of moments, columns of numbers, whose row it is, and files that are none."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from btcli.config.sections import Signals as Written
from btcli.errors import AccessError, BtcliError, RequestError
from btcli.market.signals.reading import read_signals
from btcli.market.signals.rows import Signals

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
NEW_YEAR_MS = 1_704_067_200_000  # 2024-01-01T00:00Z, by hand: 19,723 days
END_MS = NEW_YEAR_MS + 86_400_000


def read(path: Path, symbols: tuple[str, ...] = ("BTCUSDT",), end_ms: int = END_MS, **keys: Any) -> Signals:
    """The signals of a file whose moments are in `ts`."""
    written = Written.model_validate({"file": path.name, "available_at": "ts", **keys})
    return read_signals(path, written, symbols, end_ms)


def text_file(folder: Path, *lines: str, name: str = "preds.csv") -> Path:
    """A text file of these lines."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def moments(signals: Signals, symbol: str = "") -> list[int]:
    """Milliseconds after the start of 2024."""
    return [int(each) - NEW_YEAR_MS for each in signals.rows[symbol].ts]


def numbers(signals: Signals, name: str = "score", symbol: str = "") -> list[float | None]:
    """A column, None where it is unknown."""
    return [None if np.isnan(each) else float(each) for each in signals.rows[symbol].columns[name]]


@pytest.mark.parametrize("ending", ["parquet", "feather", "csv", "csv.gz"])
def test_each_form_of_file_says_the_same(tmp_path: Path, ending: str) -> None:
    """Parquet, Feather, CSV and a packed CSV of the same rows have the same digest, in whatever order they stand."""
    frame = pl.DataFrame({"score": [0.25, None, -3.0], "ts": [NEW_YEAR_MS + 7, NEW_YEAR_MS, NEW_YEAR_MS + 9]})
    path = tmp_path / f"preds.{ending}"
    if ending == "parquet":
        frame.write_parquet(path)
    elif ending == "feather":
        frame.write_ipc(path)
    else:
        text = frame.write_csv()
        path.write_bytes(gzip.compress(text.encode()) if ending == "csv.gz" else text.encode())
    signals = read(path)
    assert (moments(signals), numbers(signals)) == ([0, 7, 9], [None, 0.25, -3])
    turned = tmp_path / "turned.parquet"
    frame.reverse().select("ts", "score").write_parquet(turned)
    assert [each.sha256 for each in read(turned).digests] == [each.sha256 for each in signals.digests]


FORMS: dict[str, tuple[Any, int]] = {
    "seconds": ([1_704_067_201], 1000),
    "milliseconds": ([1_704_067_200_001], 1),
    "microseconds, rounded up": ([1_704_067_200_000_001], 1),
    "microseconds of a whole millisecond": ([1_704_067_200_002_000], 2),
    "nanoseconds, rounded up": ([1_704_067_200_000_001_000], 1),
    "nanoseconds that went through a float": ([1_704_067_200_000_000_128], 0),
    "a datetime in UTC": ([NEW_YEAR + timedelta(seconds=2)], 2000),
    "a datetime of a millisecond and a bit": ([NEW_YEAR + timedelta(microseconds=2_001)], 3),
    "a datetime without a zone": ([datetime(2024, 1, 1, 0, 0, 3)], 3000),
    "a datetime with another zone": ([datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))], 0),
    "a date among times": (["2024-01-01", "2024-01-01 00:00:01"], 0),
    "text": (["2024-01-01 00:00:04"], 4000),
    "ISO text": (["2024-01-01T00:00:04Z"], 4000),
    "ISO text with its zone": (["2024-01-01T02:00:05+02:00"], 5000),
    "ISO text beyond a millisecond": (["2024-01-01T00:00:00.0020001Z"], 3),
    "ISO text of whole milliseconds": (["2024-01-01T00:00:00.002000Z"], 2),
    "seconds as text": (["1704067206"], 6000),
}


@pytest.mark.parametrize("form", FORMS)
def test_moments_are_read_in_every_usual_form(tmp_path: Path, form: str) -> None:
    """Each is the same moment of UTC, and what lies inside a millisecond is known at its end, never before."""
    values, after_ms = FORMS[form]
    path = tmp_path / "preds.parquet"
    pl.DataFrame({"ts": values, "score": [1.0] * len(values)}).write_parquet(path)
    assert moments(read(path))[0] == after_ms


@pytest.mark.parametrize("days", [[date(2024, 1, 1)], ["2024-01-01", "2024-01-02"], ["2024/1/1"], [20240101, 20240102]])
def test_a_day_is_no_moment(tmp_path: Path, days: list[Any]) -> None:
    """At 00:00 of a day its predictions were not there yet: the time of day has to be written."""
    path = tmp_path / "preds.parquet"
    pl.DataFrame({"ts": days, "score": [1.0] * len(days)}).write_parquet(path)
    with pytest.raises(RequestError, match="is a day and no moment"):
        read(path)


def test_the_unit_of_numbers_can_be_said(tmp_path: Path) -> None:
    """A unit that is said is held against the numbers: the same number is no moment of another unit."""
    path = text_file(tmp_path, "ts,score", "1704067200001,1")
    assert moments(read(path, unit="ms")) == [1]
    with pytest.raises(RequestError, match=r"preds.csv:2 ts '1704067200001' is no time between 2009 and 2100 in s"):
        read(path, unit="s")
    path = text_file(tmp_path, "ts,score", "2024-01-01,1", "2024-01-02,1")
    with pytest.raises(RequestError, match=r"preds.csv:2 ts '2024-01-01' is no time between 2009 and 2100 in ms"):
        read(path, unit="ms")
    dated = tmp_path / "dated.parquet"
    pl.DataFrame({"ts": [NEW_YEAR], "score": [1.0]}).write_parquet(dated)
    with pytest.raises(RequestError, match=r"signals\.unit is for numbers, and column ts holds Datetime"):
        read(dated, unit="ms")


def test_microseconds_of_a_said_unit_are_rounded_up(tmp_path: Path) -> None:
    """A number of a finer unit is known at the end of its millisecond, as where the unit is told from it."""
    path = text_file(tmp_path, "ts,score", "1704067200000001,1", "1704067200002000,2")
    assert moments(read(path, unit="us")) == [1, 2]


def test_numbers_of_every_kind_are_numbers(tmp_path: Path) -> None:
    """Whole numbers, booleans, single precision and text are taken; nothing, NaN and infinities are unknown."""
    frame = pl.DataFrame(
        {
            "ts": [NEW_YEAR_MS, NEW_YEAR_MS + 1],
            "whole": [3, None],
            "huge": pl.Series([2**64 - 1, 1], dtype=pl.UInt64),
            "single": pl.Series([0.1, float("nan")], dtype=pl.Float32),
            "yes": [True, False],
            "text": ["1e308", "n/a"],
            "endless": [float("inf"), float("-inf")],
            "nothing": pl.Series([None, None], dtype=pl.Null),
        }
    )
    path = tmp_path / "preds.feather"
    frame.write_ipc(path)
    signals = read(path)
    assert signals.names == ("endless", "huge", "nothing", "single", "text", "whole", "yes")
    found = {name: numbers(signals, name) for name in signals.names}
    assert found == {
        "endless": [None, None],
        "huge": [2.0**64, 1.0],
        "nothing": [None, None],
        "single": [0.10000000149011612, None],
        "text": [1e308, None],
        "whole": [3.0, None],
        "yes": [1.0, 0.0],
    }


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    """What is not chosen may be anything; what is chosen and no number is refused with its row."""
    path = text_file(tmp_path, "ts,score,model", "1704067200,1,a", "1704067201,2,b")
    assert read(path, columns=["score"]).names == ("score",)
    with pytest.raises(RequestError, match=r"preds.csv:2 model 'a' is no number") as refused:
        read(path)
    assert refused.value.problems[0].hint == "choose the columns of numbers, as signals: {columns: [score]}"


def test_a_file_of_several_symbols_is_taken_apart(tmp_path: Path) -> None:
    """Each symbol sees its own rows; rows of others are counted, and a symbol without rows has none."""
    path = text_file(
        tmp_path,
        "ts,symbol,score",
        "1704067201,ETHUSDT,3",
        "1704067200,BTCUSDT,1",
        "1704067201,BTCUSDT,2",
        "1704067201,DOGEUSDT,4",
    )
    signals = read(path, ("BTCUSDT", "ETHUSDT", "SOLUSDT"))
    assert {symbol: moments(signals, symbol) for symbol in signals.rows} == {
        "BTCUSDT": [0, 1000],
        "ETHUSDT": [1000],
        "SOLUSDT": [],
    }
    assert numbers(signals, symbol="BTCUSDT") == [1, 2]
    assert signals.strangers == 1


def test_a_symbol_column_may_have_another_name(tmp_path: Path) -> None:
    """It is told by its key, and then no other column stands for it."""
    path = text_file(tmp_path, "ts,ticker,score", "1704067200,BTCUSDT,1", "1704067200,ETHUSDT,2")
    assert numbers(read(path, ("ETHUSDT",), symbol="ticker"), symbol="ETHUSDT") == [2]


def test_without_a_symbol_column_rows_are_for_all(tmp_path: Path) -> None:
    """Every symbol of a system sees the same rows."""
    signals = read(text_file(tmp_path, "ts,score", "1704067200,1"), ("BTCUSDT", "ETHUSDT"))
    assert signals.of("BTCUSDT") is signals.of("ETHUSDT")


def test_rows_after_the_window_are_not_read(tmp_path: Path) -> None:
    """Rows that are added later change nothing of a window before them; one at its very end belongs to it."""
    lines = ["ts,score", "1704067200,1", "1704153600,2"]
    before = read(text_file(tmp_path, *lines))
    after = read(text_file(tmp_path, *lines, "1704153601,3"))
    assert (moments(after), after.later) == ([0, 86_400_000], 1)
    assert [each.sha256 for each in before.digests] == [each.sha256 for each in after.digests]


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no rows": (("ts,score",), "the file holds no rows"),
    "no moments": (("time,score", "1704067200,1"), "the file has no column 'ts', as signals.available_at says"),
    "no numbers": (("ts,symbol", "1704067200,BTCUSDT"), "the file has no column of numbers"),
    "the same moment twice": (
        ("ts,score", "1704067201,1", "1704067200,2", "1704067201,1"),
        "preds.csv:4 becomes known at 2024-01-01 00:00:01, as does preds.csv:2",
    ),
    "no moment in a row": (("ts,score", "1704067200,1", ",2"), "preds.csv:3 ts is empty"),
    "units that differ": (("ts,score", "1704067200,1", "1704067200000,2"), "is no time in s, as the first row is"),
    "zones that differ": (
        ("ts,score", "2024-01-01 00:00:00,1", "2024-01-01 01:00:00Z,2"),
        "some times have a zone and some have none",
    ),
    "a moment before its time": (("ts,score", "12,1"), "is no time between 2009 and 2100"),
    "the same column twice": (("ts,score,score", "1704067200,1,2"), "the file has two columns score"),
    "moments twice": (("ts,ts,score", "1704067200,1,2"), "the file has two columns ts"),
    "a name with a space": (("ts,my score", "1704067200,1"), "column 'my score' cannot be named in a system"),
    "a name that is none": (("ts,1st", "1704067200,1"), "column '1st' cannot be named in a system"),
    "the name of the moments": (("ts,available_at", "1704067200,1"), "has the name of the moments"),
    "a symbol that is none": (
        ("ts,symbol,score", "1704067200,,1", "1704067200,BTCUSDT,1"),
        "preds.csv:2 column symbol names no symbol",
    ),
    "other symbols alone": (("ts,symbol,score", "1704067200,BTC/USDT,1"), "the file has rows of BTC/USDT alone"),
    "a decimal comma": (("ts;score", "1704067200;0,5"), "preds.csv:2 score '0,5' is no number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_of_signals_is_refused(tmp_path: Path, case: str) -> None:
    """Each with a sentence that says what is wrong, and where there is one the row."""
    lines, said = REFUSED[case]
    with pytest.raises(RequestError) as refused:
        read(text_file(tmp_path, *lines))
    assert said in str(refused.value)
    assert refused.value.problems[0].where.startswith("preds.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("zeros.csv", b"\0" * 4096),
        ("garbage.csv", bytes(np.random.default_rng(1).integers(0, 256, 10_000_000, np.uint8))),
        ("letters.csv", b"x" * 10_000_000),
        ("commas.csv", b"," * 1_000_000),
        ("cut.parquet", b"PAR1" + b"\0" * 200),
        ("other.parquet", b"ARROW1\0\0" + b"\xff" * 200),
        ("pickle.csv", b"\x80\x04K\x01."),
        ("rows.json", b'[{"ts": 1704067200, "score": 1}]'),
        ("bomb.csv.gz", gzip.compress(b"0" * 200_000_000)),
    ],
)
def test_files_that_are_none_end_with_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    """Whatever stands in a file, it is refused as a request or as unreadable, and names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((RequestError, AccessError)) as refused:
        read(path)
    assert refused.value.problems[0].where.startswith(name.removesuffix(".gz"))


def test_lists_and_structures_are_no_numbers(tmp_path: Path) -> None:
    """A nested column of Parquet is refused by its name, and may stand beside chosen ones."""
    path = tmp_path / "preds.parquet"
    pl.DataFrame({"ts": [NEW_YEAR_MS], "score": [1.0], "probs": [[0.1, 0.9]]}).write_parquet(path)
    with pytest.raises(RequestError, match="column probs holds"):
        read(path)
    assert numbers(read(path, columns=["score"])) == [1.0]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_a_file_that_may_not_be_read_is_no_request(tmp_path: Path) -> None:
    """Who may not read it is told so with exit code 3."""
    path = text_file(tmp_path, "ts,score", "1704067200,1")
    path.chmod(0)
    with pytest.raises(AccessError) as refused:
        read(path)
    assert refused.value.exit_code == 3


def test_dunder_names_are_names_like_others(tmp_path: Path) -> None:
    """They are columns and lead to nothing of Python's."""
    assert read(text_file(tmp_path, "ts,__class__", "1704067200,1")).names == ("__class__",)


def test_errors_are_all_of_ours(tmp_path: Path) -> None:
    """Files of random bytes behind a header never end in an error that is not expected."""
    draw = np.random.default_rng(5)
    for _ in range(60):
        body = bytes(draw.integers(0, 256, int(draw.integers(1, 400)), np.uint8))
        path = tmp_path / "preds.csv"
        path.write_bytes(b"ts,score\n1704067200,1\n" + body)
        try:
            read(path)
        except BtcliError as error:
            assert error.exit_code in (2, 3)  # noqa: PT017
