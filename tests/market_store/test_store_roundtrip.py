"""What goes into the store comes out of it, counted right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.market.reader import rows_of_frame
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA
from btcli.market.series import Candles, Series
from btcli.market.store import reading
from btcli.market.store.difference import compare
from btcli.market.store.reading import SeriesCoverage, open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource, open_store_for_writing

FIVE = Series("binance", "BTCUSDT", "trade", "5m")
MARK = FIVE._replace(kind="mark")
FUNDING = Series("binance", "BTCUSDT", "funding", "")
BY_TEST = WriteSource("test", "by hand", "0123")


def candles(*rows: tuple[int, float]) -> pl.DataFrame:
    """Candles of (ts_open, close), everything else the same."""
    data = [(ts, 10.0, 12.0, 8.0, close, 1.5) for ts, close in rows]
    return pl.DataFrame(data, schema=CANDLE_SCHEMA, orient="row")


def funding(*rows: tuple[int, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FUNDING_SCHEMA, orient="row")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[StoreWriter]:
    with open_store_for_writing(Store(tmp_path)) as opened:
        yield opened


def test_candles_come_back_as_they_were_given(tmp_path: Path) -> None:
    """Every bit of every value survives closing and opening."""
    frame = candles((0, 0.1 + 0.2), (300_000, 1e-300), (600_000, 9_007_199_254_740_993.0))
    with open_store_for_writing(Store(tmp_path)) as writer:
        assert writer.upsert_candles(FIVE, frame, BY_TEST) == WriteResult(rows_new=3)
    with open_store(Store(tmp_path)) as reader:
        assert reader.has_file
        assert reader.candles(FIVE, 0, 600_001).equals(frame)


def test_rows_are_those_of_the_frames_in_order(writer: StoreWriter) -> None:
    """Arrays hold what frames hold, ascending however it was written, and belong to who asked."""
    writer.upsert_candles(FIVE, candles((600_000, 3.0), (900_000, 4.0)), BY_TEST)
    writer.upsert_candles(FIVE, candles((0, 1.0), (300_000, 0.1 + 0.2)), BY_TEST)
    rows = writer.rows(FIVE, 0, 900_000)
    assert isinstance(rows, Candles)
    assert rows.ts_open.tolist() == [0, 300_000, 600_000]
    assert rows.close.tolist() == [1.0, 0.1 + 0.2, 3.0]
    assert all(column.flags.writeable and column.flags.c_contiguous for column in rows)
    assert [column.dtype.str for column in rows] == ["<i8", *["<f8"] * 5]
    assert rows_of_frame(writer.candles(FIVE, 0, 900_000)).ts_open.tolist() == rows.ts_open.tolist()  # type: ignore[union-attr]


@settings(max_examples=20)
@given(keys=st.sets(st.integers(0, 200), max_size=60), part=st.integers(1, 70) | st.integers(130, 150))
def test_rows_do_not_depend_on_the_parts_they_are_read_in(keys: set[int], part: int) -> None:
    """With holes, at any size of the parts, each row is there once; and where there is one part alone."""
    with TemporaryDirectory() as folder, open_store_for_writing(Store(Path(folder))) as writer:
        writer.upsert_candles(FIVE, candles(*((key * 300_000, float(key)) for key in sorted(keys))), BY_TEST)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(reading, "PART_ROWS", part)
            rows = writer.rows(FIVE, 10 * 300_000, 150 * 300_000)
    assert isinstance(rows, Candles)
    assert rows.close.tolist() == [float(key) for key in sorted(keys) if 10 <= key < 150]


def test_rows_of_a_series_that_is_not_there_are_none(writer: StoreWriter) -> None:
    """Both kinds of columns, each empty."""
    assert [column.size for column in writer.rows(FIVE, 0, 10**13)] == [0] * 6
    assert [column.size for column in writer.rows(FUNDING, 0, 10**13)] == [0, 0]


def test_a_read_takes_its_start_and_leaves_its_end(writer: StoreWriter) -> None:
    """Bounds are [start, end) of ts_open."""
    writer.upsert_candles(FIVE, candles((0, 1.0), (300_000, 2.0), (600_000, 3.0)), BY_TEST)
    assert writer.candles(FIVE, 300_000, 600_000)["close"].to_list() == [2.0]
    assert writer.candles(FIVE, 300_001, 600_000).is_empty()


def test_series_do_not_mix(writer: StoreWriter) -> None:
    """Venue, symbol, kind and timeframe each make a series of their own."""
    others = [MARK, FIVE._replace(venue="bybit"), FIVE._replace(symbol="ETHUSDT"), FIVE._replace(timeframe="1m")]
    for close, series in enumerate([FIVE, *others], start=1):
        writer.upsert_candles(series, candles((0, float(close))), BY_TEST)
    assert [writer.candles(series, 0, 1)["close"].item() for series in [FIVE, *others]] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_reads_ascend_whatever_the_order_of_writes(writer: StoreWriter) -> None:
    """An earlier range that is written later is read first."""
    writer.upsert_candles(FIVE, candles((600_000, 3.0), (900_000, 4.0)), BY_TEST)
    writer.upsert_candles(FIVE, candles((0, 1.0), (300_000, 2.0)), BY_TEST)
    assert writer.candles(FIVE, 0, 10**12)["close"].to_list() == [1.0, 2.0, 3.0, 4.0]


def test_an_upsert_counts_new_changed_and_same_rows(writer: StoreWriter) -> None:
    """Three stored, then five given: one changed, two the same, two new."""
    writer.upsert_candles(FIVE, candles((0, 1.0), (1, 2.0), (2, 3.0)), BY_TEST)
    result = writer.upsert_candles(FIVE, candles((0, 1.0), (1, 9.0), (2, 3.0), (3, 4.0), (4, 5.0)), BY_TEST)
    assert result == WriteResult(rows_new=2, rows_changed=1, rows_same=2)
    assert result.changed_anything
    assert writer.candles(FIVE, 0, 9)["close"].to_list() == [1.0, 9.0, 3.0, 4.0, 5.0]


def test_writing_the_same_again_changes_nothing(writer: StoreWriter) -> None:
    """The second time every row is the same."""
    frame = candles((0, 1.0), (1, 2.0))
    writer.upsert_candles(FIVE, frame, BY_TEST)
    again = writer.upsert_candles(FIVE, frame, BY_TEST)
    assert again == WriteResult(rows_same=2)
    assert not again.changed_anything


def test_rows_that_are_not_given_stay(writer: StoreWriter) -> None:
    """A correction around a stored row leaves that row alone."""
    writer.upsert_candles(FIVE, candles((0, 1.0), (1, 2.0), (2, 3.0)), BY_TEST)
    assert writer.upsert_candles(FIVE, candles((0, 7.0), (2, 8.0)), BY_TEST) == WriteResult(rows_changed=2)
    assert writer.candles(FIVE, 0, 9)["close"].to_list() == [7.0, 2.0, 8.0]


KEYS_TO_VALUES = st.dictionaries(st.integers(0, 12), st.sampled_from([1.0, 2.0, 3.0]), max_size=8)


@given(KEYS_TO_VALUES, KEYS_TO_VALUES)
def test_a_difference_turns_stored_rows_into_stored_and_given(old: dict[int, float], new: dict[int, float]) -> None:
    """Removing the rewritten span and adding the rows gives what a dictionary update gives."""
    stored, given_rows = (funding(*sorted(rows.items())) for rows in (old, new))
    if given_rows.is_empty():
        return
    plan = compare(given_rows, stored)
    kept = {
        ts: rate for ts, rate in old.items() if not (plan.rewritten and plan.rewritten[0] <= ts < plan.rewritten[1])
    }
    added = dict(plan.rows.iter_rows())
    assert not kept.keys() & added.keys()
    expected = funding(*sorted((old | new).items()))
    assert funding(*sorted((kept | added).items())).equals(expected)
    assert plan.rows_new + plan.rows_changed + plan.rows_same == len(new)
    assert plan.rows_new == len(new.keys() - old.keys())


def test_funding_keeps_its_times_as_received(writer: StoreWriter) -> None:
    """Milliseconds of jitter are stored, not tidied."""
    frame = funding((28_800_008, 0.0001), (57_600_000, -0.00025))
    assert writer.upsert_funding(FUNDING, frame, BY_TEST) == WriteResult(rows_new=2)
    assert writer.funding(FUNDING, 0, 10**9).equals(frame)


def test_settlements_of_one_minute_are_one(writer: StoreWriter) -> None:
    """Whoever writes them, in one frame or in two: the stored time stands, and the later rate."""
    writer.upsert_funding(FUNDING, funding((28_800_000, 0.0001)), BY_TEST)
    assert writer.upsert_funding(FUNDING, funding((28_800_008, 0.0001)), BY_TEST) == WriteResult(rows_same=1)
    both = funding((28_800_003, 0.0002), (28_800_009, 0.0003), (57_600_001, 0.1), (57_600_002, 0.2))
    assert writer.upsert_funding(FUNDING, both, BY_TEST) == WriteResult(rows_new=1, rows_changed=1)
    assert writer.funding(FUNDING, 0, 10**9).equals(funding((28_800_000, 0.0003), (57_600_002, 0.2)))


def test_a_deleted_range_is_gone_and_counted(writer: StoreWriter) -> None:
    """Only rows of [start, end) of that series go."""
    writer.upsert_candles(FIVE, candles((0, 1.0), (1, 2.0), (2, 3.0)), BY_TEST)
    writer.upsert_candles(MARK, candles((1, 5.0)), BY_TEST)
    assert writer.delete_range(FIVE, 1, 2, BY_TEST) == WriteResult(rows_deleted=1)
    assert writer.candles(FIVE, 0, 9)["ts_open"].to_list() == [0, 2]
    assert writer.candles(MARK, 0, 9)["ts_open"].to_list() == [1]


def test_coverage_lists_every_series_with_rows(writer: StoreWriter) -> None:
    """Rows, first and last time per series, in the order of names."""
    writer.upsert_candles(MARK, candles((5, 1.0)), BY_TEST)
    writer.upsert_candles(FIVE, candles((0, 1.0), (9, 2.0)), BY_TEST)
    writer.upsert_funding(FUNDING, funding((7, 0.1)), BY_TEST)
    assert writer.coverage() == [
        SeriesCoverage(FUNDING, 1, 7, 7),
        SeriesCoverage(MARK, 1, 5, 5),
        SeriesCoverage(FIVE, 2, 0, 9),
    ]


def test_the_log_tells_who_wrote_which_range_from_what(writer: StoreWriter) -> None:
    """Each change is one entry, in order, with the counts and the source's digest."""
    writer.upsert_candles(FIVE, candles((0, 1.0), (300_000, 2.0)), BY_TEST)
    writer.upsert_candles(FIVE, candles((300_000, 3.0)), WriteSource("mend"))
    first, second = writer.sync_log()
    assert first.at_ms <= second.at_ms
    assert first[:1] + first[2:] == (1, "test", FIVE, 0, 300_001, 2, 0, 0, 0, "by hand", "0123")
    assert second[:1] + second[2:] == (2, "mend", FIVE, 300_000, 300_001, 0, 1, 0, 0, "", "")


