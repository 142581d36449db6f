"""Prices that a bar has by its other prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from btcli.market.series import Bars, Floats

MEANS: Mapping[str, tuple[str, ...]] = {
    "hl2": ("high", "low"),
    "hlc3": ("high", "low", "close"),
    "ohlc4": ("open", "high", "low", "close"),
}


def price_of(bars: Bars, name: str) -> Floats:
    """A price of bars, or a mean: its prices added from left to right, divided by how many there are; float64[bars]."""
    if name not in MEANS:
        price: Floats = getattr(bars, name)
        return price
    first, *more = (getattr(bars, part) for part in MEANS[name])
    for each in more:
        first = first + each
    mean: Floats = first / len(MEANS[name])
    return mean
