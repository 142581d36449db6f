"""The five worst drawdowns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from btcli.analysis.drawdowns import Fall, worst_falls
from btcli.analysis.equity import DAY_MS
from btcli.legible.figures import day, number, percent
from btcli.report.content import RunContent
from btcli.report.html import Markup
from btcli.report.sections.days import curve, start_ms
from btcli.report.sections.parts import NOT_RECORDED, Cell, note, part, table
from btcli.timeframe import utc_ms, utc_text

HEADINGS = ("depth", "from the peak at", "trough", "recovered", "days")


def falls(content: RunContent) -> Markup:
    """The deepest falls of equity below its peak, the first of them as metrics.json has it."""
    title, metrics = "Worst drawdowns", content.metrics
    if not metrics["max_drawdown_pct"]:
        return part(title, note("Equity never closed below its peak."), kind="falls")
    deepest = deepest_of(metrics)
    moments, _ = curve(content)
    depths = content.equity["drawdown_pct"].to_numpy().astype(np.float64, copy=False)
    found = worst_falls(moments, depths, start_ms=start_ms(content), deepest=deepest)
    said = (
        "In percent of the peak. The deepest is measured at the close of every step; the others at the rows of the"
        " equity curve that lie before and after it."
    )
    if deepest is None:
        said = f"In percent of the peak, at the rows of the equity curve. The moments of the deepest: {NOT_RECORDED}."
    return part(title, table(HEADINGS, map(_row, found), words=0), note(said), kind="falls")


def deepest_of(metrics: Mapping[str, Any]) -> Fall | None:
    """The drawdown that metrics.json tells; None where it says no moments of it."""
    start, trough = metrics.get("max_drawdown_start"), metrics.get("max_drawdown_trough")
    days = metrics.get("max_drawdown_days")
    if start is None or trough is None or days is None:
        return None
    start_at, recovery = utc_ms(start), metrics.get("max_drawdown_recovery")
    return Fall(
        depth_pct=metrics["max_drawdown_pct"],
        start_ms=start_at,
        trough_ms=utc_ms(trough),
        recovery_ms=None if recovery is None else utc_ms(recovery),
        end_ms=start_at + round(days * DAY_MS),
    )


def _row(fall: Fall) -> tuple[Cell, ...]:
    recovered = "not by the end" if fall.recovery_ms is None else _moment(fall.recovery_ms)
    return percent(fall.depth_pct), _moment(fall.start_ms), _moment(fall.trough_ms), recovered, number(fall.days, 1)


def _moment(ts_ms: int) -> str:
    return day(utc_text(ts_ms))
