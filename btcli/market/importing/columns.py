"""Which column of a file is which, by the names that exchanges, archives and tools give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from btcli.errors import RequestError

UNNAMED = "(unnamed)"  # a column without a name, as indexes of frames are written
# The columns of the exchanges' candle archives, which older files hold without a header.
COLUMNS_OF_ARCHIVE = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
OF_OKX = ("open_time", "open", "high", "low", "close", "vol", "vol_ccy", "vol_quote", "confirm")

_TIME = (
    "timestamp",
    "unix",
    "unixtime",
    "unixtimestamp",
    "time",
    "datetime",
    "date",
    "timestamputc",
    "timeutc",
    "gmttime",
)
_OF_PANDAS = "__index_level_0__"  # stands last in Parquet
_INDEX = (UNNAMED, "Unnamed: 0", _OF_PANDAS, "level_0", "index")
KNOWN_AS: Mapping[str, tuple[str, ...]] = {
    "ts_open": (
        *("tsopen", "opentime", "opentimestamp", "starttime", "startat", "startedat", "start", "timeperiodstart"),
        *(
            "begintime",
            "candlebegintime",
            "periodstart",
            "timeopen",
            "ts",
            "ticks",
            *_TIME,
            "datetimeutc",
            "dateutc",
            "t",
        ),
    ),
    "ts_close": ("tsclose", "closetime", "closetimestamp", "endtime", "endat", "end", "timeperiodend", "timeclose"),
    "open": ("open", "openprice", "priceopen", "o"),
    "high": ("high", "highprice", "pricehigh", "h"),
    "low": ("low", "lowprice", "pricelow", "l"),
    "close": ("close", "closeprice", "priceclose", "c"),
    "volume": (
        *("volccy", "homenotional", "basetokenvolume", "basevolume", "basevol", "volumebase", "basetradevolume"),
        *("volume", "vol", "volumetraded", "v"),
    ),
    "quote_volume": (
        *("quotevolume", "quotevol", "volquote", "volccyquote", "quoteassetvolume", "volumequote", "usdvolume"),
        *(
            "foreignnotional",
            "turnover",
            "volumeusdt",
            "volumeusd",
            "volusdt",
            "volusd",
            "usdtvolume",
            "tradeturnover",
            "notional",
            "quoteamount",
            "amount",
            "sum",
        ),
    ),
    "ts": (
        *("fundingtime", "fundingratetimestamp", "fundingtimestamp", "calctime", "effectiveat", "ts", *_TIME),
        *("gmttime", "datetimeutc", "dateutc", "t"),
    ),
    "rate": (
        *("relativefundingrate", "realizedrate", "fundingrate", "lastfundingrate", "rate", "fundingratepct"),
        *("fundingratepercent", "ratepct", "ratepercent", "r"),
    ),
    "symbol": (
        *("symbol", "pair", "ticker", "instrumentname", "instid", "instrumentid", "instrument", "contract"),
        *("contractcode", "coin", "market", "marketid", "s"),
    ),
    "kind": ("contracttype", "markettype", "insttype", "instrumenttype", "producttype", "category", "type"),
    "expiry": ("expiry", "expirydate", "expiration", "expirationdate", "deliverydate", "deliverytime", "maturity"),
    "zone": ("timezone", "tz", "utcoffset"),
    "confirm": ("confirm", "confirmed", "isconfirmed", "isclosed", "isfinal", "closed", "complete", "x"),
    "interval": ("interval", "timeframe", "resolution", "granularity", "period", "i"),
}
_PRICES = ("open", "high", "low", "close")
_SAME_COIN = {"btc": ("btc", "xbt"), "xbt": ("btc", "xbt")}
_NO_COIN = ("usd", "quote", "eur", "ma", "sma", "ema", "ratio", "delta", "change", "number", "count")


_ON_A_CLOCK = re.compile(  # a time whose name says a clock, as "time (UTC+9)", "Local time" or "date_est"
    r"(?:local[ _])?(?:open[ _]?)?(?:timestamp|datetime|date|time)[ _]*[\[(]?"
    r"(?:(?:utc|gmt) ?(?:[+-][\d:]+)?|local|[a-z]{2,4}t)?[\])]?",
    re.IGNORECASE,
)


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
    base: str = "",
    where: str,
) -> ColumnMap:
    """Find a column for every wanted name; `given` (ours -> the file's) overrides what is known.

    `base` is the coin whose volume is wanted. Raises RequestError naming every column that is missing, and one
    that the file has twice.
    """
    given = given or {}
    _check_given(columns, (*wanted, *optional, "symbol"), given, where)
    found: dict[str, str] = {}
    for name in (*wanted, *optional):
        column = given.get(name) or find_column(name, columns, base)
        if column is not None:
            found[name] = column
    missing = [name for name in wanted if name not in found]
    if missing:
        raise RequestError(
            f"the file has no column for {', '.join(missing)}; its columns are {', '.join(columns)}",
            where=where,
            hint=f"say which it is with --map {missing[0]}=COLUMN",
        )
    for column in found.values():
        if f"{column}#2" in columns:
            raise RequestError(f"the file has two columns {column}", where=where, hint="name them differently")
    return ColumnMap(found, tuple(name for name in columns if name not in found.values()))


def _check_given(columns: Sequence[str], names: Sequence[str], given: Mapping[str, str], where: str) -> None:
    for name, column in given.items():
        if name not in names:
            raise RequestError(f"there is no column {name} to map to", where=where, hint=f"one of {', '.join(names)}")
        if column not in columns:
            raise RequestError(f"the file has no column {column}; its columns are {', '.join(columns)}", where=where)


def find_column(name: str, columns: Sequence[str], base: str = "") -> str | None:
    """The file's column known by the earliest alias, in the alias's own case before any other.

    For volume the one that names its coin ("Volume BTC") comes first; for times an unnamed first column comes last.
    """
    if name == "volume" and (coin := _volume_of_coin(columns, base)) is not None:
        return coin
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(folded(column), []).append(column)
    for alias in KNOWN_AS[name]:
        if same := by_name.get(alias):
            best = alias if alias in same else same[0]
            if len(alias) > 1 or _is_letter(name, best, alias, columns):
                return best
    if name in ("ts_open", "ts"):
        on_a_clock = [column for column in columns if _ON_A_CLOCK.fullmatch(column)]
        if len(on_a_clock) == 1:
            return on_a_clock[0]
        return next((each for n, each in enumerate(columns) if each == _OF_PANDAS or (n == 0 and each in _INDEX)), None)
    return _only_volume_of_a_coin(columns) if name == "volume" else None


def names_prices(fields: Sequence[str]) -> bool:
    """Whether these are the names of columns of candles or of funding rates."""
    names = [field for field in fields if field]
    prices = sum(find_column(name, names) is not None for name in _PRICES)
    return prices >= 2 or (find_column("rate", names) is not None and find_column("ts", names) is not None)


def folded(column: str) -> str:
    """A name by its letters and digits alone."""
    return "".join(char for char in column.lower() if char.isalnum())


def _is_letter(name: str, found: str, alias: str, columns: Sequence[str]) -> bool:
    """Whether a letter is the name: one in capitals where all are, and `s`, `i` and `x` only beside `o` and `c`."""
    in_capitals = "O" in columns and "o" not in columns
    if name in ("symbol", "confirm", "interval") and not {"o", "c"} <= {column.lower() for column in columns}:
        return False
    return found == alias or in_capitals


def _volume_of_coin(columns: Sequence[str], base: str) -> str | None:
    """The volume that is named after the coin, as "Volume BTC", "volume_btc" or "btc_volume"."""
    coins = _SAME_COIN.get(base.lower(), (base.lower(),))
    wanted = {form for coin in coins if coin for form in (f"volume{coin}", f"{coin}volume", f"vol{coin}")}
    return next((column for column in columns if folded(column) in wanted), None)


def _only_volume_of_a_coin(columns: Sequence[str]) -> str | None:
    named = [column for column in columns if folded(column).startswith("volume")]
    coins = [column for column in named if not any(word in folded(column)[6:] for word in _NO_COIN)]
    return coins[0] if len(coins) == 1 else None
