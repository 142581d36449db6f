"""`btcli data verify`: every stored row looked at, and, on request, a sample of them held against the venue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from btcli.errors import BtcliError
from btcli.frozen import frozen
from btcli.market.digesting import digest_of_rows
from btcli.market.health.findings import SanityIssue, issues_at
from btcli.market.health.funding import SETTLEMENT_GRID_MS, rate_issues
from btcli.market.health.values import candle_issues, time_issues
from btcli.market.loader import bars_of, rates_of
from btcli.market.picture import Range, picture
from btcli.market.series import Candles, Series, Settlements
from btcli.market.store.reading import StoreReader, SyncEntry, open_store
from btcli.market.store.where import Store
from btcli.timeframe import Timeframe
from btcli.tools import VENUES_WITH_SOURCE, registry_for

FOREVER_MS = 2**62


@frozen
class VerifiedSeries:
    """A series, the digest of its content, what is wrong with its rows, its holes, and how a sample compared.

    `against` is "" when nothing was compared; `differing` counts rows that the venue tells otherwise.
    """

    series: Series
    rows: int
    digest: str
    issues: tuple[SanityIssue, ...]
    holes: tuple[Range, ...]
    against: str = ""
    differing: int = 0
    failed: BtcliError | None = None
    doubts: tuple[tuple[int, int, str], ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with what is there; holes are told, and are no fault of the rows."""
        return not self.differing and not any(issue.severity == "error" for issue in self.issues)

    def to_dict(self) -> dict[str, Any]:
        return {
            "series": str(self.series),
            "rows": self.rows,
            "sha256": self.digest,
            "sound": self.sound,
            "issues": [issue.to_dict() for issue in self.issues],
            "holes_ms": [list(hole) for hole in self.holes],
            "doubts_ms": [list(doubt) for doubt in self.doubts],
            "against_source": self.against,
            "differing": self.differing,
        }


def verify_store(store: Store, *, against_source: bool = False) -> tuple[VerifiedSeries, ...]:
    """Check everything stored; with `against_source` fetch a part of each series again and compare. Changes nothing."""
    with open_store(store) as reader:
        log = reader.sync_log()
        found = [_verified(reader, each.series, log) for each in reader.coverage()]
    if not against_source:
        return tuple(found)
    return tuple(_compared(each, store) for each in found)


def _verified(reader: StoreReader, series: Series, log: list[SyncEntry]) -> VerifiedSeries:
    rows = reader.rows(series, 0, FOREVER_MS)
    issues = _candle_issues(series, rows) if isinstance(rows, Candles) else _funding_issues(rows)
    times = rows[0]
    issues += _unrecorded(times, [(entry.start_ms, entry.end_ms) for entry in log if entry.series == series])
    holes = picture(series, times, reader.absent(series)).holes
    doubts = tuple(reader.doubts(series))
    return VerifiedSeries(series, times.size, digest_of_rows(rows), tuple(issues), holes, doubts=doubts)


def _candle_issues(series: Series, candles: Candles) -> list[SanityIssue]:
    timeframe = Timeframe.parse(series.timeframe)
    bars = bars_of(candles, timeframe)
    return [
        *time_issues(bars.ts_open, timeframe.ms, timeframe.origin_ms),
        *candle_issues(bars, timeframe, traded=series.kind == "trade"),
    ]


def _funding_issues(settlements: Settlements) -> list[SanityIssue]:
    rates = rates_of(settlements)
    return [*time_issues(rates.ts, SETTLEMENT_GRID_MS, 0), *rate_issues(rates)]


def _unrecorded(times: Any, ranges: list[Range]) -> list[SanityIssue]:
    """Rows that no tool has ever written down."""
    known = np.zeros(times.size, dtype=np.bool_)
    for start, end in ranges:
        known[np.searchsorted(times, start) : np.searchsorted(times, end)] = True
    return issues_at(~known, times, "UNRECORDED", "error", "row that no tool has recorded writing")


def _compared(each: VerifiedSeries, store: Store) -> VerifiedSeries:
    if each.series.venue not in VENUES_WITH_SOURCE:
        return each
    tools = registry_for(store, venue=each.series.venue)
    result = tools.execute("compare_with_source", series=each.series)
    differing = int(result.details.get("differing", 0))
    return replace(each, against=result.done, differing=differing, failed=result.error)
