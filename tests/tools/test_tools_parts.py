"""The small parts of a sync: what is missing, pages into blocks, and a series as a picture of time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools_venues import HOUR, MINUTE, NEW_YEAR, candle

from btcli.errors import SourceError
from btcli.market.picture import picture
from btcli.market.schema import CANDLE_SCHEMA
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import WriteSource, open_store_for_writing
from btcli.sources.source import Page
from btcli.timeframe import Timeframe
from btcli.tools.blocks import BlockWriter, frame_of
from btcli.tools.missing import bridged, clipped, missing_ranges

TRADE = Series("bybit", "BTCUSDT", "trade", "1m")
FUNDING = Series("bybit", "BTCUSDT", "funding", "")


def page(first: int, count: int, url: str = "/candles?x") -> Page:
    start = NEW_YEAR + first * MINUTE
    rows = [candle(start + n * MINUTE, MINUTE, "trade") for n in range(count)]
    return Page(start, start + count * MINUTE, rows, f"digest {first}", url)


def stored_minutes(folder: Path) -> list[int]:
    with open_store(Store(folder)) as reader:
        return [(ts - NEW_YEAR) // MINUTE for ts in reader.times(TRADE).tolist()]


@given(st.sets(st.integers(0, 30)), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=3))
def test_missing_is_what_is_neither_stored_nor_absent(there: set[int], absent: list[tuple[int, int]]) -> None:
    """Every minute of the range is exactly one of stored, confirmed absent, or in a missing range."""

    class Reader:
        def candles(self, *_: object) -> object:
            rows = np.array([candle(NEW_YEAR + n * MINUTE, MINUTE, "trade") for n in sorted(there)]).reshape(-1, 6)
            return frame_of(rows, CANDLE_SCHEMA).filter(ts_within)

        def absent(self, _: Series) -> list[tuple[int, int]]:
            return [(NEW_YEAR + first * MINUTE, NEW_YEAR + (first + count) * MINUTE) for first, count in absent]

    import polars as pl

    ts_within = pl.col("ts_open").is_between(NEW_YEAR, NEW_YEAR + 30 * MINUTE, closed="left")
    known = there | {first + n for first, count in absent for n in range(count)}
    found = missing_ranges(Reader(), TRADE, NEW_YEAR, NEW_YEAR + 30 * MINUTE)  # type: ignore[arg-type]
    minutes = [(ts - NEW_YEAR) // MINUTE for start, end in found for ts in range(start, end, MINUTE)]
    assert minutes == [n for n in range(30) if n not in known]


def test_ranges_are_bridged_and_clipped() -> None:
    """Up to 200 bars apart is one range; what lies outside is cut away."""
    minute = Timeframe.parse("1m")
    assert bridged([(0, MINUTE), (201 * MINUTE, 202 * MINUTE), (403 * MINUTE, 404 * MINUTE)], minute) == [
        (0, 202 * MINUTE),
        (403 * MINUTE, 404 * MINUTE),
    ]
    assert clipped([(5, 9), (0, 3), (2, 6)], 2, 6) == [(2, 3), (2, 6), (5, 6)]


def test_a_block_whose_commit_ctrl_c_ends_is_committed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two blocks the second is interrupted: who flushes again, as the end of a sync does, stores it, once."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        blocks, commit = BlockWriter(writer, TRADE, "sync_range", "bybit"), BlockWriter._commit
        presses = iter([False, True, False])

        def pressed(self: BlockWriter, *given: Any) -> None:
            if next(presses):
                raise KeyboardInterrupt
            commit(self, *given)

        monkeypatch.setattr(BlockWriter, "_commit", pressed)
        for each in (page(20, 10), page(0, 10)):
            blocks.take(each)
        with pytest.raises(KeyboardInterrupt):
            blocks.flush()
        blocks.flush()
        assert [result.rows_new for result in blocks.results] == [10, 10]
    assert stored_minutes(tmp_path) == [*range(10), *range(20, 30)]


def test_pages_in_any_order_become_blocks(tmp_path: Path) -> None:
    """Pages that touch are one write, those that do not, or come from elsewhere, are writes of their own."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        blocks = BlockWriter(writer, TRADE, "sync_range", "bybit")
        for each in (page(20, 10), page(0, 10), page(10, 10), page(50, 10), page(60, 10, "/archive.zip")):
            blocks.take(each)
        blocks.flush()
        log = writer.sync_log()
    assert [(entry.source, entry.rows_new) for entry in log] == [
        ("bybit /candles (3 pages)", 30),
        ("bybit /candles", 10),
        ("bybit /archive.zip", 10),
    ]
    assert log[1].source_digest == "digest 50"
    assert stored_minutes(tmp_path) == [*range(30), *range(50, 70)]


