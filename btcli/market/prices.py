"""Prices that a bar has by its other prices."""

from __future__ import annotations

from collections.abc import Mapping

MEANS: Mapping[str, tuple[str, ...]] = {
    "hl2": ("high", "low"),
    "hlc3": ("high", "low", "close"),
    "ohlc4": ("open", "high", "low", "close"),
}
