"""Contents of pages, by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

from btcli.report.content import RunContent


def content(**changes: Any) -> RunContent:
    """A run without a trade over two closes."""
    moments = pl.Series("ts", [1_704_067_500_000, 1_704_067_800_000]).cast(pl.Datetime("ms", "UTC"))
    equity = pl.DataFrame({"ts": moments, "equity_usdt": [1000.0, 1000.0], "drawdown_pct": [0.0, 0.0]})
    said: dict[str, Any] = {
        "name": "system / window",
        "run_id": "0123456789ab",
        "manifest": {},
        "metrics": {},
        "trades": pl.DataFrame(),
        "equity": equity,
        "funnel": {},
    }
    return RunContent(**{**said, **changes})
