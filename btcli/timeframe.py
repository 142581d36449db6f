"""Timeframes and the grid of time they lay over UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, total_ordering

from btcli.errors import RequestError
from btcli.frozen import frozen

UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
LONGEST_MS = 366 * UNIT_MS["d"]
MOST_DURATION_MS = 10 * LONGEST_MS
MONDAY_MS = 4 * UNIT_MS["d"]  # 1970-01-05, the first Monday: weekly candles open on Mondays
_LABEL = re.compile(r"([1-9][0-9]{0,5})([mhdwHDW])")
_MONTH = re.compile(r"[1-9][0-9]*(M|mo|month|months)")


@total_ordering
@frozen
class Timeframe:
    """The length of a candle, by its usual label: `Timeframe.parse("15m")`."""

    label: str
    ms: int

    @classmethod
    def parse(cls, label: str) -> Timeframe:
        """Read "1m", "4h", "1d" or "1w"; one length has one label: "60m" is "1h", "24h" and "1D" are "1d".

        Raises RequestError for anything that is not a number and one of m, h, d, w, for months, and for lengths
        without a grid that venues agree on: those that neither divide a day nor are a day or whole weeks, or that are
        longer than a year.
        """
        found = _LABEL.fullmatch(label)
        if found is None:
            raise RequestError(f"{label!r} is not a timeframe", hint=_instead_of(label))
        ms = int(found[1]) * UNIT_MS[found[2].lower()]
        if UNIT_MS["d"] % ms and ms % UNIT_MS["d"]:
            raise RequestError(
                f"{label!r} does not divide a day", hint="use 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h or 1d"
            )
        if ms > UNIT_MS["d"] and ms % UNIT_MS["w"]:
            said = f"{label!r} has no grid that venues agree on: where its candles begin is each one's own"
            raise RequestError(said, hint="use 1d or 1w")
        if ms > LONGEST_MS:
            raise RequestError(f"{label!r} is longer than a year", hint="use 1d or 1w")
        unit = max((unit for unit in UNIT_MS if ms % UNIT_MS[unit] == 0), key=UNIT_MS.__getitem__)
        return cls(f"{ms // UNIT_MS[unit]}{unit}", ms)

    @property
    def origin_ms(self) -> int:
        """A moment at which a candle of this timeframe opens."""
        return MONDAY_MS if self.ms % UNIT_MS["w"] == 0 else 0

    def floor(self, ts_ms: int) -> int:
        """The open of the candle that contains `ts_ms`."""
        return ts_ms - (ts_ms - self.origin_ms) % self.ms

    def ceil(self, ts_ms: int) -> int:
        """The first open at or after `ts_ms`."""
        return ts_ms + (self.origin_ms - ts_ms) % self.ms

    def __lt__(self, other: Timeframe) -> bool:
        return self.ms < other.ms

    def __str__(self) -> str:
        return self.label


@lru_cache(maxsize=256)
def duration_ms(text: str) -> int:
    """A span of time such as "20m", "4h" or "1d", in milliseconds; it need be no timeframe.

    Raises RequestError for anything that is not a whole number above 0 and one of m, h, d, w, and above ten years.
    """
    found = _LABEL.fullmatch(text)
    if found is None:
        hint = "write a whole number and m, h, d or w, such as 20m or 4h"
        raise RequestError(f"{text!r} is not a duration", hint=hint)
    ms = int(found[1]) * UNIT_MS[found[2].lower()]
    if ms > MOST_DURATION_MS:
        raise RequestError(f"{text!r} is longer than ten years", hint="leave it out for no end")
    return ms


def duration_text(ms: int) -> str:
    """The same the other way round, in the largest unit that has a whole number of it: "20m", "4h"; else in seconds."""
    unit = max((unit for unit in UNIT_MS if ms % UNIT_MS[unit] == 0), key=UNIT_MS.__getitem__, default="")
    return f"{ms // UNIT_MS[unit]}{unit}" if unit and ms else f"{ms / 1000:g}s"


def _instead_of(label: str) -> str:
    if _MONTH.fullmatch(label):
        return "months differ in length: use 1w or 1d"
    if label.isascii() and label.isdigit() and int(label) in range(1, 1441):
        return f"{label} minutes are {label}m"
    return "write a number and a unit, such as 5m, 1h, 4h or 1d"


def utc_text(ts_ms: int) -> str:
    """A moment as ISO 8601 with milliseconds and Z: `2024-03-01T00:05:00.000Z`."""
    return _day_text(ts_ms // UNIT_MS["d"]) + _time_text(ts_ms % UNIT_MS["d"])


def utc_ms(moment: str) -> int:
    """The milliseconds of a moment in ISO 8601: the inverse of `utc_text`; raises ValueError for what is none."""
    return (datetime.fromisoformat(moment) - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


@lru_cache(maxsize=256)
def _day_text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@lru_cache(maxsize=4096)
def _time_text(ms_of_day: int) -> str:
    seconds, ms = divmod(ms_of_day, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
