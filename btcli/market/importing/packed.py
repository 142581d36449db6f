"""Files that are neither plain text nor Parquet: zip archives, Feather, JSON."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from btcli.errors import AccessError, RequestError

MOST_BYTES = 2 << 30
JSON_COLUMNS = ("open_time", "open", "high", "low", "close", "volume")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The one file inside a zip, in a folder that is gone afterwards.

    Raises AccessError for a damaged archive and for one that its checksum file contradicts, RequestError for one
    that holds several files, a password or too much.
    """
    _check_sum(path)
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            member = _only_member(path, archive)
            inside = Path(folder) / Path(member.filename).name
            inside.write_bytes(archive.read(member))
            yield inside
    except zipfile.BadZipFile as error:
        raise AccessError(f"the archive is damaged: {error}", where=path.name) from error


def read_feather(path: Path) -> pl.DataFrame:
    """A Feather file of version 2, as pandas and freqtrade write it."""
    return pl.read_ipc(path)


def read_json(path: Path) -> pl.DataFrame:
    """Rows of JSON: objects, or lists as the venues answer them (time, open, high, low, close, volume, …).

    Raises RequestError for JSON of another shape.
    """
    try:
        rows = _rows(orjson.loads(path.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise AccessError(f"the file is no JSON: {error.msg}", where=path.name) from error
    if rows and all(isinstance(row, dict) for row in rows):
        return pl.DataFrame(rows, infer_schema_length=None, strict=False)
    widths = {len(row) if isinstance(row, list) else 0 for row in rows}
    if len(widths) != 1 or min(widths) < len(JSON_COLUMNS) - 1:
        raise RequestError("the JSON holds no rows of candles or funding", where=path.name)
    width = widths.pop()
    names = (*JSON_COLUMNS, *(f"column_{n}" for n in range(len(JSON_COLUMNS) + 1, width + 1)))[:width]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return pl.DataFrame(columns, strict=False)


def _rows(read: Any) -> list[Any]:
    """The list of rows, also out of an answer of Bybit."""
    if isinstance(read, dict):
        result = read.get("result", read)
        read = result.get("list", result.get("data")) if isinstance(result, dict) else result
    return read if isinstance(read, list) else []


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise RequestError(f"the archive holds {len(members)} files", where=path.name, hint="unzip it first")
    [member] = members
    if member.flag_bits & 1:
        raise RequestError("the archive has a password", where=path.name, hint="unzip it first")
    if member.file_size > MOST_BYTES:
        raise RequestError(f"the file inside has {member.file_size:,} bytes", where=path.name, hint="unzip it first")
    return member


def _check_sum(path: Path) -> None:
    """Public archives come with a file that says what they must hold."""
    beside = path.with_name(f"{path.name}.CHECKSUM")
    if not beside.is_file():
        return
    said = beside.read_text(encoding="ascii", errors="replace").split()
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not said or said[0].lower() != found:
        raise AccessError(f"the archive is not what {beside.name} says", where=path.name, hint="download it again")
