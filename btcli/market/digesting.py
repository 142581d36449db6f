"""The digest of data: over what it says, never over how a file or a frame happens to hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Rows

if TYPE_CHECKING:
    import polars as pl

Column = NDArray[Any]
_FORMS = {"<i8": "Int64", "<f8": "Float64"}  # how a digest names the types of columns
_ODD = np.uint64(0x9E3779B97F4A7C15)
_BLOCK_ROWS = 1 << 14  # at a time, so that nothing is held twice and what is mixed stays in the processor's cache


def digest_of_rows(rows: Rows) -> str:
    """The sha256 over the column names, their types and their values, rows in ascending order.

    The order of rows does not count; -0.0 is 0.0 and every NaN is the same NaN.
    """
    return digest_of_columns(rows._asdict())


def digest_of_frame(frame: pl.DataFrame) -> str:
    """The same of a frame, of any columns; the order of its rows and chunks does not count.

    Raises ValueError for nulls and for columns other than Int64 and Float64.
    """
    if frame.height and any(frame.null_count().row(0)):
        raise ValueError("data with nulls has no digest")
    for name, dtype in frame.schema.items():
        if str(dtype) not in _FORMS.values():
            raise ValueError(f"column {name} has type {dtype}, a digest takes Int64 and Float64")
    return digest_of_columns({column.name: column.to_numpy() for column in frame})


def row_marks(rows: Sequence[Column]) -> bytes:
    """Two bytes per row, in the order of the rows, that change with the row: they tell which differs, not whether.

    Little-endian.
    """
    return b"".join(_marks(rows, block) for block in _blocks(len(rows[0])))


def _marks(rows: Sequence[Column], block: slice) -> bytes:
    mixed = np.zeros(len(rows[0][block]), np.uint64)
    for column in rows:
        mixed = (mixed ^ _plain(column[block]).view("<u8")) * _ODD
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(48)).astype("<u2").tobytes()


def digest_of_columns(columns: Mapping[str, Column]) -> str:
    """The same of columns of int64 and float64 by name.

    Every part after its length in eight bytes, so that borders count; see `btcli.digest.sha256_of_bytes`.
    """
    first = next(iter(columns.values()), np.zeros(0))
    ordered = dict(columns) if _ascends(first) else _sorted(columns)
    digest = hashlib.sha256()
    _add(digest, f"{len(first)}".encode())
    for name, column in ordered.items():
        _add(digest, name.encode())
        _add(digest, _FORMS[column.dtype.str].encode())
        digest.update(column.nbytes.to_bytes(8, "little"))
        for block in _blocks(len(column)):
            digest.update(_plain(column[block]).data)
    return digest.hexdigest()


def _add(digest: Any, part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "little"))
    digest.update(part)


def _ascends(column: Column) -> bool:
    """Whether the first column alone already fixes the order of all rows."""
    return bool((column[1:] > column[:-1]).all())


def _sorted(columns: Mapping[str, Column]) -> dict[str, Column]:
    plain = {name: _plain(column) for name, column in columns.items()}
    order = np.lexsort(list(plain.values())[::-1])
    return {name: column[order] for name, column in plain.items()}


def _plain(values: Column) -> Column:
    """A little-endian copy in which equal values have equal bits."""
    plain = values.astype(values.dtype.newbyteorder("<"), order="C", copy=True)
    if plain.dtype.kind == "f":
        plain += 0.0
        plain[np.isnan(plain)] = np.nan
    return plain


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, rows, _BLOCK_ROWS))
