"""How often a strategy was asked, since when it could be, and what came out from there on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.cli.edge.tables import Pair
from btcli.cli.shown.figures import count, day, number, percent

SHOWN_SYMBOLS = 3
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
    late = _began_late(metrics)
    began += f", [yellow]after {percent(before, digits=1)} of the window[/]" if late else ""
    yield "Decisions", f"asked {count(metrics['decisions'], 'time')}, {began}"
    never = [symbol for symbol, ts in metrics["first_decision_by_symbol"].items() if ts is None]
    if never:
        yield "", f"[yellow]never possible for {', '.join(never)}[/]"
    if late:
        yield "From then on", _since(metrics["since_first_decision"])


def late_lines(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """The same in short, and only where some symbol was never decided on, or nothing for a while."""
    if "decisions" not in metrics:
        return
    if metrics["first_decision_ts"] is None:
        yield from decision_lines(metrics)
        return
    if _began_late(metrics):
        before = metrics["window_before_first_decision_pct"]
        began = f"first possible at {day(metrics['first_decision_ts'])}, [yellow]after {percent(before, digits=1)}[/]"
        yield "Decisions", f"{began} of the window"
        yield "From then on", ", ".join(_result_since(metrics["since_first_decision"]))
    never = [symbol for symbol, ts in metrics["first_decision_by_symbol"].items() if ts is None]
    if never:
        more = f" and {len(never) - SHOWN_SYMBOLS} more" if len(never) > SHOWN_SYMBOLS else ""
        yield "Undecided", f"[yellow]never possible for {', '.join(never[:SHOWN_SYMBOLS])}{more}[/]"


def _began_late(metrics: Mapping[str, Any]) -> bool:
    before: float | None = metrics["window_before_first_decision_pct"]
    return before is not None and before >= LATE_PCT


def _since(since: Mapping[str, Any]) -> str:
    result, *hold = _result_since(since)
    exposure = f"in the market {percent(since['exposure_pct'], digits=1)} of the time"
    return ", ".join((result, exposure, *hold))


def _result_since(since: Mapping[str, Any]) -> Iterator[str]:
    """The result, and what holding the symbols would have given, or their mean."""
    yield f"return {percent(since['return_pct'], sign=True)}, Sharpe {number(since['sharpe'])}"
    held = [value for value in since["buy_and_hold_pct"].values() if value is not None]
    mean = "" if len(held) == 1 else " (mean)"
    if held:
        yield f"buy and hold {percent(sum(held) / len(held), sign=True)}{mean}"
