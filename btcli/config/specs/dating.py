"""How old dated specs are, and how far from a span of time that is tested with them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from btcli.timeframe import UNIT_MS

_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_EPOCH = date(1970, 1, 1).toordinal()


def is_day(text: str) -> bool:
    """Whether the text is a day of the calendar, such as 2024-01-31."""
    return len(text) == len("2024-01-31") and last_day(text) is not None


def last_day(as_of: str) -> date | None:
    """The day that is meant, the last one of a month such as 2024-12; None for other words."""
    found = _DAY.fullmatch(as_of)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    try:
        return date(year, month, int(found[3] or monthrange(year, month)[1]))
    except ValueError:
        return None


def age_days(as_of: str, at_ms: int) -> int | None:
    """Whole days from the specs' day to that of a moment, below 0 before it; None for specs without a day."""
    day = last_day(as_of)
    return None if day is None else _day_number(at_ms) - (day.toordinal() - _EPOCH)


def days_beyond(as_of: str, start_ms: int, end_ms: int) -> int | None:
    """Days from the end of [start_ms, end_ms) to the specs' day, below 0 to its start, 0 inside; None without a day."""
    day = last_day(as_of)
    if day is None:
        return None
    number = day.toordinal() - _EPOCH
    return max(number - _day_number(end_ms - 1), 0) or min(number - _day_number(start_ms), 0)


def _day_number(ts_ms: int) -> int:
    return ts_ms // UNIT_MS["d"]
