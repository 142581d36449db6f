"""Milliseconds UTC as a sentence says them."""

from __future__ import annotations

from btcli.timeframe import UNIT_MS, utc_text


def plain(ts_ms: int) -> str:
    """As short as it stays exact: "2024-01-01 00:05", with seconds and milliseconds only where there are any."""
    text = utc_text(ts_ms).removesuffix("Z").replace("T", " ")
    return text.removesuffix(":00.000") if ts_ms % UNIT_MS["m"] == 0 else text.removesuffix(".000")
