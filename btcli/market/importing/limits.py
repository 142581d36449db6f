"""How much a file may hold: what is packed is unpacked as a stream, and no further than this."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from btcli.errors import RequestError

_CHUNK_BYTES = 1 << 20


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Limits(NamedTuple):
    """Bytes unpacked, how many times the packed ones they may be (asked beyond `small_bytes`), and columns."""

    unpacked_bytes: int = 2 << 30
    ratio: int = 200
    small_bytes: int = 64 << 20
    columns: int = 10_000
    json_bytes: int = 512 << 20  # JSON takes about ten times its size while it is read


LIMITS = Limits()


def unpack(source: _Source, target: Path, packed_bytes: int, limits: Limits, where: str) -> None:
    """Copy what `source` unpacks into `target`; raises RequestError where it goes beyond the limits."""
    most = min(limits.unpacked_bytes, max(limits.small_bytes, limits.ratio * packed_bytes))
    written = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            written += len(chunk)
            if written > most:
                said = f"the {packed_bytes:,} bytes of the file unpack to more than {most:,}"
                raise RequestError(said, where=where, hint="unpack it first, if it is what it should be")
            file.write(chunk)


def require_size(rows: int, columns: int, limits: Limits, where: str) -> None:
    """Raise RequestError for a table that is too wide, or too large once it is unpacked (8 bytes a value)."""
    if columns > limits.columns:
        said = f"the file has more than {limits.columns:,} columns"  # of text only the beginning is counted
        raise RequestError(said, where=where, hint="keep the columns of time, prices and volume")
    if rows * columns * 8 > limits.unpacked_bytes:
        said = f"the file holds {rows:,} rows of {columns:,} columns, more than {limits.unpacked_bytes:,} bytes"
        raise RequestError(said, where=where, hint="split it by months")


def require_json_size(size_bytes: int, limits: Limits, where: str) -> None:
    """Raise RequestError for JSON that would not fit into memory once it is read."""
    if size_bytes > limits.json_bytes:
        said = f"the JSON has {size_bytes:,} bytes, {limits.json_bytes:,} are the most"
        raise RequestError(said, where=where, hint="split it by months, or save it as CSV or Parquet")
