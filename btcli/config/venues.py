"""What a venue is, apart from its symbols: default fees and how its margin works."""

from __future__ import annotations

from typing import Literal

from btcli.frozen import frozen

VenueName = Literal["bybit", "binance", "sample"]


@frozen
class Venue:
    """Rates as fractions; whether the fee to close is part of the position margin, and what funding is paid from.

    `order_cost_by_mark`: an order costs its initial margin and the loss it opens with, instead of margin and fees.
    `funding_at_entry`: a fill that opens at the very time of a settlement takes part in it.
    """

    name: VenueName
    taker_fee_rate: float
    maker_fee_rate: float
    close_fee_in_margin: bool
    funding_from_margin: bool
    order_cost_by_mark: bool = False
    funding_at_entry: bool = False


# Fees of the lowest public level (Bybit: non-VIP derivatives; Binance: regular user, USDT-M).
VENUES: dict[str, Venue] = {
    "bybit": Venue("bybit", 0.00055, 0.0002, close_fee_in_margin=True, funding_from_margin=False),
    "binance": Venue(
        "binance",
        0.0005,
        0.0002,
        close_fee_in_margin=False,
        funding_from_margin=True,
        order_cost_by_mark=True,
        funding_at_entry=True,
    ),
    "sample": Venue("sample", 0.00055, 0.0002, close_fee_in_margin=True, funding_from_margin=False),
}
