"""The manifest and the metrics of a run of two closes, by hand, and of one with four trades."""

from __future__ import annotations

from typing import Any

import polars as pl

from btcli.artifacts.columns import EQUITY_SCHEMA, MOMENT, TRADE_SCHEMA

HOUR, DAY = 3_600_000, 86_400_000
START = 1_704_067_200_000  # 2024-01-01T00:00Z
FEW_DAYS = "fewer than two daily returns"
NO_TRADES = "there are no trades"

CONFIG: dict[str, Any] = {
    "venue": "bybit",
    "env": "live",
    "symbols": ["BTCUSDT"],
    "timeframes": {"exec": "5m", "ltf": "5m", "mtf": "5m", "htf": "5m"},
    "account": {"initial_equity_usdt": 1000.0, "leverage": 2.0, "margin_mode": "isolated"},
    "costs": {
        "taker_fee_rate": 0.0005,
        "maker_fee_rate": 0.0002,
        "slippage_bps": 2.0,
        "stop_slippage_bps": 5.0,
        "impact_k": 0.0,
        "funding": "settled",
        "per_symbol": {},
    },
    "fills": {"path": "pessimistic", "mark_source": "mark"},
    "risk": {"sizing": {"qty": 1.0}, "costs_in_risk": True},
    "data": {},
    "strategy": {"use": "mtf_trend", "params": {"length": 9}},
}
MANIFEST: dict[str, Any] = {
    "run_id": "0123456789ab",
    "system": "system",
    "window": "window",
    "status": "complete",
    "inputs": {
        "config": CONFIG,
        "window": {"start": "2024-01-01T00:00:00.000Z", "end": "2024-01-01T00:10:00.000Z"},
        "series": [
            {
                "series": "bybit BTCUSDT trade 5m",
                "rows": 2,
                "first": "2024-01-01T00:00:00.000Z",
                "last": "2024-01-01T00:05:00.000Z",
                "sha256": "ab" * 32,
            }
        ],
        "instruments": {"BTCUSDT": "cd" * 32},
        "strategy": {"name": "mtf_trend", "sha256": "ef" * 32},
        "rules_version": "3",
        "engine_sha256": "12" * 32,
        "formulas": {"maintenance_margin": [{"basis": "mark", "from": None, "until": None}]},
    },
    "preflight": {"passed": True, "attempts": 0, "tool_calls": [], "provenance": {}},
    "outputs": {"files": {"trades.csv": {"sha256": "34" * 32, "size": 210}}, "state_hash": "56" * 32},
    "environment": {"platform": "linux-x86_64", "versions": {"python": "3.11.2", "polars": "2.0.1"}},
}


def _sums(trades: int, net_pnl_usdt: float, **known: Any) -> dict[str, Any]:
    names = ("win_rate_pct", "profit_factor", "expectancy_usdt", "payoff_ratio")
    return {"trades": trades, "net_pnl_usdt": net_pnl_usdt, **dict.fromkeys(names), **known}


