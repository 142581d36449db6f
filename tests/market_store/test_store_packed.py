"""Zip archives, Feather and JSON: what they hold is what a plain file would."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from btcli.errors import AccessError, BtcliError, RequestError
from btcli.market.importing import read_candles_file, read_funding_file

NEW_YEAR = 1_704_067_200_000
HOUR = 3_600_000
TIMES = [NEW_YEAR + n * HOUR for n in range(4)]
CANDLES = [(ts, 10.0, 12.0, 8.0, 11.0, 1.5) for ts in TIMES]
ARCHIVE = "".join(f"{ts},10,12,8,11,1.5,{ts + HOUR - 1},15,3,1,10,0\n" for ts in TIMES)


def zipped(path: Path, members: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_monthly_archive_is_read_as_it_is(tmp_path: Path) -> None:
    """The file inside says whose it is, and its checksum file is believed when it agrees."""
    path = zipped(tmp_path / "BTCUSDT-1h-2024-01.zip", {"BTCUSDT-1h-2024-01.csv": ARCHIVE})
    path.with_name(f"{path.name}.CHECKSUM").write_text(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    )
    file = read_candles_file(path)
    assert file.frame.rows() == CANDLES
    assert (file.detection.symbol, file.detection.timeframe, file.name) == ("BTCUSDT", "1h", "BTCUSDT-1h-2024-01.csv")


@pytest.mark.parametrize(
    ("members", "checksum", "error", "said"),
    [
        ({"a.csv": ARCHIVE}, "0" * 64, AccessError, "is not what"),
        ({"a.csv": ARCHIVE, "b.csv": ARCHIVE}, None, RequestError, "holds 2 files"),
        ({}, None, RequestError, "holds 0 files"),
    ],
    ids=["wrong checksum", "two files", "nothing"],
)
def test_archives_that_cannot_be_trusted_are_refused(
    tmp_path: Path, members: Mapping[str, str], checksum: str | None, error: type[BtcliError], said: str
) -> None:
    """The name of the archive and what is wrong with it."""
    path = zipped(tmp_path / "BTCUSDT-1h.zip", members)
    if checksum is not None:
        path.with_name("BTCUSDT-1h.zip.CHECKSUM").write_text(checksum)
    with pytest.raises(error, match=rf"BTCUSDT-1h\.zip.*{said}"):
        read_candles_file(path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """One byte of the content is another one."""
    path = zipped(tmp_path / "BTCUSDT-1h.zip", {"BTCUSDT-1h.csv": ARCHIVE})
    path.write_bytes(path.read_bytes().replace(b",10,12,8,", b",10,12,9,", 1))
    with pytest.raises(AccessError, match="damaged"):
        read_candles_file(path)


def test_feather_as_freqtrade_writes_it(tmp_path: Path) -> None:
    """Dates with a zone, and the pair in the file's name."""
    dates = [datetime.fromtimestamp(ts / 1000, UTC) for ts in TIMES]
    frame = pl.DataFrame({"date": dates, "open": 10.0, "high": 12.0, "low": 8.0, "close": 11.0, "volume": 1.5})
    path = tmp_path / "BTC_USDT_USDT-1h-futures.feather"
    frame.write_ipc(path)
    file = read_candles_file(path)
    assert file.frame.rows() == CANDLES
    assert (file.detection.format, file.detection.symbol) == ("feather", "BTCUSDT")


@pytest.mark.parametrize(
    "content",
    [
        [list(row) for row in CANDLES],
        [[ts, "10.0", "12", "8", "11", "1.5", ts + HOUR - 1, "15", 3, "1", "10", "0"] for ts in TIMES],
        {"retCode": 0, "result": {"list": [[str(ts), "10", "12", "8", "11", "1.5", "15"] for ts in reversed(TIMES)]}},
        [
            {"timestamp": ts, "open": 10, "high": 12, "low": 8, "close": 11, "volume": 1.5 if ts > NEW_YEAR else "1.5"}
            for ts in TIMES
        ],
    ],
    ids=["ccxt", "binance", "bybit newest first", "objects"],
)
def test_json_of_tools_and_venues(tmp_path: Path, content: object) -> None:
    """Lists, an answer of a venue, and objects hold the same candles."""
    assert read_candles_file(written(tmp_path / "BTCUSDT-1h.json", content)).frame.rows() == CANDLES


def test_funding_as_json(tmp_path: Path) -> None:
    """Settlements as Binance answers them."""
    rows = [{"symbol": "BTCUSDT", "fundingTime": ts + 1, "fundingRate": "0.00010000"} for ts in TIMES]
    file = read_funding_file(written(tmp_path / "rates.json", rows))
    assert file.frame.rows() == [(ts + 1, 0.0001) for ts in TIMES]
    assert file.detection.symbol == "BTCUSDT"
