"""The small tables that metrics are worked out from by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from btcli.analysis.deciding import Deciding
from btcli.analysis.equity import EquityFacts, EquityFold
from btcli.analysis.metrics import MetricsFold, MetricsInput
from btcli.exchange.face.events import EQUITY_COLUMNS, Counters, Event, Trade
from btcli.market.series import Floats, Millis

TABLES = Path(__file__).parent / "by_hand"
HOUR = 3_600_000
DAY = 24 * HOUR
COUNTERS = Counters(
    entry_attempts=11,
    refusals={"BELOW_MIN_QTY": 2, "INSUFFICIENT_ENTRY_GATE": 1},
    steps=1728,
    steps_in_position=432,
    steps_disabled=216,
    fees_usdt=28.0,
    maker_fees_usdt=8.0,
    funding_paid_usdt=6.0,
    funding_received_usdt=2.0,
    slippage_usdt=16.0,
    impact_usdt=0.0,
    turnover_usdt=80_000.0,
    nearest_liquidation_pct=12.5,
    liquidations=0,
    ambiguous_trades=1,
)
COSTS = {
    "BTCUSDT": {"spread_usdt": 7.0, "stop_slippage_usdt": 5.0, "liquidation_fees_usdt": 1.0},
    "ETHUSDT": {"spread_usdt": 3.0, "stop_slippage_usdt": 1.0, "liquidation_fees_usdt": 0.5},
}
DECIDING = Deciding(
    decisions=11,
    first_ms={"BTCUSDT": 1_706_616_000_000},  # 2024-01-30T12:00Z
    steps_before=144,
    end_ms=1_707_091_200_000,  # 2024-02-05T00:00Z
    opens={"BTCUSDT": 40_000.0},
)
NO_COUNTERS = Counters(0, {}, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, 0, 0)


def moment(text: str) -> int:
    """Milliseconds of a UTC moment."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables."""
    with (TABLES / name).open() as file:
        return list(csv.DictReader(file))


def rows_of(equity: Sequence[float], **columns: Sequence[float]) -> Floats:
    """Equity rows with these columns, 0 elsewhere."""
    rows = np.zeros((len(equity), len(EQUITY_COLUMNS)))
    rows[:, 0] = equity
    for name, values in columns.items():
        rows[:, EQUITY_COLUMNS.index(name)] = values
    return rows


def equity_by_hand() -> tuple[Millis, Floats]:
    """The closes and rows of the table of equity."""
    lines = table("equity.csv")
    numbers = {name: [float(line[name]) for line in lines] for name in lines[0] if name != "ts"}
    return np.array([moment(line["ts"]) for line in lines]), rows_of(numbers.pop("equity_usdt"), **numbers)


def a_trade(number: int, net: float, **changes: object) -> Trade:
    """A long trade with this result."""
    trade = Trade(
        trade_id=number,
        symbol="BTCUSDT",
        side="long",
        qty=1.0,
        entry_ts=0,
        entry_price=100.0,
        exit_ts=HOUR,
        exit_price=100.0 + net,
        exit_reason="signal",
        gross_pnl_usdt=net,
        fees_usdt=0.0,
        funding_usdt=0.0,
        net_pnl_usdt=net,
        stop_price=None,
        target_price=None,
        liquidation_price=None,
        mae_usdt=0.0,
        mfe_usdt=0.0,
        bars_held=1,
        ambiguous=False,
    )
    return trade._replace(**changes)


def trades_by_hand() -> list[Trade]:
    """The trades of the table of trades."""
    return [
        a_trade(
            number,
            float(line["net_pnl_usdt"]),
            side=line["side"],
            exit_ts=int(line["hours"]) * HOUR,
            exit_reason=line["exit_reason"],
            gross_pnl_usdt=float(line["gross_pnl_usdt"]),
            bars_held=int(line["bars_held"]),
            mae_usdt=float(line["mae_usdt"]),
            mfe_usdt=float(line["mfe_usdt"]),
        )
        for number, line in enumerate(table("trades.csv"), 1)
    ]


def inputs_by_hand() -> MetricsInput:
    """Everything of the tables."""
    fold = MetricsFold(10_000.0, moment("2024-01-30T00:00"))
    fold.equity(*equity_by_hand())
    fold.trades(trades_by_hand())
    refused = {"code": "BELOW_MIN_QTY", "have": 0.0004, "need": 0.001}
    fold.events([Event(moment("2024-01-30T12:00"), "order_rejected", "BTCUSDT", refused)])
    return fold.finished(COUNTERS, {"BTCUSDT": (40_000.0, 50_000.0)}, COSTS, DECIDING)


def facts_of(
    equity: Sequence[float], *, step_ms: int = DAY, initial: float = 10_000.0, start_ms: int = 0
) -> EquityFacts:
    """The facts of a curve of evenly spaced closes."""
    fold = EquityFold(initial, start_ms)
    fold.add(start_ms + step_ms * np.arange(1, len(equity) + 1, dtype=np.int64), rows_of(equity))
    return fold.facts()
