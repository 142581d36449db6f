"""What the exchange tells about itself, as plain values with names."""

from __future__ import annotations

from typing import Any, NamedTuple


class Event(NamedTuple):
    """One thing that happened; `fields` keep their order in every output."""

    ts: int  # milliseconds UTC: the place in the step (ts_open in phases A to C, ts_close in D and E)
    name: str
    symbol: str | None
    fields: dict[str, Any]


class Trade(NamedTuple):
    """A position from its opening to its end; the columns of trades.csv in their order."""

    trade_id: int
    symbol: str
    side: str
    qty: float
    entry_ts: int
    entry_price: float
    exit_ts: int
    exit_price: float
    exit_reason: str
    gross_pnl_usdt: float
    fees_usdt: float
    funding_usdt: float  # signed like a cost: what was paid is positive
    net_pnl_usdt: float  # gross - fees - funding
    stop_price: float | None
    target_price: float | None
    liquidation_price: float | None
    mae_usdt: float
    mfe_usdt: float
    bars_held: int
    ambiguous: bool


# Columns of the equity rows the kernel writes, one row per exec step; ts_close is kept beside them.
EQUITY_COLUMNS = (
    "equity_usdt",
    "cash_usdt",
    "unrealized_pnl_usdt",
    "used_margin_usdt",
    "free_margin_usdt",
    "available_balance_usdt",
    "maintenance_margin_usdt",
    "mark_price",
    "position_qty",  # signed: short is negative
    "drawdown_usdt",
    "drawdown_pct",
)


class Counters(NamedTuple):
    """Sums over a run that no artifact row carries."""

    entry_attempts: int
    refusals: dict[str, int]  # by code, sorted
    steps: int
    steps_in_position: int
    steps_disabled: int
    fees_usdt: float
    maker_fees_usdt: float
    funding_paid_usdt: float
    funding_received_usdt: float
    slippage_usdt: float
    impact_usdt: float
    turnover_usdt: float
    nearest_liquidation_pct: float | None  # smallest distance of a mark close to its liquidation price
    liquidations: int
    ambiguous_trades: int
