"""What a check can find in a series: missing bars, and bars that cannot be right."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from btcli.frozen import frozen
from btcli.market.moments import plain
from btcli.market.series import Millis
from btcli.timeframe import utc_text

Severity = Literal["error", "warning"]
Place = Literal["start", "inside", "end", "all"]
Mask = NDArray[np.bool_]
BLOCK_ROWS = 1 << 16  # that are judged at a time, so that judging takes no memory
_DOUBTS = {
    "not given": ", asked for and not given by the exchange",
    "disputed": ", on which answers of the exchange differ",
}


@frozen
class GapRange:
    """Bars (for funding: settlements) that should be there and are not; `first_ms` and `last_ms` are missing opens."""

    place: Place
    first_ms: int
    last_ms: int
    count: int
    severity: Severity = "error"
    confirmed: bool = False  # the exchange itself has nothing there
    doubt: str = ""  # "not given" or "disputed": what the exchange's answers left open
    hint: str = ""

    @property
    def step_ms(self) -> int:
        """The distance between missing opens; 1 for a single one."""
        return (self.last_ms - self.first_ms) // (self.count - 1) if self.count > 1 else 1

    def sentence(self, noun: str = "bar") -> str:
        """As "37 bars missing inside, 2024-02-01 10:05 to 2024-02-01 13:05"; times are those of the missing opens."""
        where = {"start": "at the start", "inside": "inside", "end": "at the end", "all": "(all of them)"}[self.place]
        known = ", confirmed absent by the exchange" if self.confirmed else _DOUBTS.get(self.doubt, "")
        times = plain(self.first_ms) if self.count == 1 else f"{plain(self.first_ms)} to {plain(self.last_ms)}"
        return f"{self.count:,} {noun}{'' if self.count == 1 else 's'} missing {where}, {times}{known}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "first_missing": utc_text(self.first_ms),
            "last_missing": utc_text(self.last_ms),
            "first_missing_ms": self.first_ms,
            "last_missing_ms": self.last_ms,
            "count": self.count,
            "severity": self.severity,
            "confirmed": self.confirmed,
            **({"doubt": self.doubt} if self.doubt else {}),
        }


@frozen
class SanityIssue:
    """Something about rows that are there: how many, the first and the last of them (None: not about times)."""

    code: str
    severity: Severity
    message: str
    count: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    hint: str = ""

    def sentence(self) -> str:
        """As "3 bars: high below open, low or close (first 2024-02-01 10:05, last 2024-02-01 13:05)"."""
        if self.first_ms is None or self.last_ms is None:
            return self.message
        times = plain(self.first_ms)
        if self.last_ms != self.first_ms:
            times = f"first {times}, last {plain(self.last_ms)}"
        return f"{self.count:,} x {self.message} ({times})"

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "count": self.count,
            "first": None if self.first_ms is None else utc_text(self.first_ms),
            "last": None if self.last_ms is None else utc_text(self.last_ms),
            "hint": self.hint,
        }


def issues_at(mask: Mask, ts: Millis, code: str, severity: Severity, message: str) -> list[SanityIssue]:
    """One issue for all the rows that a mask marks, or none when it marks none."""
    found = ts[mask]
    if found.size == 0:
        return []
    return [SanityIssue(code, severity, message, int(found.size), int(found.min()), int(found.max()))]
