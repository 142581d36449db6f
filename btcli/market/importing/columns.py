"""Which column of a file is which, by the names that exchanges, archives and tools give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from btcli.errors import RequestError

_TIME = ("timestamp", "unix", "unixtime", "unixtimestamp", "time", "datetime", "date", "t")
KNOWN_AS: Mapping[str, tuple[str, ...]] = {
    "ts_open": ("tsopen", "opentime", "opentimestamp", "starttime", "startat", "start", "ts", *_TIME),
    "open": ("open", "openprice", "o"),
    "high": ("high", "highprice", "h"),
    "low": ("low", "lowprice", "l"),
    "close": ("close", "closeprice", "c"),
    "volume": ("volume", "vol", "basevolume", "basevol", "v"),
    "ts": ("fundingtime", "fundingratetimestamp", "fundingtimestamp", "calctime", "ts", *_TIME),
    "rate": ("fundingrate", "lastfundingrate", "rate"),
    "symbol": ("symbol", "pair", "ticker", "instrument"),
}


class ColumnMap(NamedTuple):
    """`found` maps our names to the file's; `ignored` are the file's other columns."""

    found: dict[str, str]
    ignored: tuple[str, ...]


def map_columns(
    columns: Sequence[str],
    wanted: Sequence[str],
    *,
    optional: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    where: str,
) -> ColumnMap:
    """Find a column for every wanted name; `given` (ours -> the file's) overrides what is known.

    Raises RequestError naming every column that is missing.
    """
    given = given or {}
    _check_given(columns, (*wanted, *optional), given, where)
    found: dict[str, str] = {}
    for name in (*wanted, *optional):
        column = given.get(name) or find_column(name, columns)
        if column is not None:
            found[name] = column
    missing = [name for name in wanted if name not in found]
    if missing:
        raise RequestError(
            f"the file has no column for {', '.join(missing)}; its columns are {', '.join(columns)}",
            where=where,
            hint=f"say which it is with --map {missing[0]}=COLUMN",
        )
    return ColumnMap(found, tuple(name for name in columns if name not in found.values()))


def _check_given(columns: Sequence[str], names: Sequence[str], given: Mapping[str, str], where: str) -> None:
    for name, column in given.items():
        if name not in names:
            raise RequestError(f"there is no column {name} to map to", where=where, hint=f"one of {', '.join(names)}")
        if column not in columns:
            raise RequestError(f"the file has no column {column}; its columns are {', '.join(columns)}", where=where)


def find_column(name: str, columns: Sequence[str]) -> str | None:
    """The file's column known by the earliest alias; for volume also the one that names its coin ("Volume BTC")."""
    bare = {"".join(char for char in column.lower() if char.isalnum()): column for column in reversed(columns)}
    for alias in KNOWN_AS[name]:
        if alias in bare:
            return bare[alias]
    if name == "volume":
        coins = [column for key, column in bare.items() if key.startswith("volume") and "usd" not in key]
        return coins[0] if len(coins) == 1 else None
    return None
