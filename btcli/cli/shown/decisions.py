"""How often a strategy was asked, since when it could be, and what came out from there on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.cli.edge.tables import Pair
from btcli.cli.shown.figures import count, day, number, percent

LATE_PCT = 1.0  # of the window: what passes before the first decision and is worth figures of its own


def decision_lines(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """One line on the decisions, and for a late first one the figures from there on; runs of old have neither."""
    if "decisions" not in metrics:
        return
    first, before = metrics["first_decision_ts"], metrics["window_before_first_decision_pct"]
    if first is None:
        yield "Decisions", "[yellow]none: nothing was ready at any close of the window[/]"
        return
    began = f"first possible at {day(first)}"
    late = before is not None and before >= LATE_PCT
    began += f", [yellow]after {percent(before, digits=1)} of the window[/]" if late else ""
    yield "Decisions", f"asked {count(metrics['decisions'], 'time')}, {began}"
    never = [symbol for symbol, ts in metrics["first_decision_by_symbol"].items() if ts is None]
    if never:
        yield "", f"[yellow]never possible for {', '.join(never)}[/]"
    if late:
        yield "From then on", _since(metrics["since_first_decision"])


def _since(since: Mapping[str, Any]) -> str:
    held = [value for value in since["buy_and_hold_pct"].values() if value is not None]
    mean = "" if len(held) == 1 else " (mean)"
    hold = f", buy and hold {percent(sum(held) / len(held), sign=True)}{mean}" if held else ""
    result = f"return {percent(since['return_pct'], sign=True)}, Sharpe {number(since['sharpe'])}"
    return f"{result}, in the market {percent(since['exposure_pct'], digits=1)} of the time{hold}"