@pytest.mark.parametrize(
    "rows",
    [
        [candle(NEW_YEAR + MINUTE, MINUTE, "trade"), candle(NEW_YEAR, MINUTE, "trade")],
        [candle(NEW_YEAR, MINUTE, "trade")] * 2,
        [candle(NEW_YEAR + 1, MINUTE, "trade")],
        [candle(NEW_YEAR + 5 * MINUTE, MINUTE, "trade")],
        [(NEW_YEAR, 1.0, float("nan"), 1.0, 1.0, 1.0)],
    ],
    ids=["reversed", "doubled", "off the grid", "outside", "no number"],
)
def test_a_page_that_makes_no_sense_is_refused(tmp_path: Path, rows: list[tuple[float, ...]]) -> None:
    """Not a row of it reaches the store, and what was gathered before it does."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        blocks = BlockWriter(writer, TRADE, "sync_range", "bybit")
        blocks.take(page(10, 5))
        with pytest.raises(SourceError, match="makes no sense"):
            blocks.take(Page(NEW_YEAR, NEW_YEAR + 2 * MINUTE, rows, "", "/candles"))
        blocks.flush()
    assert stored_minutes(tmp_path) == list(range(10, 15))


def test_absent_ranges_that_touch_are_kept_as_one(tmp_path: Path) -> None:
    """Readers rely on ranges that ascend and lie apart."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        source = WriteSource("test")
        assert writer.confirm_absent(TRADE, 10, 20, source)
        assert writer.confirm_absent(TRADE, 40, 50, source)
        assert writer.confirm_absent(TRADE, 15, 30, source)
        assert not writer.confirm_absent(TRADE, 12, 30, source)
        assert writer.absent(TRADE) == [(10, 30), (40, 50)]
        assert writer.confirm_absent(TRADE, 30, 40, source)
        assert writer.absent(TRADE) == [(10, 50)]


def test_a_picture_shows_holes_and_what_the_venue_lacks() -> None:
    """Shares of cells, holes that are open, and holes that are confirmed."""
    minutes = [*range(10), *range(20, 25), *range(30, 40)]
    times = np.array([NEW_YEAR + n * MINUTE for n in minutes], dtype=np.int64)
    absent = [(NEW_YEAR + 25 * MINUTE, NEW_YEAR + 30 * MINUTE)]
    drawn = picture(TRADE, times, absent, cells=4)
    assert drawn.cells == (1.0, 0.0, 0.5, 1.0)
    assert drawn.holes == ((NEW_YEAR + 10 * MINUTE, NEW_YEAR + 20 * MINUTE),)
    assert drawn.absent == tuple(absent)


def test_funding_has_a_hole_where_more_than_eight_hours_pass() -> None:
    """A shorter interval is none."""
    times = np.array([NEW_YEAR + n * HOUR for n in (0, 8, 9, 33, 41)], dtype=np.int64)
    drawn = picture(FUNDING, times, [])
    assert drawn.holes == ((NEW_YEAR + 9 * HOUR + 1, NEW_YEAR + 33 * HOUR),)
