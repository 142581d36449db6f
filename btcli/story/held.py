"""A position followed from close to close: what it stood at, and how far its stop and its liquidation were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.frozen import frozen
from btcli.story.marks import CurveRow, MarkRow

Event = Mapping[str, Any]
LEVELS = ("stop_price", "target_price", "liquidation_price")
AT_THE_CLOSE = ("stop_moved", "target_moved")  # what belongs to the close it is told at, not to the step after it


@frozen
class BarRow:
    """The position at a close; distances in percent of the mark, positive while the level lies ahead.

    With cross margin there is no liquidation price: `maintenance_pct` is what the maintenance margin of all
    positions takes of the equity, and at 100 all are liquidated.
    """

    ts: str
    mark_price: float
    unrealized_pnl_usdt: float
    stop_price: float | None
    to_stop_pct: float | None
    target_price: float | None
    to_target_pct: float | None
    liquidation_price: float | None
    to_liquidation_pct: float | None
    maintenance_pct: float | None


def is_after_close(event: Event, ts: str) -> bool:
    """Whether an event comes after the close at `ts`."""
    return bool(event["ts"] > ts or (event["ts"] == ts and event["event"] not in AT_THE_CLOSE))


def bars_of(marks: Sequence[MarkRow], events: Sequence[Event], cross: Mapping[str, CurveRow]) -> Iterator[BarRow]:
    """Each close with the position as it was at it; `cross` has the account's rows where it stands for all."""
    waiting = list(reversed(events))
    side = qty = entry = 0.0
    levels: dict[str, float | None] = dict.fromkeys(LEVELS)
    for ts, mark in marks:
        while waiting and not is_after_close(waiting[-1], ts):
            event = waiting.pop()
            levels |= {name: event[name] for name in LEVELS if name in event}
            if event["event"] in ("position_opened", "position_changed"):
                side = 1.0 if event["side"] == "long" else -1.0
                qty, entry = event["qty"], event["entry_price"]
        stop, target, liquidation = (levels[name] for name in LEVELS)
        yield BarRow(
            ts=ts,
            mark_price=mark,
            unrealized_pnl_usdt=side * qty * (mark - entry) + 0.0,
            stop_price=stop,
            to_stop_pct=_ahead(side, mark, stop),
            target_price=target,
            to_target_pct=_ahead(-side, mark, target),
            liquidation_price=liquidation,
            to_liquidation_pct=_ahead(side, mark, liquidation),
            maintenance_pct=_taken(cross.get(ts)),
        )


def _ahead(side: float, mark: float, level: float | None) -> float | None:
    return None if level is None or mark <= 0.0 else side * (mark - level) / mark * 100.0


def _taken(row: CurveRow | None) -> float | None:
    return row.maintenance_usdt / row.equity_usdt * 100.0 if row and row.equity_usdt > 0.0 else None
