"""What the run was made on and how: its data, specs, days, decisions, rules and fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from btcli.analysis.deciding import Deciding
from btcli.analysis.deviations import DAY_MS, OCTOBER_10_MS
from btcli.analysis.equity import EquityFacts
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.metrics import StaleFills
from btcli.analysis.review.finding import Finding, day_of, share_pct
from btcli.config.specs.dating import is_day
from btcli.market.odd import OddRows

LATE_PCT = 5.0


class SpecsDay(NamedTuple):
    """The day of a symbol's specs, and how many days after the window it lies, below 0 before it."""

    symbol: str
    as_of: str
    days_beyond: int


def odd_data(odd: Sequence[OddRows]) -> Iterator[Finding]:
    """One for each kind of rows, of all series together."""
    for code in dict.fromkeys(each.code for each in odd):
        of_kind = [each for each in odd if each.code == code]
        first, rows = of_kind[0], sum(each.rows for each in of_kind)
        more = f" and {len(of_kind) - 1} more" if len(of_kind) > 1 else ""
        message = f"{first.series}{more}: {f'{rows:,} x ' if rows else ''}{first.message}"
        where = {"symbol": first.symbol, **({} if first.first_ms is None else {"day": day_of(first.first_ms)})}
        yield Finding("DATA_WARNING", "warning", message, max(rows, 1), 0, "rows", where)


def other_specs(specs: Sequence[SpecsDay]) -> Iterator[Finding]:
    """Trading rules of a day outside the window; the farthest is told."""
    farthest = max(specs, key=lambda each: abs(each.days_beyond), default=None)
    if farthest is None or farthest.days_beyond == 0:
        return
    days = abs(farthest.days_beyond)
    side = "after the window" if farthest.days_beyond > 0 else "before the window"
    message = f"the specs of {farthest.symbol} are of {farthest.as_of}, {days:,} day{'s' if days > 1 else ''} {side}"
    where = {"symbol": farthest.symbol, **({"day": farthest.as_of} if is_day(farthest.as_of) else {})}
    yield Finding("SPECS_OF_ANOTHER_TIME", "note", message, days, 0, "days", where)


def deleveraging(deviations: Sequence[str], trades: TradeLedger) -> Iterator[Finding]:
    """The day on which the venues closed profitable positions, where the run traded in a window that holds it."""
    if "AUTO_DELEVERAGING" not in deviations:
        return
    open_then = trades.open_between(OCTOBER_10_MS, OCTOBER_10_MS + DAY_MS)
    day = day_of(OCTOBER_10_MS)
    held = f"{len(open_then)} {'trade was' if len(open_then) == 1 else 'trades were'}" if open_then else "no trade was"
    message = f"{held} open in the auto-deleveraging of {day}"
    where = {**(trades.place(open_then[0]) if open_then else {}), "day": day}
    yield Finding("AUTO_DELEVERAGING", "warning" if open_then else "note", message, 1, 0, "days", where)


def silent_rules(silent: Sequence[str]) -> Iterator[Finding]:
    """Conditions that led to nothing; each by its key in the system file."""
    for key in silent:
        message = f"{key} never led to {'an exit' if key.endswith('.exit') else 'an entry'}"
        yield Finding("RULE_NEVER_FIRED", "warning", message, 0, 1, "signals")


def late_decision(deciding: Deciding, equity: EquityFacts, ltf_ms: int) -> Iterator[Finding]:
    """The part of the window in which nothing could be decided though bars of ltf closed."""
    span_ms, first_ms = deciding.end_ms - equity.start_ms, deciding.earliest_ms
    never = [symbol for symbol, ts in deciding.first_ms.items() if ts is None]
    if never:
        message = f"no decision was possible for {never[0]}" + (f" and {len(never) - 1} more" if never[1:] else "")
        yield Finding("LATE_DECISION", "warning", message, 100.0, LATE_PCT, "%", {"symbol": never[0]})
    if first_ms is None or span_ms <= 0:
        return
    waited = share_pct(max(first_ms - equity.start_ms - ltf_ms, 0), span_ms)
    if waited > LATE_PCT:
        day = day_of(first_ms)
        message = f"first decision possible on {day}, after {waited:.0f} % of the window"
        yield Finding("LATE_DECISION", "warning", message, waited, LATE_PCT, "%", {"day": day})


def stale_fills(stale: StaleFills) -> Iterator[Finding]:
    """Fills on bars in which nothing was traded: nobody was there to trade with."""
    if stale.fills:
        fills = "1 fill" if stale.fills == 1 else f"{stale.fills:,} fills"
        message = f"{fills} on bars without volume: fills.zero_volume: cancel refuses them"
        where = {"symbol": stale.symbol, "day": day_of(stale.first_ms)}
        yield Finding("FILLS_WITHOUT_VOLUME", "warning", message, stale.fills, 0, "fills", where)
