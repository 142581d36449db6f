"""From a file of predictions to rows: when each became known, whose it is, and its numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from btcli.config.findings import did_you_mean
from btcli.config.sections import Signals as Written
from btcli.errors import RequestError
from btcli.market.importing.raw import RawFile, read_raw
from btcli.market.importing.times import EARLIEST_MS, LATEST_MS, times_of
from btcli.market.moments import plain
from btcli.market.series import Floats, Millis
from btcli.market.signals.rows import AVAILABLE_AT, EVERY_SYMBOL, SignalRows, Signals

SYMBOL = "symbol"
KINDS = "signals are read from Parquet, Feather and CSV"
FORMS = "times are numbers since 1970 in s, ms, us or ns, datetimes, or text such as 2024-01-31T08:00:00Z"
NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_PER_MS = 1_000_000
_ROUNDING_NS = 500  # what numbers of nanoseconds lose on their way through a float, and more
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING = ("", "nan", "null", "none", "na", "n/a")
_BEYOND_MS = re.compile(r"\.\d{3}\d*[1-9]")
_DAY = re.compile(r"^\s*(\d{4}[-./]\d{1,2}[-./]\d{1,2}|20\d{6})\s*$")
_FEW = 12


class _Table(NamedTuple):
    """A file with its moments, and the names of its columns of numbers."""

    raw: RawFile
    ts: Millis
    names: tuple[str, ...]


def read_signals(path: Path, written: Written, symbols: Collection[str], end_ms: int) -> Signals:
    """The rows of a file that are known by `end_ms`, by symbol, each in order; of no symbol but these.

    Raises RequestError for what is no table of signals, with the row, AccessError for what cannot be read at all.
    """
    raw = read_raw(path, [name for name in (written.available_at, *(written.columns or ())) if name])
    if raw.format == "json":
        raise RequestError("the file is JSON, which is not read here", where=raw.name, hint=KINDS)
    _require_column(raw, written.available_at, "available_at")
    ts = _moments(raw, written)
    owner = _owner(raw, written)
    table = _Table(raw, ts, _names(raw, written, owner))
    values = {name: _numbers(raw, name, table.names) for name in table.names}
    later = int(np.count_nonzero(ts > end_ms))
    found, strangers = {}, 0
    for symbol, places in _places(raw, owner, symbols):
        if symbol is None:
            strangers += len(places)
            continue
        ordered = places[np.argsort(ts[places], kind="stable")]
        _require_each_once(table, ordered)
        kept = ordered[: int(np.searchsorted(ts[ordered], end_ms, side="right"))]
        columns = {name: column[kept] for name, column in values.items()}
        found[symbol] = SignalRows(ts[kept], columns, written.max_age_ms)
    return Signals(written.file, table.names, found, later, strangers)


def _require_column(raw: RawFile, name: str, key: str) -> None:
    """Raise RequestError where a column is not there, or is there twice."""
    columns = raw.frame.columns
    if f"{name}#2" in columns:
        raise RequestError(f"the file has two columns {name}", where=raw.name, hint="name them differently")
    if name not in columns:
        few = f"{', '.join(columns[:_FEW])}{', …' if len(columns) > _FEW else ''}"
        hint = did_you_mean(name, columns) or f"its columns are {few}"
        raise RequestError(f"the file has no column {name!r}, as signals.{key} says", where=raw.name, hint=hint)


def _moments(raw: RawFile, written: Written) -> Millis:
    """Milliseconds of every row, rounded up: what became known inside a millisecond is known at its end."""
    column = written.available_at
    if written.unit is not None:
        return _of_unit(raw, column, written.unit)
    _refuse_days(raw, column)
    try:
        times = times_of(raw, column)
    except RequestError as error:
        problem = error.problems[0]
        raise RequestError(problem.message, where=problem.where, hint=FORMS) from None
    return np.asarray((times.ms + _is_beyond(raw.frame[column], times.form)).to_numpy(), np.int64)


def _refuse_days(raw: RawFile, column: str) -> None:
    """Raise RequestError where all rows are days: at 00:00 of its day nobody knew what the day's last bar said."""
    values = raw.frame[column]
    text = values if values.dtype == pl.String else values.cast(pl.String, strict=False)
    if values.dtype == pl.Date or (not values.dtype.is_temporal() and text.str.contains(_DAY.pattern).all()):
        hint = "write the time at which it was known, such as 2024-01-31T00:05:00Z"
        raise RequestError(f"{column} {text[0]!r:.40} is a day and no moment", where=raw.where(0), hint=hint)


