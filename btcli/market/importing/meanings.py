"""Stamp, clock and units of a file's rows: what it says of them, what is assumed, and what follows for the rows."""

from __future__ import annotations

import re

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.claims import Claim, Evidence, settle
from btcli.market.importing.columns import find_column, folded
from btcli.market.importing.filenames import NameSays
from btcli.market.importing.raw import RawFile
from btcli.market.importing.said import Said, contract_size, offset_ms
from btcli.market.importing.times import Times
from btcli.symbols import COINS
from btcli.timeframe import UNIT_MS, Timeframe

_OPENS = (
    *("tsopen", "opentime", "opentimestamp", "starttime", "startat", "startedat", "start", "timeperiodstart"),
    *("begintime", "candlebegintime", "periodstart", "timeopen", "startingtime"),
)
_CLOSES = ("tsclose", "closetime", "closetimestamp", "endtime", "endat", "end", "timeperiodend", "timeclose")
_COINS = ("volccy", "homenotional", "basetokenvolume", "basevolume", "basevol", "volumebase", "basetradevolume")
_QUOTES = (
    *("quotevolume", "quotevol", "volquote", "volccyquote", "quoteassetvolume", "volumequote", "usdvolume"),
    *("foreignnotional", "turnover", "volumeusdt", "volumeusd", "volusdt", "volusd", "usdtvolume", "volumeusdc"),
)
_METATRADER = {"tickvol", "tickvolume", "spread", "realvolume"}
_ZONE = re.compile(r"(?<![a-z])(?:utc|gmt)(?:\s*([+-]\d{1,2}(?::\d{2})?))?(?!\w)", re.IGNORECASE)
_LOCAL = re.compile(
    r"(?<![a-z])(?:local|[ecmp][sd]t|cest|cet|eest|eet|bst|jst|kst|ist|msk|hkt|sgt)(?![a-z])", re.IGNORECASE
)
_CONTRACTS = ("contracts", "volumecontracts", "volcontracts", "contractvolume", "contractsvolume", "lots", "cont")
_OTHER_RATES = re.compile(r"bps|basis|annual|apr|apy|year|daily|8h.?avg", re.IGNORECASE)
_ENDS = (1, 1000)  # a candle that ends at 59.999 or at :59
_STAMP, _CLOCK, _VOLUME, _RATE = "--stamp", "--utc-offset", "--volume-in", "--rate-in"


def clock_of(raw: RawFile, column: str, times: Times, name: NameSays, said: Said) -> tuple[Claim, int]:
    """The clock that the times run on, and the milliseconds by which it is ahead of UTC.

    Raises RequestError for a clock that only the file's maker knows, as MetaTrader's, until it is said.
    """
    found = [Evidence("UTC", times.utc_because)] if times.utc_because.endswith("zone") else []
    if not found and not times.utc_because:
        found = _zones(raw, column) or _zones_of_rows(raw, said)
    if name.is_bybit_mt4 and not raw.has_header and not found and not times.utc_because:
        found = [Evidence("UTC+3", "Bybit's archive for MetaTrader runs on it")]
    asked = None if said.utc_offset is None else _clock(offset_ms(said.utc_offset))
    if asked is None and not found and not times.utc_because and (word := _LOCAL.search(column.replace("_", " "))):
        told = f"its column {column} says times of the clock {word[0]}, whose offset may change within a year"
        raise RequestError(told, where=raw.name, hint="say it, as --utc-offset -5, or write the times in UTC")
    if asked is None and not found and _is_metatrader(raw) and not (name.is_bybit_mt4 or "zone" in times.utc_because):
        raise RequestError(
            "MetaTrader writes times of its broker's clock, which the file does not name",
            where=raw.name,
            hint="say it, as --utc-offset +3, or --utc-offset 0 for UTC",
        )
    if times.utc_because and not found and asked is None:
        return Claim("clock", "UTC", times.utc_because), 0
    claim = settle("clock", asked, found, "UTC", _CLOCK, raw.name)
    return claim, 0 if claim.value == "UTC" else offset_ms(claim.value)


def stamp_of(raw: RawFile, column: str, ms: pl.Series, closes: pl.Series | None, said: Said) -> tuple[Claim, int]:
    """What the times mean, open or close of the candle, and the milliseconds by which closes stand before the hour.

    `closes` are the times of a column of closes beside one of opens.
    """
    found = []
    if closes is not None and 2 * int((closes <= ms).sum()) > ms.len():
        row = int((closes <= ms).arg_true()[0])
        said_there = "its column of closes does not come after that of opens"
        raise RequestError(said_there, where=raw.where(row), hint="name the opens with --map ts_open=COLUMN")
    ahead = next((end for end in _ENDS if ((ms + end) % UNIT_MS["m"] == 0).all()), 0)
    if ahead:
        found.append(Evidence("close", f"its times end at {'59.999' if ahead == 1 else ':59'}"))
    name = folded(column)
    if name in (*_OPENS, *_CLOSES):
        found.append(Evidence("open" if name in _OPENS else "close", f"its column {column}"))
    elif closes is not None and (closes > ms).all():
        found.append(Evidence("open", f"its columns {column} and of the closes"))
    if {"homenotional", "foreignnotional"} <= set(map(folded, raw.frame.columns)):
        found.append(Evidence("close", "its columns homeNotional and foreignNotional: BitMEX stamps closes"))
    return settle("stamp", said.stamp, found, "open", _STAMP, raw.name), ahead


