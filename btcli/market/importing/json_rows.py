"""Rows of JSON: lists, objects, columns, an object per line, and the answers of venues around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

import orjson
import polars as pl

from btcli.errors import AccessError, RequestError
from btcli.market.importing.columns import COLUMNS_OF_ARCHIVE, OF_OKX, UNNAMED, find_column
from btcli.market.importing.limits import Limits, require_json_size, require_size

SAID = ("category", "contractType", "symbol", "instId", "interval", "ticker", "pair")  # of all rows of an answer
_SYMBOLS = ("symbol", "instId", "coin", "pair", "market")
_AROUND = ("result", "data", "list", "candles", "results", "rows", "rates", "fundingRates", "ticks")
_SEVEN = (*COLUMNS_OF_ARCHIVE[:6], "turnover")
_FEWEST = 5
_BIGGEST = 2**63
Row = list[Any] | dict[str, Any]


class JsonTable(NamedTuple):
    """The rows as a frame, and what the answer around them says (`category`, `symbol`, …)."""

    frame: pl.DataFrame
    says: Mapping[str, str]


def read_json(path: Path, name: str, limits: Limits) -> JsonTable:
    """Read rows of candles or funding: objects, or lists in the order of time, open, high, low, close, volume.

    Raises RequestError for JSON of another shape, AccessError for what is no JSON.
    """
    require_json_size(path.stat().st_size, limits, name)
    says: dict[str, str] = {}
    rows = _rows(_parsed(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), name), says)
    if not rows:
        raise RequestError("the JSON holds no rows of candles or funding", where=name)
    widths = {len(row) for row in rows}
    if isinstance(rows[0], dict):
        keys = list(dict.fromkeys(key for row in rows for key in row))
        require_size(len(rows), len(keys), limits, name)
        columns = {key: [row.get(key) for row in rows if isinstance(row, dict)] for key in keys}
    else:
        if len(widths) != 1 or min(widths) < _FEWEST:
            raise RequestError("the JSON holds no rows of candles or funding", where=name)
        require_size(len(rows), min(widths), limits, name)
        columns = {key: [row[place] for row in rows] for place, key in enumerate(_names(rows))}  # type: ignore[index]
    if find_column("symbol", list(columns)) is None:
        columns.update(_inner_symbol(columns))
    made = [series for key, values in columns.items() if (series := _column(key, values)) is not None]
    return JsonTable(pl.DataFrame(made), says)


def _parsed(text: bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        whole = error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    read: list[Any] = []
    for number, line in lines:
        try:
            read.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            if len(read) < 1 or len(lines) == 1:
                raise AccessError(f"the file is no JSON: {whole.msg}", where=f"{name}:{whole.lineno}") from error
            raise AccessError(f"the line is no JSON: {error.msg}", where=f"{name}:{number}") from error
    return read


def _rows(read: Any, says: dict[str, str]) -> list[Row]:
    """The list of rows, out of whatever answer is around them; what the answer says goes into `says`."""
    if isinstance(read, list):
        kinds = {type(row) for row in read}
        return read if kinds in ({dict}, {list}) else []
    if not isinstance(read, dict):
        return []
    says.update({key: str(read[key]) for key in SAID if isinstance(read.get(key), str | int)})
    if (table := _columns(read)) is not None:
        return table
    for key in _AROUND:
        if isinstance(read.get(key), dict | list) and (rows := _rows(read[key], says)):
            return rows
    lists = [key for key, value in read.items() if isinstance(value, list)]
    if len(lists) == 1:  # as one venue answers: the rows under the name of the symbol
        return _rows(read[lists[0]], says)
    return []


def _columns(read: dict[str, Any]) -> list[Row] | None:
    """Rows of JSON that holds columns: lists of one length, or what pandas writes with `split`, `columns`, `index`."""
    if {"columns", "index", "data"} <= read.keys():
        return _of_split(read["columns"], read["index"], read["data"])
    if find_column("open", list(read)) is None and find_column("rate", list(read)) is None:
        nested = list(read.values())
        by_time = nested and all(isinstance(row, dict) for row in nested) and find_column("open", list(nested[0]))
        return [{UNNAMED: key, **row} for key, row in read.items()] if by_time else None
    lists = {key: value for key, value in read.items() if isinstance(value, list)}
    if lists and len({len(value) for value in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    mappings = {key: value for key, value in read.items() if isinstance(value, dict)}
    if mappings and len({tuple(value) for value in mappings.values()}) == 1:
        index = list(next(iter(mappings.values())))
        return [{UNNAMED: at, **{key: value[at] for key, value in mappings.items()}} for at in index]
    return None


def _of_split(named: Any, index: Any, rows: Any) -> list[Row] | None:
    if not all(isinstance(each, list) for each in (named, index, rows)) or len(index) != len(rows):
        return None
    return [{UNNAMED: at, **_zipped(named, row)} for at, row in zip(index, rows, strict=True)]


def _zipped(names: Sequence[Any], row: Any) -> dict[str, Any]:
    return dict(zip(map(str, names), row, strict=False)) if isinstance(row, list) else {}


def _inner_symbol(columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The symbol of every row where it stands in an object, as in the venue's own words beside those of a tool."""
    for values in columns.values():
        if all(isinstance(value, dict) for value in values):
            for key in _SYMBOLS:
                if all(isinstance(value.get(key), str) for value in values):
                    return {"symbol": [value[key] for value in values]}
    return {}


def _names(rows: Sequence[Any]) -> tuple[str, ...]:
    """The names of the places in rows that are lists, by their number and by what the last of them can be."""
    width, first = len(rows[0]), rows[0]
    if width == len(OF_OKX) and all(str(row[-1]) in ("0", "1") for row in rows):
        return OF_OKX
    if width == len(_SEVEN) and not _is_later(first[6], first[0]):
        return _SEVEN
    if width == len(COLUMNS_OF_ARCHIVE) and _is_later(first[6], first[0]):
        return COLUMNS_OF_ARCHIVE
    named = 7 if width > 6 and _is_later(first[6], first[0]) else 6
    return (*COLUMNS_OF_ARCHIVE[: min(named, width)], *(f"column_{n}" for n in range(named + 1, width + 1)))


def _is_later(value: Any, than: Any) -> bool:
    try:
        return float(than) <= float(value) < float(than) * 1.01
    except (TypeError, ValueError):
        return False


def _column(name: str, values: list[Any]) -> pl.Series | None:
    """A column of one type; None for one that holds lists or objects."""
    kinds = {type(value) for value in values} - {NoneType}
    if kinds & {dict, list}:
        return None
    if kinds == {int} and all(value is None or -_BIGGEST <= value < _BIGGEST for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds and kinds <= {int, float}:
        return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
