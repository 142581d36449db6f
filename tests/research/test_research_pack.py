"""What is read out of a sweep's pack is what a kernel takes: the same arrays as out of the store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numba import typeof

from btcli.errors import AccessError
from btcli.market.reader import FrameReader, rows_of_frame
from btcli.market.series import Series
from btcli.market.window import SeriesSpan
from btcli.research.beside import links_to
from btcli.research.moved import MovedFolder
from btcli.research.pack import INPUTS, PackReader, Slice
from btcli.research.packing import written

BTC = Series("sample", "BTCUSDT", "trade", "1m")


def slices_of(folder: Path, rows: int) -> tuple[pl.DataFrame, list[Slice]]:
    """So many minutes of candles, and the slices in which they were packed."""
    times = np.arange(rows, dtype=np.int64) * 60_000
    prices = np.linspace(100.0, 200.0, rows)
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), prices)
    frame = pl.DataFrame({"ts_open": times, **columns})
    span = SeriesSpan(BTC, ("exec",), 0, rows * 60_000, 0, 0, rows * 60_000)
    return frame, list(written(folder / INPUTS, [("live", FrameReader({BTC: frame}), span)] * 2))


@pytest.mark.parametrize("rows", [1_000, 131_071, 131_072, 200_000])
def test_arrays_are_of_one_type_however_many_rows_there_are(tmp_path: Path, rows: int) -> None:
    """Writable, contiguous, aligned and of the very type that numba sees in a store's, below and above a megabyte."""
    frame, slices = slices_of(tmp_path, rows)
    assert len(slices) == 1
    packed = PackReader(tmp_path, slices).rows(BTC, 0, rows * 60_000)
    small = rows_of_frame(frame.head(5))
    for column, other, expected in zip(packed, small, rows_of_frame(frame), strict=True):
        assert typeof(column) == typeof(other)
        assert (column.flags.writeable, column.flags.c_contiguous, column.flags.aligned) == (True, True, True)
        assert np.array_equal(column, expected)


def test_a_part_of_a_slice_is_read_and_nothing_beyond_it(tmp_path: Path) -> None:
    """[120 s, 300 s) are three minutes; what lies outside the slice is refused, as is another series."""
    _, slices = slices_of(tmp_path, 10)
    reader = PackReader(tmp_path, slices)
    assert reader.rows(BTC, 120_000, 300_000)[0].tolist() == [120_000, 180_000, 240_000]
    for series, end_ms in ((BTC, 600_001), (BTC._replace(symbol="ETHUSDT"), 600_000)):
        with pytest.raises(AccessError, match="holds not all of"):
            reader.rows(series, 0, end_ms)


def test_links_on_the_way_are_known(tmp_path: Path) -> None:
    """A link in the middle, one behind .., and one to nothing: each with what it stands for."""
    (tmp_path / "real" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real/below")
    (tmp_path / "dangling").symlink_to("nowhere")
    found = dict(links_to(tmp_path / "link" / ".." / "below" / "code.py"))
    assert found == {f"{tmp_path}/link": f"{tmp_path}/real/below"}
    assert dict(links_to(tmp_path / "dangling")) == {f"{tmp_path}/dangling": f"{tmp_path}/nowhere"}
    assert dict(links_to(tmp_path / "real" / "code.py")) == {}


def test_absolute_names_beside_a_moved_folder_are_moved_too(tmp_path: Path) -> None:
    """Names that lead out of it stay below its top; another folder is as ever."""
    folder = MovedFolder.below(str(tmp_path), "/home/me/project")
    assert folder / "code.py" == tmp_path / "home/me/project/code.py"
    assert folder / "/data/preds.csv" == tmp_path / "data/preds.csv"
    assert folder / "../lib/mine.py" == tmp_path / "home/me/project/../lib/mine.py"
    assert folder.parent / "/data" == Path("/data")
