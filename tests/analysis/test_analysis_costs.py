"""The costs of each symbol, by hand."""

from __future__ import annotations

from typing import Any

from btcli.analysis.costs import CostFold
from btcli.exchange.face.events import Event


def a_fill(symbol: str = "BTCUSDT", **given: Any) -> Event:
    """Half a coin bought at market for 40,010 where the price was 40,000."""
    fields = {"side": "buy", "type": "market", "qty": 0.5, "price": 40_010.0, "reference_price": 40_000.0}
    return Event(0, "order_filled", symbol, fields | {"fee_usdt": 11.0} | given)


def summed(*events: Event) -> dict[str, dict[str, float]]:
    """What a fold makes of events."""
    fold = CostFold()
    fold.events(events)
    return fold.by_symbol(("BTCUSDT", "ETHUSDT"))


def test_a_market_fill_pays_taker_fee_spread_and_impact() -> None:
    """10 USDT a coin on half a coin are 5: 2 of impact and 3 of spread."""
    costs = summed(a_fill(impact_usdt=2.0))["BTCUSDT"]
    assert (costs["taker_fees_usdt"], costs["spread_usdt"], costs["impact_usdt"]) == (11.0, 3.0, 2.0)
    assert (costs["maker_fees_usdt"], costs["stop_slippage_usdt"], costs["turnover_usdt"]) == (0.0, 0.0, 20_005.0)


def test_stops_stand_alone() -> None:
    """What a stop slips is no spread; a sale slips downward."""
    costs = summed(a_fill(type="stop_market", side="sell", price=39_980.0))["BTCUSDT"]
    assert (costs["stop_slippage_usdt"], costs["spread_usdt"]) == (10.0, 0.0)


def test_a_maker_pays_its_own_rate_and_no_spread() -> None:
    """At its limit nothing slips."""
    costs = summed(a_fill(type="limit", price=40_000.0, maker=True))["BTCUSDT"]
    assert (costs["maker_fees_usdt"], costs["taker_fees_usdt"], costs["spread_usdt"]) == (11.0, 0.0, 0.0)


def test_funding_is_summed_by_its_direction() -> None:
    """3 paid, and 1 and 0.5 received."""
    costs = summed(*(Event(0, "funding_settled", "ETHUSDT", {"payment_usdt": paid}) for paid in (3.0, -1.0, -0.5)))
    assert costs["ETHUSDT"]["funding_paid_usdt"] == 3.0
    assert costs["ETHUSDT"]["funding_received_usdt"] == 1.5
    assert costs["BTCUSDT"]["funding_paid_usdt"] == 0.0


def test_a_takeover_pays_a_liquidation_fee() -> None:
    """Two coins at 100 are 200 of turnover; its fee is no taker fee."""
    costs = summed(Event(0, "liquidated", "BTCUSDT", {"qty": 2.0, "price": 100.0, "fee_usdt": 0.11}))["BTCUSDT"]
    assert (costs["liquidation_fees_usdt"], costs["taker_fees_usdt"], costs["turnover_usdt"]) == (0.11, 0.0, 200.0)


def test_symbols_do_not_mix() -> None:
    """Each has its own sums."""
    costs = summed(a_fill(), a_fill("ETHUSDT", fee_usdt=1.0), a_fill())
    assert (costs["BTCUSDT"]["taker_fees_usdt"], costs["ETHUSDT"]["taker_fees_usdt"]) == (22.0, 1.0)
