"""Milliseconds UTC as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_ms(ts_ms: int) -> str:
    """ISO 8601 with milliseconds: "2024-01-01T00:05:00.000Z"."""
    moment = EPOCH + timedelta(milliseconds=ts_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ts_ms % 1000:03d}Z"


def plain(ts_ms: int) -> str:
    """As short as it stays exact: "2024-01-01 00:05", with seconds and milliseconds only where there are any."""
    text = iso_ms(ts_ms).removesuffix("Z").replace("T", " ").removesuffix(".000")
    return text.removesuffix(":00") if ts_ms % 60_000 == 0 else text
