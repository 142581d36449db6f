"""The words that a signal is made of."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

OrderType = Literal["market", "limit", "stop_market", "stop_limit"]
TimeInForce = Literal["GTC", "IOC", "FOK"]
SizingMode = Literal["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]
MAX_TARGETS = 4


class Direction(IntEnum):
    """LONG and SHORT ask for a position, FLAT asks to leave it."""

    LONG = 1
    FLAT = 0
    SHORT = -1


class Size(NamedTuple):
    """A size for this entry instead of `risk.sizing`: one of its modes and the value."""

    mode: SizingMode
    value: float


class Target(NamedTuple):
    """One of several targets: a price, or a distance from the fill, and the share of the position that it closes."""

    price: float | None = None
    distance: float | None = None
    share: float = 1.0
