"""From the closes of a window to what was filled, and what was refused on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.legible.codes import MEANINGS, WITHOUT_NUMBERS
from btcli.legible.figures import ABSENT, count, day
from btcli.report.content import RunContent
from btcli.report.html import Markup, element
from btcli.report.sections.days import last_ms, start_ms
from btcli.report.sections.parts import NOT_RECORDED, Cell, name, note, pairs, part, small, table
from btcli.timeframe import Timeframe, utc_ms

SHOWN_REFUSALS = 50


def funnel(content: RunContent) -> Markup:
    """How far a run's chances to decide came, and the refusals with the two numbers that were compared."""
    told = content.funnel
    if not told:
        return part("From closes to fills", note(f"The events of this run were {NOT_RECORDED}."), kind="funnel")
    codes = (("refused", "refused_by_code"), ("cancelled", "cancelled_by_code"), ("warned of", "warned_by_code"))
    rows = [
        (said, f"{times:,}", element("code", code), MEANINGS.get(code, ""))
        for said, key in codes
        for code, times in sorted(told.get(key, {}).items(), key=lambda item: (-item[1], item[0]))
    ]
    return part(
        "From closes to fills",
        pairs(_steps(content), kind="pairs steps"),
        table(("", "times", "code", "meaning"), rows, kind="codes")
        if rows
        else note("Nothing was refused or cancelled."),
        _refusals(told),
        kind="funnel",
    )


def _steps(content: RunContent) -> Iterator[tuple[Cell, Cell]]:
    told = content.funnel
    yield from _closes(content)
    asked = told.get("decisions")
    yield "asked", NOT_RECORDED if asked is None else f"{asked:,}"
    ignored = told.get("signals_ignored")
    changed = small(f" {ignored:,} of them changed nothing") if ignored else None
    yield "wishes", element("span", f"{told['signals']:,}", changed)
    yield "orders", f"{told['submitted']:,}"
    yield "refused", f"{sum(told['refused_by_code'].values()):,}"
    yield "cancelled", f"{sum(told['cancelled_by_code'].values()):,}"
    yield "filled", element("span", f"{told['filled']:,}", small(" to enter or to leave"))


def _closes(content: RunContent) -> Iterator[tuple[Cell, Cell]]:
    """The closes that the clock has between the window's start and the run's end, for each symbol."""
    ltf = Timeframe.parse(content.manifest["inputs"]["config"]["timeframes"]["ltf"])
    start, end = start_ms(content), last_ms(content)
    firsts: Mapping[str, str | None] | None = content.metrics.get("first_decision_by_symbol")
    symbols: Sequence[str] = content.manifest["inputs"]["config"]["symbols"]
    yield f"closes of {ltf}", f"{_closes_between(ltf, start, end) * len(symbols):,}"
    if firsts is None:
        return
    ready = sum(_closes_between(ltf, utc_ms(first) - 1, end) for first in firsts.values() if first is not None)
    yield "ready", f"{ready:,}"


def _closes_between(ltf: Timeframe, after_ms: int, until_ms: int) -> int:
    """How many closes lie in (after, until]."""
    return max(0, (ltf.floor(until_ms) - ltf.floor(after_ms)) // ltf.ms)


def _refusals(told: Mapping[str, Any]) -> Markup | None:
    refusals: Sequence[Mapping[str, Any]] = told.get("refusals", ())
    if not refusals:
        return None
    whole = sum(told["refused_by_code"].values())
    shown = min(len(refusals), SHOWN_REFUSALS)
    said = f"The first {shown:,} of {count(whole, 'refusal')}, with the two numbers that were compared"
    headings = ("time, UTC", "symbol", "side", "code", "quantity", "had", "needed")
    drawn = table(headings, map(_refusal, refusals[:shown]), words=4)
    return element("details", element("summary", said), drawn, open=shown <= 8)


def _refusal(each: Mapping[str, Any]) -> tuple[Cell, ...]:
    silent = each["code"] in WITHOUT_NUMBERS
    compared = (ABSENT, ABSENT) if silent else (f"{each['have']:,.10g}", f"{each['need']:,.10g}")
    return (
        day(each["ts"]),
        name(each["symbol"]),
        each["side"],
        element("code", each["code"]),
        f"{each['qty']:.10g}",
        *compared,
    )
