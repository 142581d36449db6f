"""From bytes to rows: an answer that does not parse fully and make sense is asked for again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import orjson

from btcli.sources.http import Again, Reply
from btcli.sources.source import Candle, Settlement
from btcli.timeframe import UNIT_MS, Timeframe, utc_text

_DECIMALS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:,-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)*")
_JITTER_MS = UNIT_MS["m"]
_LAST_MS = 4_102_444_800_000  # the year 2100
_TIME_DIGITS = 13


class Rows(NamedTuple):
    """Verified rows, ascending, with the digest and the address of the answer they came in."""

    rows: list[tuple[Any, ...]]
    digest: str
    url: str


def json_of(reply: Reply) -> Any:
    """The body as JSON; raises Again with its beginning when it is something else."""
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        start = reply.body[:40].decode("utf-8", "replace").strip()
        raise Again(f"the answer is no complete JSON (it begins {start!r})") from error


def candles_of(
    listed: Any, timeframe: Timeframe, *, newest_first: bool, volume: bool, now_ms: int, with_ends: bool = False
) -> list[Candle]:
    """Closed candles, ascending, of a list `[open time, open, high, low, close, (volume), (last millisecond), …]`.

    Raises Again for anything that is not decimal, not on the grid, not in order, or no candle; `with_ends` for one
    of another length, too.
    """
    columns = _columns(listed, 7 if with_ends else 6 if volume else 5)
    if not columns:
        return []
    opens = [time_of(value) for value in columns[0]]
    numbers = [_floats(column) for column in columns[1:6]]
    rows = (
        list(zip(opens, *numbers, strict=True))
        if volume
        else [(*row, 0.0) for row in zip(opens, *numbers, strict=True)]
    )
    if newest_first:
        rows.reverse()
        opens.reverse()
    check_order(opens)
    if any((ts - timeframe.origin_ms) % timeframe.ms for ts in opens):
        raise Again(f"a candle does not open on the grid of {timeframe}")
    if with_ends and any(time_of(row[6]) != time_of(row[0]) + timeframe.ms - 1 for row in listed):
        raise Again(f"a candle is not {timeframe} long")
    if not all(0 < low <= min(o, c) <= max(o, c) <= high < inf > traded >= 0 for _, o, high, low, c, traded in rows):
        raise Again("a row is no candle: low, open, close and high contradict each other, or a price is not above 0")
    while rows and rows[-1][0] + timeframe.ms > now_ms:
        rows.pop()
    return rows


def settlements_of(listed: Any, symbol: str, time_key: str, *, newest_first: bool) -> list[Settlement]:
    """Funding, ascending, of a list of objects; times must be full hours plus at most a minute of jitter."""
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise Again("the answer is no list of settlements")
    for item in listed:
        if item.get("symbol") != symbol:
            raise Again(f"asked for {symbol}, the answer is about {item.get('symbol')!r}")
    times = [time_of(item.get(time_key)) for item in listed]
    rows = list(zip(times, _floats([item.get("fundingRate") for item in listed]), strict=True))
    if newest_first:
        rows.reverse()
    check_order([ts for ts, _ in rows])
    for ts, rate in rows:
        if ts % UNIT_MS["h"] >= _JITTER_MS or abs(rate) >= 1:
            raise Again(f"a settlement at {utc_text(ts)} of {rate:g} makes no sense")
    return rows


def check_order(times: Sequence[int]) -> None:
    """Raises Again unless the times rise."""
    for before, after in pairwise(times):
        if before == after:
            raise Again(f"the answer has {utc_text(after)} twice")
        if before > after:
            raise Again(f"the answer is out of order at {utc_text(after)}")


def check_inside(times: Sequence[int], first_ms: int, last_ms: int) -> None:
    """Raises Again when there is a row that nobody asked for; times ascend."""
    if times and (times[0] < first_ms or times[-1] > last_ms):
        stray = times[0] if times[0] < first_ms else times[-1]
        raise Again(f"the answer has {utc_text(stray)}, asked was {utc_text(first_ms)} to {utc_text(last_ms)}")


def field_of(tree: Any, *keys: str) -> Any:
    """The value under a path of keys; raises Again when the answer has another shape."""
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            raise Again(f"the answer has no {'.'.join(keys)}")
        tree = tree[key]
    return tree


def list_of(tree: Any, *keys: str) -> list[Any]:
    """The list under a path of keys; raises Again when there is none."""
    value = field_of(tree, *keys)
    if not isinstance(value, list):
        raise Again(f"the answer has no list of {'.'.join(keys)}")
    return value


def text_of(tree: Any, *keys: str) -> str:
    """The text under a path of keys; raises Again when there is none."""
    value = field_of(tree, *keys)
    if not isinstance(value, str):
        raise Again(f"the answer has no text in {'.'.join(keys)}")
    return value


def time_of(value: Any) -> int:
    """Milliseconds, from a number or its digits; raises Again for what no clock has shown yet."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _TIME_DIGITS:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST_MS:
        return value
    raise Again(f"{str(value)[:40]!r} is no time in milliseconds")


def life_of(item: Mapping[str, Any], listed_key: str, delisted_key: str) -> dict[str, str]:
    """`listed` and `delisted` as a snapshot writes them; 0 and days that never come mean that there is none."""
    said: dict[str, str] = {}
    for name, key in (("listed", listed_key), ("delisted", delisted_key)):
        value = str(item.get(key) or "0")
        if not (value.isascii() and value.isdigit() and len(value) <= _TIME_DIGITS):
            raise Again(f"{value[:40]!r} is no time in milliseconds")
        if 0 < int(value) < _LAST_MS:
            said[name] = utc_text(int(value))
    return said


def _columns(listed: Any, width: int) -> list[tuple[Any, ...]]:
    if not isinstance(listed, list) or not all(isinstance(row, list) and len(row) >= width for row in listed):
        raise Again("the answer is no list of candles")
    return list(zip(*(row[:width] for row in listed), strict=True))


def _floats(texts: Sequence[Any]) -> list[float]:
    """Exact decimals become floats here, once."""
    try:
        joined = ",".join(texts)
    except TypeError:
        raise Again("a number is not written as a decimal in quotes") from None
    if texts and not _DECIMALS.fullmatch(joined):
        raise Again("a value is not a decimal number")
    try:
        return [float(text) for text in texts]
    except ValueError:
        raise Again("a value is not a decimal number") from None


def decimal_of(value: Any) -> str:
    """A decimal as it is printed; raises Again for anything else."""
    _floats([value])
    return str(value)
