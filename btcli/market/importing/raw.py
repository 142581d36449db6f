"""A file as it lies there: its format, its columns as named in it, and where its rows are."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import polars as pl

from btcli.errors import AccessError, RequestError
from btcli.market.importing.packed import read_feather, read_json, unpacked

# The columns of the exchanges' candle archives, which older files hold without a header.
HEADERLESS = ("open_time", "open", "high", "low", "close", "volume", "close_time")
SEPARATORS = (",", ";", "\t", "|")
_MAGIC = {b"PAR1": "parquet", b"ARRO": "feather", b"FEA1": "other", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}


class RawFile(NamedTuple):
    """The rows of a file; those of text files are still text.

    `first_row` is the number of the file's first row, `kept` says which of its rows these are (all, when None).
    """

    name: str
    format: str
    frame: pl.DataFrame
    first_row: int
    kept: pl.Series | None = None

    def where(self, index: int) -> str:
        """The name of a row for people: `file.csv:17` by line, `file.parquet row 17` counted from 1."""
        number = self.first_row + (index if self.kept is None else int(self.kept[index]))
        return f"{self.name}:{number}" if self.format == "csv" else f"{self.name} row {number}"


def read_raw(path: Path) -> RawFile:
    """Read a Parquet, CSV (also gzipped), Feather or JSON file, or the one inside a zip, recognised by its content.

    Raises AccessError when it cannot be read at all, RequestError when its format is not known.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
        raw = _read_by_kind(path, "json" if head[:1] in (b"[", b"{") else _MAGIC.get(head, "csv"))
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or error
        raise AccessError(f"the file cannot be read: {said}", where=path.name) from error
    except pl.exceptions.PolarsError as error:
        raise AccessError(f"the file is damaged: {str(error).splitlines()[0]}", where=path.name) from error
    except UnicodeDecodeError as error:
        raise RequestError("the file is no text in UTF-8", where=path.name, hint="save it as UTF-8") from error
    if raw.frame.is_empty():
        raise RequestError("the file holds no rows", where=path.name)
    return raw


def _read_by_kind(path: Path, kind: str) -> RawFile:
    if kind == "parquet":
        return RawFile(path.name, "parquet", pl.read_parquet(path), 1)
    if kind == "csv":
        return _read_csv(path)
    if kind == "feather":
        return RawFile(path.name, "feather", read_feather(path), 1)
    if kind == "json":
        return RawFile(path.name, "json", read_json(path), 1)
    if kind == "zip":
        with unpacked(path) as inside:
            return read_raw(inside)
    raise RequestError("the file is of Feather's first version", where=path.name, hint="convert it to Parquet")


def _read_csv(path: Path) -> RawFile:
    lines = _head_lines(path)
    skipped = next((n for n, line in enumerate(lines) if any(mark in line for mark in SEPARATORS)), None)
    if skipped is None:
        raise RequestError("the file is no table: its first lines hold no separator", where=path.name)
    separator = max(SEPARATORS, key=lines[skipped].count)
    has_header = not any(_is_number(field) for field in lines[skipped].split(separator))
    frame = pl.read_csv(path, separator=separator, has_header=has_header, skip_lines=skipped, infer_schema=False)
    if not has_header:
        if frame.width < len(HEADERLESS) - 1:
            raise RequestError("the file has no header and is no candle archive", where=path.name, hint="add a header")
        names = (*HEADERLESS, *(f"column_{n}" for n in range(len(HEADERLESS) + 1, frame.width + 1)))
        frame.columns = list(names[: frame.width])
    return RawFile(path.name, "csv", frame, skipped + 1 + has_header)


def _head_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig") as text:
        return [text.readline().rstrip("\r\n") for _ in range(10)]


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"'))
    except ValueError:
        return False
    return True