def test_ranges_confirmed_absent_are_remembered_once(writer: StoreWriter) -> None:
    """A range within a known one is no news."""
    assert writer.confirm_absent(FIVE, 100, 200, BY_TEST)
    assert not writer.confirm_absent(FIVE, 120, 150, BY_TEST)
    assert writer.confirm_absent(FIVE, 10, 20, BY_TEST)
    assert writer.absent(FIVE) == [(10, 20), (100, 200)]
    assert writer.absent(MARK) == []


def test_environments_are_separate_files(tmp_path: Path) -> None:
    """What is in demo is not in live."""
    with open_store_for_writing(Store(tmp_path, "demo")) as writer:
        writer.upsert_candles(FIVE, candles((0, 1.0)), BY_TEST)
    assert (tmp_path / "market_demo.duckdb").exists()
    with open_store(Store(tmp_path)) as reader:
        assert reader.coverage() == []


def test_a_store_that_does_not_exist_reads_as_empty_and_stays_absent(tmp_path: Path) -> None:
    """Reading creates neither file nor folder."""
    with open_store(Store(tmp_path / "none")) as reader:
        assert not reader.has_file
        assert reader.candles(FIVE, 0, 10**13).schema == CANDLE_SCHEMA
        assert reader.funding(FUNDING, 0, 10**13).schema == FUNDING_SCHEMA
        assert (reader.coverage(), reader.sync_log(), reader.absent(FIVE)) == ([], [], [])
    assert not (tmp_path / "none").exists()


