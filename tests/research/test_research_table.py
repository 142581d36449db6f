"""The rows of a sweep in files: every value to the last bit, and the same bytes for the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.market.store.connecting import Settings, connect
from btcli.research import ranking, table
from btcli.research.rows import Outcome, failed
from btcli.research.space import space_of
from btcli.research.table import PARQUET, write_rows, write_table

SPACE = space_of(("strategy.params.hold=1..9",), None, 0)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
RETURNS = st.lists(st.floats(width=32, allow_infinity=False), max_size=9)


def figures(sharpe: float, whole: int, reasons: str) -> Mapping[str, Any]:
    """A few figures; the others have no value."""
    return {"sharpe": sharpe, "trades": whole, "turnover_usdt": 1.0, "null_reasons": {"calmar": reasons}}


def written(outcomes: Mapping[int, Outcome]) -> tuple[pl.DataFrame, bytes]:
    """What polars reads of these rows, and the bytes of the file."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        write_rows(SPACE, outcomes, file)
        return pl.read_parquet(file), file.read_bytes()


@settings(max_examples=60, deadline=None)
@given(sharpe=NUMBERS, whole=st.integers(-(2**63), 2**63 - 1), text=TEXTS, returns=RETURNS)
def test_every_value_is_read_again_to_the_last_bit(sharpe: float, whole: int, text: str, returns: list[float]) -> None:
    """Numbers with their sign, whole ones of 64 bits, any text, returns as float32 with none for what is no number."""
    days = np.array(returns, np.float32)
    frame, _ = written(
        {3: Outcome("ENDED", text, dict(figures(sharpe, whole, text)), "id", days), 1: failed("RAISED", ["x"])}
    )
    assert frame["trial"].to_list() == [1, 3]
    row = frame.row(1, named=True)
    assert (row["sharpe"], math.copysign(1.0, row["sharpe"])) == (sharpe, math.copysign(1.0, sharpe))
    assert (row["trades"], row["reason"], row["calmar"]) == (whole, text or None, None)
    assert [math.nan if each is None else each for each in row["daily_returns"]] == pytest.approx(
        days.tolist(), abs=0, rel=0, nan_ok=True
    )
    assert frame.row(0, named=True)["daily_returns"] is None


def test_the_same_rows_have_the_same_bytes() -> None:
    """Whatever the order in which they came."""
    one, other = Outcome("ENDED", "", dict(figures(0.5, 7, ""))), failed("REFUSED", ["no"])
    assert written({1: one, 2: other})[1] == written({2: other, 1: one})[1]


def test_what_no_text_can_hold_is_escaped() -> None:
    """Half of a pair of UTF-16, as a strategy may raise it."""
    frame, _ = written({1: failed("RAISED", ["a \ud83d b"])})
    assert frame["reason"].to_list() == [r"a \ud83d b"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["x" * 2000], "x" * 2000),
        (["x" * 2001], "x" * 2000 + "… 1 more character"),
        (["é" * 100_000], "é" * 2000 + "… 98,000 more characters"),
        (["x" * 1000, "y" * 1000], "x" * 1000 + "; " + "y" * 998 + "… 2 more characters"),
        (["\ud83d" * 1000], r"\ud83d" * 333 + r"\u" + "… 4,000 more characters"),
    ],
    ids=["as long as may be", "one more", "very long", "several", "escaped"],
)
def test_a_long_reason_is_cut(said: list[str], kept: str) -> None:
    """After 2,000 characters, as they stand in the row, and it says how many there were more."""
    frame, _ = written({1: failed("RAISED", said)})
    assert frame["reason"].to_list() == [kept]


@pytest.mark.parametrize(("megabytes", "tries"), [(25, 1), (2, 2)], ids=["sorted on the disk", "too little for that"])
def test_a_table_that_does_not_fit_into_memory_has_the_same_bytes(
    megabytes: int, tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty megabytes of rows in two chunks; nothing of what lay on the disk meanwhile is left beside the table.

    Where no sorting on the disk will do it is tried once more, with the memory that there is.
    """
    returns = "list_transform(range(10), day -> (trial * 10 + day)::FLOAT) AS daily_returns"
    chunks = [tmp_path / "odd", tmp_path / "even"]
    for first, chunk in enumerate(chunks):
        rows = f"SELECT 599999 - 2 * n - {first} AS trial, {returns} FROM range(300000) AS numbers(n)"
        duckdb.execute(f"COPY ({rows}) TO '{chunk}' {PARQUET}")
    write_table(chunks, tmp_path / "whole")
    opened = list[Settings]()
    monkeypatch.setattr(table, "connect", lambda settings: opened.append(settings) or connect(settings=settings))
    monkeypatch.setattr(table, "SORTED_MB", megabytes)
    write_table(chunks, tmp_path / "sorted")
    assert len(opened) == tries
    assert (tmp_path / "sorted").read_bytes() == (tmp_path / "whole").read_bytes()
    assert pl.read_parquet(tmp_path / "sorted")["trial"].to_list() == list(range(600_000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["even", "odd", "sorted", "whole"]


def test_the_spread_of_a_figure_comes_over_as_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many trials there are: those that traded to the end and have it count, each quantile the value of one."""
    rows: list[int] = []

    def selecting(*asked: Any) -> Any:
        found = table.select(*asked)
        rows.append(len(found))
        return found

    monkeypatch.setattr(ranking, "select", selecting)
    file = tmp_path / "some.parquet"
    status = "CASE WHEN i > 101 THEN 'LIQUIDATED' ELSE 'END_OF_DATA' END AS status"
    figure = "CASE WHEN i = 7 THEN NULL WHEN i > 101 THEN 1000 ELSE 101 - i END AS sharpe"
    values = f"SELECT {figure}, i = 9 AS never_traded, {status} FROM range(1, 104) t(i)"
    duckdb.sql(f"COPY ({values}) TO '{file}' (FORMAT parquet)")
    found = ranking.spread([file], "sharpe")
    assert rows == [1]
    assert (found.counted, found.ended_early) == (99, 2)
    assert [found.quantiles[name] for name in ("least", "5 %", "median", "greatest")] == [0.0, 5.0, 49.0, 100.0]
    duckdb.sql(f"COPY (SELECT * FROM ({values}) WHERE never_traded) TO '{file}' (FORMAT parquet)")
    assert ranking.spread([file], "sharpe") == ranking.Spread("sharpe", 0, 0, {})
    assert ranking.spread([], "sharpe") == ranking.Spread("sharpe", 0, 0, {})
