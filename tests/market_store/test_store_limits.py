"""Reading is bounded: what is packed, wide or long is refused at limits that are stated, with small figures here."""

from __future__ import annotations

import bz2
import gzip
import json
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from file_shapes import CANDLES, PLAIN, text

from btcli.errors import AccessError, RequestError
from btcli.market.importing import read_candles_file
from btcli.market.importing.limits import LIMITS, Limits
from btcli.market.importing.raw import read_raw

LARGE = (PLAIN + "\n" + "1704067200000,1,2,0.5,1.5,3\n" * 20_000).encode()
SMALL = Limits(unpacked_bytes=200_000, ratio=20, small_bytes=1_000, columns=50, json_bytes=100_000)


def as_gzip(path: Path) -> Path:
    path.write_bytes(gzip.compress(LARGE))
    return path


def as_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT.csv", LARGE)
    return path


def test_the_limits_are_those_that_are_stated() -> None:
    """2 GiB unpacked, 200 times what was packed, 10,000 columns."""
    assert (LIMITS.unpacked_bytes, LIMITS.ratio, LIMITS.columns) == (2 * 1024**3, 200, 10_000)


@pytest.mark.parametrize("pack", [as_gzip, as_zip])
@pytest.mark.parametrize(
    "limits",
    [SMALL, SMALL._replace(ratio=10_000), SMALL._replace(unpacked_bytes=1 << 30)],
    ids=["both", "size", "ratio"],
)
def test_what_unpacks_beyond_the_limits_is_refused(
    tmp_path: Path, pack: Callable[[Path], Path], limits: Limits
) -> None:
    """The size and the ratio alone are each enough; the message names the file and both numbers."""
    with pytest.raises(RequestError, match=r"BTCUSDT.* the [\d,]+ bytes of the file unpack to more than [\d,]+"):
        read_raw(pack(tmp_path / "BTCUSDT.packed"), limits=limits)


@pytest.mark.parametrize("pack", [as_gzip, as_zip])
def test_unpacking_stops_at_the_limit_and_holds_a_part_only(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    """A file that unpacks to 60 MB takes a few megabytes of memory until it is refused."""
    path = tmp_path / "bomb"
    if pack is as_gzip:
        path.write_bytes(gzip.compress(bytes(60_000_000)))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("BTCUSDT.csv", bytes(60_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(RequestError, match="unpack to more than"):
            read_raw(path, limits=SMALL._replace(unpacked_bytes=50_000_000, ratio=10_000))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_small_file_may_be_packed_as_tightly_as_it_likes(tmp_path: Path) -> None:
    """Candles of a market that stands still compress a hundredfold."""
    path = tmp_path / "BTCUSDT.csv.gz"
    path.write_bytes(gzip.compress(LARGE))
    assert read_raw(path).frame.height == 20_000


def test_a_zip_in_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    """One wrapping inside another is read, more is not."""
    content = text(PLAIN)
    path = tmp_path / "BTCUSDT.csv.gz.gz"
    path.write_bytes(gzip.compress(gzip.compress(content)))
    assert read_candles_file(path).frame.rows() == CANDLES
    path.write_bytes(gzip.compress(gzip.compress(gzip.compress(content))))
    with pytest.raises(RequestError, match="packed too many times"):
        read_candles_file(path)


def test_too_many_columns_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """In text, JSON and Parquet alike."""
    names = [f"c{n}" for n in range(60)]
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + ",".join("1" * 60) + "\n")
    (tmp_path / "wide.json").write_text(json.dumps([dict.fromkeys(names, 1)]))
    pl.DataFrame({name: [1.0] for name in names}).write_parquet(tmp_path / "wide.parquet")
    for path in sorted(tmp_path.glob("wide.*")):
        with pytest.raises(RequestError, match=rf"{path.name} the file has more than 50 columns"):
            read_raw(path, limits=SMALL)


def test_a_table_that_is_large_only_once_it_is_read_is_refused(tmp_path: Path) -> None:
    """A column of one value takes no room in Parquet and Feather; JSON takes ten times its size."""
    frame = pl.DataFrame({"open": [1.0] * 100_000})
    frame.write_parquet(tmp_path / "long.parquet")
    frame.write_ipc(tmp_path / "long.feather", compression="zstd")
    (tmp_path / "long.json").write_text(json.dumps([[1] * 6] * 10_000))
    for path in sorted(tmp_path.glob("long.*")):
        with pytest.raises(RequestError, match=rf"{path.name} the (file holds|JSON has)"):
            read_raw(path, limits=SMALL)


def test_one_endless_line_is_no_table(tmp_path: Path) -> None:
    """Three megabytes without an end of line are looked at once, and refused."""
    (tmp_path / "line.csv").write_bytes(b"x" * 3_000_000)
    with pytest.raises(RequestError, match="no table"):
        read_raw(tmp_path / "line.csv")


class _Touches:
    """An object whose unpickling makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_nothing_is_unpickled(tmp_path: Path, protocol: int) -> None:
    """A pickle is named, also behind gzip, and what it would do does not happen."""
    made = tmp_path / "made"
    content = pickle.dumps(_Touches(made), protocol=protocol)
    for name, packed in (("p.pkl", content), ("p.pkl.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(packed)
        with pytest.raises(RequestError, match="a pickle, which is not read"):
            read_raw(tmp_path / name)
    assert not made.exists()


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(LARGE)[:-20],
        gzip.compress(LARGE)[:40] + b"\x00" * 40,
        bz2.compress(LARGE),
        b"PK\x03\x04" + b"\x00" * 30,
    ],
    ids=["gzip cut off", "gzip damaged", "bzip2", "zip damaged"],
)
def test_a_damaged_archive_is_one_sentence_with_its_name(tmp_path: Path, content: bytes) -> None:
    """Exit 2 or 3, never a traceback."""
    path = tmp_path / "BTCUSDT-1h.csv.gz"
    path.write_bytes(content)
    with pytest.raises((AccessError, RequestError), match=r"^BTCUSDT-1h\.csv"):
        read_raw(path)


def test_a_member_without_a_name_is_a_damaged_archive(tmp_path: Path) -> None:
    """A name of no letters in the table of contents is one sentence as well."""
    path = tmp_path / "BTCUSDT-1h.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT-1h.csv", text(PLAIN))
        archive.filelist[0].filename = ""
    with pytest.raises(AccessError, match=r"^BTCUSDT-1h\.zip the archive is damaged"):
        read_raw(path)


@pytest.mark.parametrize("kind", ["parquet", "ipc"])
def test_a_column_of_lists_is_not_unpacked(tmp_path: Path, kind: str) -> None:
    """A few kilobytes can hold a list of ten million zeros in one row: a column that is no number is not read."""
    path = tmp_path / f"BTCUSDT-1h.{kind}"
    prices = {"date": [1_704_067_200_000], "open": [1.0], "high": [2.0], "low": [0.5], "close": [1.5], "volume": [3.0]}
    table = pl.DataFrame(prices).with_columns(marks=pl.lit(0, dtype=pl.Int64).repeat_by(10_000_000))
    table.write_parquet(path) if kind == "parquet" else table.write_ipc(path, compression="zstd")
    assert path.stat().st_size < 100_000
    file = read_raw(path)
    assert file.frame.columns == table.columns
    assert file.frame["marks"].null_count() == 1
    assert file.frame.drop("marks").rows() == table.drop("marks").rows()
