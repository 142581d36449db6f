"""Packs: written, read, and refused when touched."""

from __future__ import annotations

from pathlib import Path

import orjson
import polars as pl
import pytest

from btcli.artifacts.pack import read_pack, write_pack
from btcli.errors import AccessError, ReplayDiffers
from btcli.market.digesting import digest_of_frame
from btcli.market.schema import empty_funding
from btcli.market.series import Series

CANDLES = Series("sample", "BTCUSDT", "trade", "5m")
FUNDING = Series("sample", "BTCUSDT", "funding", "")
SPECS = {"BTCUSDT": {"tick_size": "0.1", "min_qty": 0.001}}
SOURCES = {"mine.py": b"x = 1\n", "lib/inner.py": b"y = 2\n"}


def candles(rows: int = 4) -> pl.DataFrame:
    """Five-minute candles from 0 with prices 100, 101, …"""
    prices = {name: [100.0 + row for row in range(rows)] for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"ts_open": [row * 300_000 for row in range(rows)], **prices})


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of one series of candles and one of funding."""
    folder = tmp_path / "pack"
    write_pack(folder, {FUNDING: empty_funding(), CANDLES: candles()}, SPECS, SOURCES)
    return folder


def test_a_pack_gives_back_what_was_packed(pack: Path) -> None:
    """Frames, instruments and sources come back equal, with the content digest of the frame."""
    read = read_pack(pack)
    assert read.reader.candles(CANDLES, 0, 10**12).equals(candles())
    assert read.reader.funding(FUNDING, 0, 10**12).equals(empty_funding())
    assert read.instruments == SPECS
    assert (read.strategy_folder / "lib" / "inner.py").read_bytes() == b"y = 2\n"
    assert {each.kind: (each.rows, each.sha256) for each in read.contents.series}["trade"] == (
        4,
        digest_of_frame(candles()),
    )


def test_a_pack_reads_half_open_ranges(pack: Path) -> None:
    """Reading takes start and leaves end out; a series that was not packed is empty."""
    reader = read_pack(pack).reader
    assert reader.candles(CANDLES, 300_000, 900_000)["ts_open"].to_list() == [300_000, 600_000]
    assert reader.candles(Series("sample", "ETHUSDT", "trade", "5m"), 0, 10**12).is_empty()


def test_changed_candles_are_found_by_their_content(pack: Path) -> None:
    """A rewritten Parquet file with one other price is refused; rewritten with the same prices it is fine."""
    path = next(pack.glob("*trade_5m.parquet"))
    candles().write_parquet(path, compression="uncompressed")
    read_pack(pack)
    candles().with_columns(pl.col("close") + 0.1).write_parquet(path)
    with pytest.raises(ReplayDiffers, match=r"trade_5m\.parquet is not what was packed"):
        read_pack(pack)


@pytest.mark.parametrize("name", ["instruments.json", "strategy/mine.py", "strategy/lib/inner.py"])
def test_changed_specs_and_sources_are_found(pack: Path, name: str) -> None:
    """Instruments and strategy sources are held to their digests too."""
    with (pack / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ReplayDiffers, match="is not what was packed"):
        read_pack(pack)


@pytest.mark.parametrize("name", ["index.json", "instruments.json", "strategy/mine.py", "01_BTCUSDT_funding.parquet"])
def test_a_missing_part_is_one_clear_error(pack: Path, name: str) -> None:
    """A part that is gone is an AccessError with its path."""
    (pack / name).unlink()
    with pytest.raises(AccessError, match=f"{name} cannot read the pack"):
        read_pack(pack)


def test_garbage_is_no_parquet(pack: Path) -> None:
    """A file of another kind is an error with its path, not a traceback of polars."""
    path = next(pack.glob("*.parquet"))
    path.write_bytes(b"garbage")
    with pytest.raises(AccessError, match="not a readable Parquet file"):
        read_pack(pack)


def test_another_version_of_pack_is_refused(pack: Path) -> None:
    """A pack of a version that this reader does not know is refused by its number."""
    index = orjson.loads((pack / "index.json").read_bytes())
    (pack / "index.json").write_bytes(orjson.dumps({**index, "pack_schema": 2}))
    with pytest.raises(AccessError, match="not a pack of version 1"):
        read_pack(pack)


def test_a_pack_never_leads_out_of_its_folder(pack: Path, tmp_path: Path) -> None:
    """A path with .. in it is refused at writing and at reading."""
    with pytest.raises(AccessError, match="leads out of the pack"):
        write_pack(tmp_path / "other", {}, {}, {"../evil.py": b""})
    index = orjson.loads((pack / "index.json").read_bytes())
    index["series"][0]["file"] = "../x.parquet"
    (pack / "index.json").write_bytes(orjson.dumps(index))
    with pytest.raises(AccessError, match="leads out of the pack"):
        read_pack(pack)
