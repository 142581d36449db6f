"""The first steps with a file, the same for candles and funding: its rows, whose they are, and on which clock."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.claims import Claim
from btcli.market.importing.columns import UNNAMED, find_column
from btcli.market.importing.filenames import NameSays, says
from btcli.market.importing.limits import Limits
from btcli.market.importing.meanings import clock_of
from btcli.market.importing.raw import RawFile, read_raw
from btcli.market.importing.said import Said, checked
from btcli.market.importing.shaping import with_joined_times
from btcli.market.importing.times import times_of
from btcli.market.importing.whose import of_one_symbol

_IS_NEITHER = "which is neither trade nor mark candles nor funding"
_OTHER_SERIES = {"index": f"prices of an index, {_IS_NEITHER}", "quotes": f"bid or ask prices, {_IS_NEITHER}"}


class Opened(NamedTuple):
    """The rows of one symbol, the columns named so far, and what is known of all rows."""

    raw: RawFile
    names: dict[str, str]
    name: NameSays
    said: Said
    symbol: str
    claims: tuple[Claim, ...]
    notes: tuple[str, ...]


class Clocked(NamedTuple):
    """Milliseconds UTC of every row, how they were written, and the clock they ran on."""

    ms: pl.Series
    form: str
    clock: Claim


class Request(NamedTuple):
    """What is asked of a file: its series, and what the caller says of it."""

    path: Path
    kind: str
    symbol: str | None
    names: Mapping[str, str]
    said: Said
    limits: Limits


def opened(asked: Request) -> Opened:
    """Read a file's rows and find out whose they are; raises RequestError where that is not what was asked for."""
    said = checked(asked.said, asked.kind)
    names = {ours: theirs or UNNAMED for ours, theirs in asked.names.items()}
    raw = read_raw(asked.path, names.values(), asked.limits)
    name = says(raw.names)
    series = _series(raw, name, asked.kind, said)
    raw, joined = with_joined_times(raw)
    if joined:
        names.setdefault("ts" if asked.kind == "funding" else "ts_open", joined)
    whose = of_one_symbol(raw, asked.symbol, name, said.as_named, names.get("symbol"))
    notes = (*whose.notes, *_unneeded(raw, said.as_named))
    return Opened(whose.raw, names, name, said, whose.symbol, (series, whose.claim), notes)


def clocked(file: Opened, column: str) -> Clocked:
    """A column of times on the clock of UTC."""
    times = times_of(file.raw, column, file.said.time_format, file.name.day)
    clock, ahead_ms = clock_of(file.raw, column, times, file.name, file.said)
    form = times.form if clock.is_fact or times.utc_because else f"{times.form}, taken as UTC"
    return Clocked(times.ms - ahead_ms, form, clock)


def holds_funding(path: Path, names: Mapping[str, str] | None = None) -> bool:
    """Whether a file's columns, or its name, are those of funding rates, and not of candles.

    Raises RequestError for a file that holds neither.
    """
    names = names or {}
    raw = read_raw(path, names.values())
    columns = raw.frame.columns
    rate = "rate" in names or find_column("rate", columns) is not None
    candles = any(name in names or find_column(name, columns) for name in ("open", "high"))
    if not rate and not candles:
        said = f"the file holds neither candles nor funding; its columns are {', '.join(columns[:20])}"
        raise RequestError(said, where=raw.name, hint="say which is which: --map open=COLUMN, or --map rate=COLUMN")
    series = says(raw.names).series
    return (rate and not candles) or (series is not None and series[0] == "funding")


def _unneeded(raw: RawFile, as_named: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each name that the file does not have."""
    told = [*(unicodedata.normalize("NFKC", name) for name in raw.names), *raw.frame.columns, *raw.says.values()]
    column = find_column("symbol", raw.frame.columns)
    if column is not None:
        told += [str(value) for value in raw.frame[column].unique().to_list()]
    unknown = (word for word in as_named if not any(word in text for text in told))
    return tuple(f"--as-named {word} was not needed: nothing in the file has this name" for word in unknown)


def _series(raw: RawFile, name: NameSays, kind: str, said: Said) -> Claim:
    """Which series it is; a name that says another one is refused until it is insisted on."""
    if name.series is None:
        return Claim("series", kind, "its columns" if kind == "funding" else "as asked")
    series, word = name.series
    if series == kind:
        return Claim("series", kind, f"{word} in its name")
    if word in said.as_named:
        return Claim("series", kind, f"--as-named {word}")
    what = _OTHER_SERIES.get(series, series)
    way = "" if series in _OTHER_SERIES else f"say --series {series}; or "
    raise RequestError(
        f"{word} in its name says {what}, and asked for is {kind}",
        where=raw.name,
        hint=f"{way}if it is meant all the same: --as-named {shlex.quote(word)}",
    )
