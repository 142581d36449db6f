"""The clock on the wall, which reaches manifests, the registry and the store, and never a result."""

from __future__ import annotations

import time

from btcli.timeframe import utc_text


def now_ms() -> int:
    """This moment, UTC, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def now_text() -> str:
    """The same as ISO 8601."""
    return utc_text(now_ms())