def test_a_series_that_was_never_stored_reads_as_empty(writer: StoreWriter) -> None:
    """The columns are right even without rows."""
    assert writer.candles(FIVE, 0, 10**13).schema == CANDLE_SCHEMA


@pytest.mark.parametrize(
    "frame",
    [
        candles((0, 1.0)).drop("volume"),
        candles((0, 1.0)).cast({"ts_open": float}),
        candles((1, 1.0), (0, 1.0)),
        candles((0, 1.0), (0, 2.0)),
        candles((0, 1.0)).with_columns(close=pl.lit(None, pl.Float64)),
        candles((0, float("nan"))),
        candles((0, float("inf"))),
    ],
    ids=["column missing", "wrong type", "descending", "twice", "null", "NaN", "infinity"],
)
def test_a_frame_of_another_shape_is_a_bug_and_leaves_the_store_alone(writer: StoreWriter, frame: pl.DataFrame) -> None:
    """The writer refuses what the reader could not promise."""
    with pytest.raises(ValueError, match=r"."):
        writer.upsert_candles(FIVE, frame, BY_TEST)
    assert writer.coverage() == []


def test_a_write_that_fails_half_way_leaves_nothing(writer: StoreWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and log entry are one transaction."""

    def fails(*_: object) -> None:
        raise RuntimeError("in between")

    writer.upsert_candles(FIVE, candles((0, 1.0)), BY_TEST)
    monkeypatch.setattr(writer, "_log", fails)
    with pytest.raises(RuntimeError, match="in between"):
        writer.upsert_candles(FIVE, candles((0, 2.0), (1, 3.0)), BY_TEST)
    assert writer.candles(FIVE, 0, 9)["close"].to_list() == [1.0]


def test_what_was_told_replaces_what_was_told_before_and_is_cut_where_rows_go(writer: StoreWriter) -> None:
    """The latest word on a range counts, its neighbours stay, and forgetting cuts exactly what was named."""
    writer.tell(FIVE, 100, 200, "not given", "one answer")
    writer.tell(FIVE, 150, 300, "disputed", "two answers")
    assert [each[:4] for each in writer.told(FIVE)] == [
        (100, 150, "not given", "one answer"),
        (150, 300, "disputed", "two answers"),
    ]
    assert writer.confirm_absent(FIVE, 180, 190, BY_TEST, "two whole answers")
    writer.settle(FIVE, 100, 185)
    assert [each[:3] for each in writer.told(FIVE)] == [(180, 190, "absent"), (190, 300, "disputed")]
    assert writer.forget(FIVE, 186, 250, BY_TEST) == 2
    assert writer.absent(FIVE) == [(180, 186)]
    assert [each[:3] for each in writer.told(FIVE)] == [(180, 186, "absent"), (250, 300, "disputed")]
    assert writer.forget(FIVE, 0, 100, BY_TEST) == 0
    assert writer.told(MARK) == []


def test_a_store_from_before_evidence_was_kept_is_read_and_written(tmp_path: Path) -> None:
    """Its absences stay, without evidence, and the first new word on a range makes room for it."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        writer.confirm_absent(FIVE, 100, 200, BY_TEST)
    with duckdb.connect(str(Store(tmp_path).path)) as connection:
        connection.execute("DROP TABLE told")
    with open_store(Store(tmp_path)) as reader:
        assert (reader.absent(FIVE), reader.told(FIVE)) == ([(100, 200)], [])
    with open_store_for_writing(Store(tmp_path)) as writer:
        assert writer.forget(FIVE, 100, 150, BY_TEST) == 1
        writer.tell(FIVE, 300, 400, "not given", "one answer")
        writer.compact()
    with open_store(Store(tmp_path)) as reader:
        assert (reader.absent(FIVE), [each[:3] for each in reader.told(FIVE)]) == (
            [(150, 200)],
            [(300, 400, "not given")],
        )
