"""What a venue is, apart from its symbols: default fees and how its margin works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VenueName = Literal["bybit", "binance", "sample"]


@dataclass(frozen=True)
class Venue:
    """Rates as fractions; whether the fee to close is part of the position margin, and what funding is paid from."""

    name: VenueName
    taker_fee_rate: float
    maker_fee_rate: float
    close_fee_in_margin: bool
    funding_from_margin: bool


# Fees of the lowest public level (Bybit: non-VIP derivatives; Binance: regular user, USDT-M).
VENUES: dict[str, Venue] = {
    "bybit": Venue("bybit", 0.00055, 0.0002, close_fee_in_margin=True, funding_from_margin=False),
    "binance": Venue("binance", 0.0005, 0.0002, close_fee_in_margin=False, funding_from_margin=True),
    "sample": Venue("sample", 0.00055, 0.0002, close_fee_in_margin=True, funding_from_margin=False),
}