def opens_of(ms: pl.Series, stamp: Claim, ahead_ms: int, timeframe: Timeframe) -> pl.Series:
    """The opens of candles whose times are stamped so."""
    return ms + ahead_ms - timeframe.ms if stamp.value == "close" else ms


def length_by_closes(ms: pl.Series, closes: pl.Series | None) -> Evidence | None:
    """The length that a column of closes beside one of opens shows, of nearly all rows."""
    if closes is None or not ms.len():
        return None
    lengths = closes - ms
    length = int(lengths.mode().min())  # type: ignore[arg-type]
    whole = next((length + end for end in (0, *_ENDS) if (length + end) % UNIT_MS["m"] == 0), 0)
    if whole <= 0 or 2 * int((lengths == length).sum()) < ms.len():
        return None
    label = next(f"{whole // unit_ms}{unit}" for unit, unit_ms in reversed(UNIT_MS.items()) if whole % unit_ms == 0)
    try:
        return Evidence(Timeframe.parse(label).label, "its column of closes")
    except RequestError:
        return None


def volume_of(raw: RawFile, column: str, base: str, said: Said) -> Claim:
    """The unit of a column of volume: coins, quote, or contracts:N."""
    name, columns = folded(column), set(map(folded, raw.frame.columns))
    found = []
    if name in _QUOTES:
        found.append(Evidence("quote", f"its column {column}"))
    elif name in _COINS or (base and base.lower() in name and name != base.lower()):
        found.append(Evidence("coins", f"its column {column}"))
    elif name in _CONTRACTS and said.volume_in is None:
        hint = "say the coins of one, as --volume-in contracts:0.01"
        raise RequestError(f"its column {column} counts contracts", where=raw.name, hint=hint)
    elif (coin := name.removeprefix("volume").removesuffix("volume").upper()) in COINS and said.volume_in is None:
        each = f"contracts:{1 / int(base.removesuffix(coin)):g}" if base.removesuffix(coin).isdecimal() else "UNIT"
        told = f"its column {column} counts {coin}, and asked for are {base or 'other coins'}"
        hint = f"say its unit, as --volume-in {each}, or another column with --map volume=COLUMN"
        raise RequestError(told, where=raw.name, hint=hint)
    elif "adjclose" in columns:
        found.append(Evidence("quote", "its column Adj Close: Yahoo counts coins in dollars"))
    return settle("volume", said.volume_in, found, "coins", _VOLUME, raw.name)


def in_coins(frame: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Candles with their volume in coins; quote is divided by the mean of high, low and close."""
    if unit == "coins":
        return frame
    if unit == "quote":
        price = (pl.col("high") + pl.col("low") + pl.col("close")) / 3
        return frame.with_columns(volume=pl.when(price > 0).then(pl.col("volume") / price).otherwise(0.0))
    return frame.with_columns(volume=pl.col("volume") * contract_size(unit))


def rate_of(raw: RawFile, column: str, has_signs: bool, said: Said) -> Claim:
    """The unit of rates: fraction or percent; `has_signs` where values are written with %."""
    if said.rate_in is None and (word := _OTHER_RATES.search(column)):
        told = f"{word[0]} in the name of its column {column} says neither fractions nor percent of one settlement"
        raise RequestError(told, where=raw.name, hint="write what is paid at one settlement, 0.0001 for 0.01 %")
    found = [Evidence("percent", "its rates are written with %")] if has_signs else []
    if "%" in column or folded(column).endswith(("pct", "percent")):
        found.append(Evidence("percent", f"its column {column}"))
    return settle("rate", said.rate_in, found, "fraction", _RATE, raw.name)


def _zones(raw: RawFile, column: str) -> list[Evidence]:
    """UTC or an offset from it, named by the column of times or by a line above the header."""
    told = [(column, f"its column {column}"), *((line, "a line above its header") for line in raw.before)]
    for text, because in told:
        if found := _ZONE.search(text.replace("_", " ")):
            return [Evidence(_clock(offset_ms(found[1] or "0")), because)]
    return []


def _zones_of_rows(raw: RawFile, said: Said) -> list[Evidence]:
    """The clock that a column names, as "UTC" or "+08:00"; raises RequestError for one whose offset is not known."""
    column = find_column("zone", raw.frame.columns)
    if column is None or said.utc_offset is not None:
        return []
    words = [str(word).strip() for word in raw.frame[column].drop_nulls().unique(maintain_order=True).to_list()]
    try:
        clocks = {_clock(offset_ms("0" if word in ("Z", "UTC", "GMT", "Etc/UTC") else word)) for word in words}
    except RequestError:
        clocks = set()
    if len(clocks) != 1:
        told = f"its column {column} says {', '.join(words[:3])}, whose offset may change within a year"
        raise RequestError(told, where=raw.name, hint="say it, as --utc-offset +8, or write the times in UTC")
    return [Evidence(clocks.pop(), f"its column {column}")]


def _is_metatrader(raw: RawFile) -> bool:
    columns = set(map(folded, raw.frame.columns))
    if raw.has_header:
        return len(columns & _METATRADER) >= 2
    first = str(raw.frame[0, 0])
    return re.match(r"\d{4}\.\d\d\.\d\d", first) is not None


def _clock(ahead_ms: int) -> str:
    if not ahead_ms:
        return "UTC"
    hours, minutes = divmod(abs(ahead_ms) // UNIT_MS["m"], 60)
    return f"UTC{'+' if ahead_ms > 0 else '-'}{hours}{f':{minutes:02}' if minutes else ''}"