def _of_unit(raw: RawFile, column: str, unit: str) -> Millis:
    values = raw.frame[column]
    if values.dtype == pl.String:
        values = values.str.strip_chars().str.replace(r"\.0*$", "")
    elif not values.dtype.is_numeric():
        said = f"signals.unit is for numbers, and column {column} holds {values.dtype}"
        raise RequestError(said, where=raw.name, hint="leave unit out")
    whole = values.cast(pl.Int64, strict=False)
    bad = whole.is_null() if values.dtype == pl.String else whole.is_null() | (whole != values)
    low, high = (int(bound * _PER_MS // NS[unit]) for bound in (EARLIEST_MS, LATEST_MS))
    bad |= ~whole.is_between(low, high, closed="left").fill_null(False)
    if bad.any():
        place = int(bad.arg_true()[0])
        said = f"{column} {raw.frame[column][place]!r:.60} is no time between 2009 and 2100 in {unit}"
        raise RequestError(said, where=raw.where(place), hint="as signals.unit says; leave it out to have it told")
    numbers = whole.to_numpy().astype(np.int64)
    if unit in ("s", "ms"):
        return numbers * (1_000 if unit == "s" else 1)
    return -(-(numbers - (_ROUNDING_NS if unit == "ns" else 0)) * NS[unit] // _PER_MS)


def _is_beyond(values: pl.Series, form: str) -> pl.Series:
    """1 for each row whose moment is later than the millisecond that was read of it."""
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_unit != "ms":
        per_ms, slack = (1_000, 0) if values.dtype.time_unit == "us" else (_PER_MS, _ROUNDING_NS)
        return (values.to_physical() % per_ms > slack).cast(pl.Int64)
    unit = form.partition(" ")[0]
    if unit in ("us", "ns"):
        per_ms, slack = (1_000, 0) if unit == "us" else (_PER_MS, _ROUNDING_NS)
        text = values.str.strip_chars().str.replace(r"\.0*$", "") if values.dtype == pl.String else values
        beyond = text.cast(pl.Int64) % per_ms
        return ((beyond > slack) & (beyond < per_ms - slack)).cast(pl.Int64)
    if values.dtype == pl.String:
        return values.str.contains(_BEYOND_MS.pattern).fill_null(False).cast(pl.Int64)
    return pl.Series([0], dtype=pl.Int64).new_from_index(0, values.len())


def _owner(raw: RawFile, written: Written) -> str | None:
    """The column that names symbols, where there is one."""
    if written.symbol is not None:
        _require_column(raw, written.symbol, "symbol")
        return written.symbol
    named = SYMBOL in raw.frame.columns and SYMBOL not in (written.available_at, *(written.columns or ()))
    return SYMBOL if named else None


def _names(raw: RawFile, written: Written, owner: str | None) -> tuple[str, ...]:
    """The columns of numbers: those that are chosen, or all others."""
    if written.columns is not None:
        for name in written.columns:
            _require_column(raw, name, "columns")
        chosen = list(written.columns)
    else:
        chosen = [name for name in raw.frame.columns if name not in (written.available_at, owner)]
    if not chosen:
        raise RequestError("the file has no column of numbers", where=raw.name, hint="add one beside the moments")
    for name in chosen:
        _require_name(raw, name)
    if len(set(chosen)) < len(chosen):
        raise RequestError("signals.columns names a column twice", where=raw.name)
    return tuple(sorted(chosen))


def _require_name(raw: RawFile, name: str) -> None:
    if name.endswith("#2"):
        raise RequestError(f"the file has two columns {name[:-2]}", where=raw.name, hint="name them differently")
    if not _NAME.fullmatch(name):
        hint = "rename it with letters, digits and _, or choose others, as signals: {columns: [score]}"
        raise RequestError(f"column {name[:60]!r} cannot be named in a system", where=raw.name, hint=hint)
    if name == AVAILABLE_AT:
        hint = "rename it, or choose others, as signals: {columns: [score]}"
        raise RequestError(f"column {AVAILABLE_AT} has the name of the moments", where=raw.name, hint=hint)


def _numbers(raw: RawFile, name: str, names: Collection[str]) -> Floats:
    """A column as float64, NaN where nothing, NaN or an infinite value stands."""
    values = raw.frame[name]
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        text = values.str.strip_chars()
        numbers = text.cast(pl.Float64, strict=False)
        bad = numbers.is_null() & ~text.str.to_lowercase().is_in(_NOTHING).fill_null(True)
        if bad.any():
            place = int(bad.arg_true()[0])
            said = f"{name} {values[place]!r:.60} is no number"
            raise RequestError(said, where=raw.where(place), hint=_others(name, names))
    elif values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null):
        numbers = values.cast(pl.Float64, strict=False)
    else:
        raise RequestError(f"column {name} holds {values.dtype}, no numbers", where=raw.name, hint=_others(name, names))
    found = np.array(numbers.to_numpy(), np.float64)
    found[~np.isfinite(found)] = np.nan
    return found


def _others(name: str, names: Collection[str]) -> str:
    others = ", ".join(other for other in names if other != name) or "score"
    return f"choose the columns of numbers, as signals: {{columns: [{others}]}}"


def _places(raw: RawFile, owner: str | None, symbols: Collection[str]) -> Iterator[tuple[str | None, Millis]]:
    """The rows of each symbol; of a file that names none all rows for all, under None those of other symbols."""
    if owner is None:
        yield EVERY_SYMBOL, np.arange(raw.frame.height)
        return
    values = raw.frame[owner]
    if not isinstance(values.dtype, pl.Categorical | pl.Enum | pl.String):
        raise RequestError(f"column {owner} holds {values.dtype}, no symbols", where=raw.name, hint="such as BTCUSDT")
    text = values.cast(pl.String).str.strip_chars()
    nobody = text.is_null() | (text == "")
    if nobody.any():
        said = f"column {owner} names no symbol"
        raise RequestError(said, where=raw.where(int(nobody.arg_true()[0])), hint="name one in each row")
    known = text.is_in(list(symbols))
    if not known.any():
        there = ", ".join(str(each) for each in text.unique(maintain_order=True)[:_FEW])
        hint = f"write them as in the system, such as {next(iter(symbols))}"
        raise RequestError(f"the file has rows of {there} alone", where=raw.name, hint=hint)
    for symbol in symbols:
        yield symbol, (text == symbol).arg_true().to_numpy().astype(np.int64)
    yield None, (~known).arg_true().to_numpy().astype(np.int64)


def _require_each_once(table: _Table, ordered: Millis) -> None:
    """Raise RequestError where two rows of one symbol become known at once: which of them counts?"""
    times = table.ts[ordered]
    twice = np.flatnonzero(times[1:] == times[:-1])
    if len(twice):
        first, second = sorted(int(each) for each in ordered[twice[0] : twice[0] + 2])
        said = f"becomes known at {plain(int(times[twice[0]]))}, as does {table.raw.where(first)}"
        hint = "keep one of the two rows; rows of several symbols need a column that names them, signals: {symbol: …}"
        raise RequestError(said, where=table.raw.where(second), hint=hint)
