"""The parts of a fill's cost and the numbers of its gate, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from btcli.story.fill_cost import fill_costs
from btcli.story.marks import CurveRow

CONFIG: dict[str, Any] = {
    "venue": "bybit",
    "account": {"leverage": 5.0},
    "costs": {
        "taker_fee_rate": 0.00055,
        "slippage_bps": 2.0,
        "stop_slippage_bps": 5.0,
        "per_symbol": {"ETHUSDT": {"taker_fee_rate": 0.001}},
    },
}
CURVE = (
    CurveRow("2024-01-01T01:00:00.000Z", 10_000.0, 9_000.0, 0.0, 40_000.0),
    CurveRow("2024-01-01T02:00:00.000Z", 10_000.0, 8_000.0, 0.0, 40_000.0),
    CurveRow("2024-01-01T03:00:00.000Z", 10_000.0, 7_000.0, 0.0, 40_000.0),
)


def fill_of(**given: Any) -> dict[str, Any]:
    """Half a coin bought at 40,010 where the price was 40,000, at two o'clock."""
    return {
        "seq": 7,
        "ts": "2024-01-01T02:00:00.000Z",
        "symbol": "BTCUSDT",
        "side": "buy",
        "qty": 0.5,
        "price": 40_010.0,
        "reference_price": 40_000.0,
        "fee_usdt": 11.00275,
    } | given


def test_spread_and_impact_are_told_apart() -> None:
    """Half a coin moved by 10 USDT cost 5: 2 of impact as the event says, so 3 of spread."""
    costs = fill_costs(CONFIG, fill_of(impact_usdt=2.0), False, CURVE)
    assert (costs.fee_usdt, costs.spread_usdt, costs.impact_usdt, costs.gate) == (11.00275, 3.0, 2.0, None)


def test_a_sale_below_its_reference_costs_too() -> None:
    """The sign is that of whoever trades."""
    assert fill_costs(CONFIG, fill_of(side="sell", price=39_990.0), False, CURVE).spread_usdt == 5.0


def test_a_maker_pays_neither() -> None:
    """At its limit there is no spread and no impact."""
    costs = fill_costs(CONFIG, fill_of(price=40_000.0, maker=True), False, CURVE)
    assert (costs.is_maker, costs.spread_usdt, costs.impact_usdt) == (True, 0.0, 0.0)


@pytest.mark.parametrize(
    ("config", "fill", "cost"),
    [
        # 20,005 / 5 + 20,005 * 0.00055 + 20,005 * 0.8 * 0.00055
        ({}, {}, 4_001.0 + 11.00275 + 8.8022),
        # a short closes at 1.2 of the value
        ({}, {"side": "sell"}, 4_001.0 + 11.00275 + 13.2033),
        # a venue that keeps no fee to close in the margin
        ({"venue": "binance"}, {}, 4_001.0 + 11.00275),
        # a venue without fees in the order cost, but with the loss against the mark: 0.5 * 10
        ({"venue": "binance"}, {"mark_price": 40_000.0}, 4_001.0 + 5.0),
        ({"venue": "binance"}, {"side": "sell", "mark_price": 40_000.0}, 4_001.0),
        ({"venue": "binance"}, {"side": "sell", "mark_price": 40_030.0}, 4_001.0 + 10.0),
        # a symbol with a rate of its own
        ({}, {"symbol": "ETHUSDT"}, 4_001.0 + 20.005 + 16.004),
    ],
)
def test_the_gate_compares_the_order_cost(config: dict[str, Any], fill: dict[str, Any], cost: float) -> None:
    """Initial margin with both fees, or with the opening loss, against what was available at the last close."""
    gate = fill_costs({**CONFIG, **config}, fill_of(**fill), True, CURVE).gate
    assert gate is not None
    assert gate.order_cost_usdt == pytest.approx(cost, rel=1e-12)
    assert gate.available_usdt == 8_000.0