METRICS: dict[str, Any] = {
    "status": "END_OF_DATA",
    "initial_equity_usdt": 1000.0,
    "final_equity_usdt": 1000.0,
    "net_profit_usdt": 0.0,
    "return_pct": 0.0,
    "days": 10 / 1440,
    "cagr_pct": None,
    "volatility_pct": None,
    "sharpe": None,
    "sortino": None,
    "calmar": None,
    "max_drawdown_pct": 0.0,
    "max_drawdown_usdt": 0.0,
    "max_drawdown_start": None,
    "max_drawdown_trough": None,
    "max_drawdown_recovery": None,
    "max_drawdown_days": None,
    "ulcer_index_pct": 0.0,
    **_sums(0, 0.0),
    "average_win_usdt": None,
    "average_loss_usdt": None,
    "best_trade_usdt": None,
    "worst_trade_usdt": None,
    "longest_win_streak": 0,
    "longest_loss_streak": 0,
    "sqn": None,
    "average_duration_hours": None,
    "average_bars_held": None,
    "average_mae_usdt": None,
    "average_mfe_usdt": None,
    "exposure_pct": 0.0,
    "ambiguous_trades": 0,
    "exit_reasons": {},
    "long": _sums(0, 0.0),
    "short": _sums(0, 0.0),
    "turnover_usdt": 0.0,
    "turnover_ratio": 0.0,
    "fees_usdt": 0.0,
    "maker_fees_usdt": 0.0,
    "funding_paid_usdt": 0.0,
    "funding_received_usdt": 0.0,
    "slippage_usdt": 0.0,
    "stop_slippage_usdt": 0.0,
    "impact_usdt": 0.0,
    "liquidation_fees_usdt": 0.0,
    "costs_by_symbol": {},
    "max_used_margin_usdt": 0.0,
    "max_used_margin_pct": 0.0,
    "min_free_margin_usdt": 1000.0,
    "nearest_liquidation_pct": None,
    "liquidations": 0,
    "entry_attempts": 0,
    "entry_refusals": 0,
    "refusals_by_code": {},
    "first_refusals": {},
    "entries_disabled_pct": 0.0,
    "decisions": 0,
    "first_decision_ts": None,
    "first_decision_by_symbol": {"BTCUSDT": None},
    "window_before_first_decision_pct": 100.0,
    "since_first_decision": {"return_pct": None, "sharpe": None, "exposure_pct": None, "buy_and_hold_pct": {}},
    "buy_and_hold_pct": {"BTCUSDT": 2.5},
    "monthly_returns_pct": {"2024-01": 0.0},
    "null_reasons": {
        "cagr_pct": "the run covers less than a day",
        **dict.fromkeys(("sharpe", "sortino", "volatility_pct"), FEW_DAYS),
        "calmar": "the run covers less than a day",
        "win_rate_pct": NO_TRADES,
        "profit_factor": NO_TRADES,
        "first_decision_ts": "no decision was possible",
    },
    "signals_ignored": 0,
    "cancellations_by_code": {},
    "deviations": [],
    "paths": {
        path: {"status": "END_OF_DATA", "final_equity_usdt": 1000.0, "max_drawdown_pct": 0.0, "trades": 0}
        for path in ("pessimistic", "adaptive", "optimistic")
    },
}


def trades_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Trades by what differs from a long one of an hour that came to nothing; moments in hours of the window."""
    least: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": "long",
        "qty": 1.0,
        "entry_ts": 1,
        "entry_price": 100.0,
        "exit_ts": 2,
        "exit_price": 100.0,
        "exit_reason": "stop",
        **dict.fromkeys(("gross_pnl_usdt", "fees_usdt", "funding_usdt", "net_pnl_usdt", "mae_usdt", "mfe_usdt"), 0.0),
        **dict.fromkeys(("stop_price", "target_price", "liquidation_price", "tag")),
        "bars_held": 12,
        "ambiguous": False,
    }
    whole = [{"trade_id": place, **least, **row} for place, row in enumerate(rows, 1)]
    moments = [{**row, **{key: START + row[key] * HOUR for key in ("entry_ts", "exit_ts")}} for row in whole]
    kinds = {name: pl.Int64() if kind == MOMENT else kind for name, kind in TRADE_SCHEMA.items()}
    return pl.DataFrame(moments, schema=kinds, orient="row").cast(TRADE_SCHEMA)


def curve_of(rows: list[tuple[int, float, float]]) -> pl.DataFrame:
    """An equity curve by (ms from the window's start, equity, drawdown in percent)."""
    kinds = {"ts": pl.Int64(), "equity_usdt": pl.Float64(), "drawdown_pct": pl.Float64()}
    known = pl.DataFrame([(START + at, *rest) for at, *rest in rows], schema=kinds, orient="row").cast({"ts": MOMENT})
    return known.select(
        known[name] if name in kinds else pl.lit(0.0).cast(kind).alias(name) for name, kind in EQUITY_SCHEMA.items()
    )
