"""Contents of pages, by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
from recorded_values import MANIFEST, METRICS

from btcli.artifacts.columns import EQUITY_SCHEMA, MOMENT, TRADE_SCHEMA
from btcli.exchange.face.events import EQUITY_COLUMNS
from btcli.report.content import RunContent

WHOLE = ("equity_usdt", "cash_usdt", "free_margin_usdt", "available_balance_usdt")


def content(**changes: Any) -> RunContent:
    """A run without a trade over two closes."""
    closes = pl.Series("ts", [1_704_067_500_000, 1_704_067_800_000]).cast(MOMENT)
    flat = {name: [1000.0, 1000.0] if name in WHOLE else [0.0, 0.0] for name in EQUITY_COLUMNS}
    equity = pl.DataFrame({"ts": closes, **flat}, schema=EQUITY_SCHEMA)
    said: dict[str, Any] = {
        "name": "system / window",
        "run_id": "0123456789ab",
        "manifest": MANIFEST,
        "metrics": METRICS,
        "trades": pl.DataFrame(schema=TRADE_SCHEMA),
        "equity": equity,
        "funnel": {},
    }
    return RunContent(**{**said, **changes})
