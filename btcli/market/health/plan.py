"""From what is missing to the tool calls that fetch it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from btcli.market.health.report import HealthReport, SeriesHealth
from btcli.timeframe import UNIT_MS, Timeframe

NEVER_HEALED = "sample"
EDGE_TOOLS = {"trade": "sync_range", "mark": "sync_mark", "funding": "sync_funding"}
REPLACED_BY_SYNC = frozenset({"NOT_A_NUMBER", "NOT_POSITIVE", "HIGH_TOO_LOW", "LOW_TOO_HIGH", "NEGATIVE_VOLUME"})


class PlannedCall(NamedTuple):
    """A tool of the registry by name, and its arguments: the Series, and [start_ms, end_ms) or several of them.

    `again` asks for what is stored too, because some of it is wrong.
    """

    tool: str
    arguments: Mapping[str, Any]


def heal_plan(report: HealthReport) -> list[PlannedCall]:
    """The calls that mend the errors of a report: what is missing at an edge, or all, is synced; holes are filled.

    In the order of the report, nothing twice. Generated data has no source, and what the exchange has confirmed
    to be absent is not asked for again.
    """
    calls = [call for health in report.series for call in _calls(health) if health.span.series.venue != NEVER_HEALED]
    return [call for position, call in enumerate(calls) if call not in calls[:position]]


def _calls(health: SeriesHealth) -> list[PlannedCall]:
    kind = health.span.series.kind
    open_gaps = [gap for gap in health.gaps if gap.severity == "error" and not gap.confirmed]
    holes = [gap for gap in open_gaps if gap.place == "inside" and kind != "funding"]
    edges = [gap for gap in open_gaps if gap.place != "inside" or kind == "funding"]
    calls = [_sync(health, gap.first_ms, gap.last_ms) for gap in edges]
    if holes:
        ranges = tuple(_range(health, gap.first_ms, gap.last_ms) for gap in holes)
        calls.append(PlannedCall("fill_gaps", {"series": health.span.series, "ranges": ranges}))
    for issue in health.issues:
        if issue.code in REPLACED_BY_SYNC and issue.first_ms is not None and issue.last_ms is not None:
            wrong = _sync(health, issue.first_ms, issue.last_ms)
            calls.append(wrong._replace(arguments={**wrong.arguments, "again": True}))
    return calls


def _sync(health: SeriesHealth, first_ms: int, last_ms: int) -> PlannedCall:
    series = health.span.series
    start_ms, end_ms = _range(health, first_ms, last_ms)
    return PlannedCall(EDGE_TOOLS[series.kind], {"series": series, "start_ms": start_ms, "end_ms": end_ms})


def _range(health: SeriesHealth, first_ms: int, last_ms: int) -> tuple[int, int]:
    """Settlements carry jitter, so the minute of the last one belongs to the range."""
    label = health.span.series.timeframe
    return first_ms, last_ms + (Timeframe.parse(label).ms if label else UNIT_MS["m"])
