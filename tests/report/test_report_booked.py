"""Fees, funding and levels out of a run's events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from btcli.errors import AccessError
from btcli.report.booked import booked_of, levels_of, paid_by
from btcli.report.charts.equity import paid_until

AT = "2024-01-01T00:{:02}:00.000Z"
ZERO_MS = 1_704_067_200_000.0  # 2024-01-01
MINUTE = 60_000.0


def event(minute: int, name: str, **fields: object) -> dict[str, object]:
    """An event of the first hour of 2024."""
    return {"ts": AT.format(minute), "event": name, "symbol": "BTCUSDT", **fields}


def test_fees_and_funding_are_booked_when_they_are_paid() -> None:
    """A fill, a settlement and a liquidation: each a row, funding that is received is negative."""
    paid = paid_by(
        [
            event(5, "order_filled", fee_usdt=1.5),
            event(8, "funding_settled", payment_usdt=-0.25),
            event(9, "liquidated", fee_usdt=3.0),
            event(9, "position_closed", trade_id=1),
        ]
    )
    assert paid.ts_ms.tolist() == [ZERO_MS + minute * MINUTE for minute in (5, 8, 9)]
    assert paid.fees_usdt.tolist() == [1.5, 0.0, 3.0]
    assert paid.funding_usdt.tolist() == [0.0, -0.25, 0.0]


def test_what_is_booked_at_a_close_comes_after_it() -> None:
    """A fee at 00:05 is not in the equity of the close at 00:05, and is in that of 00:06."""
    paid = paid_by([event(5, "order_filled", fee_usdt=1.5), event(5, "funding_settled", payment_usdt=2.0)])
    fees, funding = paid_until(paid, ZERO_MS + np.array([4.0, 5.0, 6.0]) * MINUTE)
    assert fees.tolist() == [0.0, 0.0, 1.5]
    assert funding.tolist() == [0.0, 0.0, 2.0]


def test_a_level_holds_until_it_moves_or_the_trade_ends() -> None:
    """A stop that trails once, a target that is taken away, and a liquidation price that stays to the end."""
    levels = levels_of(
        [
            event(1, "position_opened", trade_id=4, stop_price=90.0, target_price=120.0, liquidation_price=80.0),
            event(3, "stop_moved", trade_id=4, stop_price=95.0),
            event(5, "position_changed", trade_id=4, stop_price=95.0, target_price=None, liquidation_price=80.0),
            event(9, "position_closed", trade_id=4),
        ]
    )
    rows = list(zip(*(column.tolist() for column in levels), strict=True))
    minutes = [
        (trade, kind, (start - ZERO_MS) / MINUTE, (end - ZERO_MS) / MINUTE, price)
        for trade, kind, start, end, price in rows
    ]
    assert minutes == [
        (4.0, 0.0, 1.0, 3.0, 90.0),
        (4.0, 0.0, 3.0, 9.0, 95.0),
        (4.0, 1.0, 1.0, 5.0, 120.0),
        (4.0, 2.0, 1.0, 9.0, 80.0),
    ]


def test_levels_of_two_trades_at_once_do_not_mix() -> None:
    """Two positions open at the same time, of two symbols: each keeps its own stop."""
    levels = levels_of(
        [
            event(1, "position_opened", trade_id=1, stop_price=90.0),
            event(2, "position_opened", trade_id=2, stop_price=5.0),
            event(3, "position_closed", trade_id=2),
            event(4, "position_closed", trade_id=1),
        ]
    )
    assert levels.trade_id.tolist() == [1.0, 2.0]
    assert levels.price.tolist() == [90.0, 5.0]
    assert ((levels.end_ms - levels.start_ms) / MINUTE).tolist() == [3.0, 1.0]


def test_a_run_without_events_paid_nothing(tmp_path: Path) -> None:
    """No row and no level from an empty file."""
    (tmp_path / "events.jsonl").write_bytes(b"")
    paid, levels = booked_of(tmp_path)
    assert (paid.ts_ms.size, levels.price.size) == (0, 0)


def test_a_damaged_event_is_named_by_its_line(tmp_path: Path) -> None:
    """The file and the line of what no run writes are in the error."""
    (tmp_path / "events.jsonl").write_bytes(b'{"seq":1}\n{"seq":2,"event":"order_filled"}\n')
    with pytest.raises(AccessError, match=r"events\.jsonl:2"):
        booked_of(tmp_path)
