"""A position from close to close, by hand."""

from __future__ import annotations

from typing import Any

from btcli.story.held import bars_of
from btcli.story.marks import CurveRow, MarkRow

ONE, TWO = "2024-01-01T01:00:00.000Z", "2024-01-01T02:00:00.000Z"


def opened(ts: str, **given: Any) -> dict[str, Any]:
    """Two coins held long from 100."""
    levels = {"stop_price": 90.0, "target_price": None, "liquidation_price": 80.0}
    return {"ts": ts, "event": "position_opened", "side": "long", "qty": 2.0, "entry_price": 100.0, **levels, **given}


def test_distances_are_percent_of_the_mark() -> None:
    """At 120 a stop at 90 is 25 % away, a liquidation at 80 33.3 %, and two coins from 100 have gained 40."""
    (bar,) = bars_of([MarkRow(TWO, 120.0)], [opened(ONE)], {})
    assert (bar.unrealized_pnl_usdt, bar.to_stop_pct, bar.to_target_pct) == (40.0, 25.0, None)
    assert bar.to_liquidation_pct is not None
    assert round(bar.to_liquidation_pct, 6) == 33.333333


def test_a_short_counts_the_other_way() -> None:
    """At 80 a stop at 100 is 25 % away and a target at 60 too."""
    event = opened(ONE, side="short", stop_price=100.0, target_price=60.0)
    (bar,) = bars_of([MarkRow(TWO, 80.0)], [event], {})
    assert (bar.unrealized_pnl_usdt, bar.to_stop_pct, bar.to_target_pct) == (40.0, 25.0, 25.0)


def test_what_fills_at_a_close_belongs_to_the_next_bar() -> None:
    """A fill at the open that is this close changes the next close only; a stop that moved at it counts at once."""
    added = opened(TWO, event="position_changed", qty=4.0, entry_price=110.0)
    moved = {"ts": TWO, "event": "stop_moved", "stop_price": 96.0}
    (bar,) = bars_of([MarkRow(TWO, 120.0)], [opened(ONE), moved, added], {})
    assert (bar.unrealized_pnl_usdt, bar.stop_price) == (40.0, 96.0)


def test_a_cross_account_is_followed_as_a_whole() -> None:
    """Maintenance of 50 takes 5 % of an equity of 1,000."""
    account = {TWO: CurveRow(TWO, 1_000.0, 500.0, 50.0, 120.0)}
    (bar,) = bars_of([MarkRow(TWO, 120.0)], [opened(ONE, liquidation_price=None)], account)
    assert (bar.maintenance_pct, bar.to_liquidation_pct) == (5.0, None)
