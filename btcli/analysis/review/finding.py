"""What a review says of a run: a doubt with the number it found, what that was held against, and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Severity = Literal["doubt", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("doubt", "warning", "note")
NOWHERE: Mapping[str, int | str] = MappingProxyType({})
MOST_PCT = 1e9  # a share of next to nothing is told as this one


class Finding(NamedTuple):
    """One row of `findings` in metrics.json.

    A doubt says that the result means little before it is explained, a warning that it may be worse than it looks, a
    note what to know when reading it. `found` and `limit` are in `unit`; `where` has those of `trade_id`, `symbol`
    and `day` (UTC) that lead to the evidence.
    """

    code: str
    severity: Severity
    message: str
    found: float
    limit: float
    unit: str
    where: Mapping[str, int | str] = NOWHERE

    def to_dict(self) -> dict[str, Any]:
        """As metrics.json holds it."""
        return {**self._asdict(), "where": dict(self.where)}


def share_pct(part: float, whole: float) -> float:
    """part / whole in percent, for a whole above 0; at most MOST_PCT."""
    return min(part / whole * 100.0, MOST_PCT)


def day_of(ts_ms: int) -> str:
    """The UTC day that a moment lies in, as 2024-01-31."""
    return datetime.fromtimestamp(ts_ms // 1000, UTC).strftime("%Y-%m-%d")
