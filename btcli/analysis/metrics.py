"""Puts the metrics of a run together: plain values in a fixed order, null where one does not exist, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from btcli.analysis import definitions as define
from btcli.analysis.deciding import NOTHING_ASKED, Deciding, deciding_row
from btcli.analysis.equity import DAY_MS, EquityFacts, EquityFold
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.numbers import Metric, Undefined, mean, ratio, total
from btcli.exchange.book import codes
from btcli.exchange.face.events import Counters, Event, Trade
from btcli.exchange.face.telling import Told
from btcli.frozen import frozen
from btcli.market.series import Floats, Millis
from btcli.timeframe import UNIT_MS, utc_text

Row = dict[str, Any]
LEFT_OUT = Undefined("funding was left out: costs.funding is none")
NO_FUNDING: Row = dict.fromkeys(("funding_paid_usdt", "funding_received_usdt"), LEFT_OUT)
NO_COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType({})


class StaleFills(NamedTuple):
    """Fills on bars in which nothing was traded: how many, and when (ms UTC) and of which symbol the first was."""

    fills: int = 0
    first_ms: int = 0
    symbol: str = ""


NONE_STALE = StaleFills()


@frozen
class MetricsInput:
    """What metrics are made of; `prices` has each symbol's first open and last close in the window.

    `costs` has each symbol's sums by the names of SymbolCosts.
    """

    equity: EquityFacts
    trades: TradeLedger
    counters: Counters
    prices: Mapping[str, tuple[float, float]]
    costs: Mapping[str, Mapping[str, float]]
    deciding: Deciding = NOTHING_ASKED
    first_refusals: Mapping[str, Row] = field(default_factory=dict)  # by code: moment, symbol, both numbers
    settles_funding: bool = True
    stale_fills: StaleFills = NONE_STALE


class MetricsFold:
    """Takes what a run tells, as the recorder does, and keeps what metrics need: memory grows by days and trades.

    Of a run's events metrics need the fills on bars without volume, counted for the review, and the first refusal
    of each code.
    """

    def __init__(self, initial_equity_usdt: float, start_ms: int) -> None:
        self._equity = EquityFold(initial_equity_usdt, start_ms)
        self._trades = TradeLedger()
        self._stale = NONE_STALE
        self._first_refusals: dict[str, Row] = {}

    def events(self, events: Sequence[Event]) -> None:
        for each in _that_matter(events) if isinstance(events, Told) else events:
            if each.name == "order_filled" and "zero_volume" in each.fields:
                first = self._stale if self._stale.fills else StaleFills(0, each.ts, str(each.symbol))
                self._stale = first._replace(fills=first.fills + 1)
            elif each.name == "order_rejected" and each.fields["code"] not in self._first_refusals:
                numbers = {"have": each.fields["have"], "need": each.fields["need"]}
                told = {"ts": utc_text(each.ts), "symbol": each.symbol, **numbers}
                self._first_refusals[each.fields["code"]] = told

    def trades(self, trades: Sequence[Trade]) -> None:
        self._trades.add(trades)

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        self._equity.add(ts_close, rows)

    def finished(
        self,
        counters: Counters,
        prices: Mapping[str, tuple[float, float]],
        costs: Mapping[str, Mapping[str, float]] = NO_COSTS,
        deciding: Deciding = NOTHING_ASKED,
        *,
        settles_funding: bool = True,
    ) -> MetricsInput:
        """Everything that was taken in, with the run's counters, each symbol's (first open, last close) and costs."""
        facts, refusals = self._equity.facts(), self._first_refusals
        return MetricsInput(
            facts, self._trades, counters, prices, costs, deciding, refusals, settles_funding, self._stale
        )


def _that_matter(told: Told) -> Iterator[Event]:
    """The fills on bars without volume, and the first refusal of each code."""
    flags = told.records["flags"]
    fills, refused = told.where(codes.ORDER_FILLED), told.where(codes.ORDER_REJECTED)
    _, firsts = np.unique(told.records["code"][refused], return_index=True)
    yield from told.at(fills[flags[fills] & codes.FLAG_ZERO_VOLUME != 0])
    yield from told.at(np.sort(refused[firsts]))


def compute_metrics(inputs: MetricsInput) -> Row:
    """metrics.json: values by name in a fixed order; `null_reasons` tells why a null is one.

    Amounts are in USDT, percentages are percentages, moments ISO 8601 UTC. What each value means stands in
    `btcli.analysis.definitions` and, for sums that the exchange keeps, in its `Counters`.
    """
    metrics = {
        **account_row(inputs.equity),
        **drawdown_row(inputs.equity),
        **_trades(inputs),
        **_costs(inputs),
        **margin_row(inputs.equity, inputs.counters),
        **_friction(inputs),
        **deciding_row(inputs.deciding, inputs.equity, inputs.counters, inputs.prices),
        "buy_and_hold_pct": {name: define.buy_and_hold_pct(*pair) for name, pair in inputs.prices.items()},
        "monthly_returns_pct": define.monthly_returns_pct(inputs.equity),
    }
    reasons: dict[str, str] = {}
    return {**without_undefined(metrics, "", reasons), "null_reasons": reasons}


def account_row(equity: EquityFacts) -> Row:
    """What became of the account, and its ratios."""
    returns = define.daily_returns(equity)
    cagr = define.cagr_pct(equity)
    depth = equity.drawdown.pct if equity.drawdown else 0.0
    return {
        "initial_equity_usdt": equity.initial_equity_usdt,
        "final_equity_usdt": equity.final_equity_usdt,
        "net_profit_usdt": equity.final_equity_usdt - equity.initial_equity_usdt,
        "return_pct": define.return_pct(equity),
        "days": define.days_covered(equity),
        "cagr_pct": cagr,
        "volatility_pct": define.volatility_pct(returns),
        "sharpe": define.sharpe(returns),
        "sortino": define.sortino(returns),
        "calmar": define.calmar(cagr, depth),
    }


def drawdown_row(equity: EquityFacts) -> Row:
    """The deepest fall in percent with its moments, and the greatest fall in USDT, which may be another one."""
    deepest, none = equity.drawdown, Undefined("there is no drawdown")
    row: Row = {
        "max_drawdown_pct": 0.0,
        "max_drawdown_usdt": equity.max_drawdown_usdt,
        **dict.fromkeys(("max_drawdown_start", "max_drawdown_trough", "max_drawdown_recovery"), none),
        "max_drawdown_days": none,
        "ulcer_index_pct": define.ulcer_index_pct(equity),
    }
    if deepest is None:
        return row
    end_ms = equity.last_ms if deepest.recovery_ms is None else deepest.recovery_ms
    recovery = Undefined("not recovered by the end") if deepest.recovery_ms is None else utc_text(deepest.recovery_ms)
    return row | {
        "max_drawdown_pct": deepest.pct,
        "max_drawdown_start": utc_text(deepest.start_ms),
        "max_drawdown_trough": utc_text(deepest.trough_ms),
        "max_drawdown_recovery": recovery,
        "max_drawdown_days": (end_ms - deepest.start_ms) / DAY_MS,
    }


def results_row(sums: define.Sums) -> Row:
    """What is told of all trades and of each side alone."""
    return {
        "trades": sums.trades,
        "net_pnl_usdt": sums.net_usdt,
        "win_rate_pct": define.win_rate_pct(sums),
        "profit_factor": define.profit_factor(sums),
        "expectancy_usdt": define.expectancy_usdt(sums),
        "payoff_ratio": define.payoff_ratio(sums),
    }


def exposure_pct(counters: Counters) -> Metric:
    """Steps at whose close a position was held, in percent of all."""
    return define.share_pct(counters.steps_in_position, counters.steps, "no step was run")


def _trades(inputs: MetricsInput) -> Row:
    trades, counters = inputs.trades, inputs.counters
    results = list(trades.net_pnl)
    sums = define.sums_of(trades.net_pnl)
    hours: Metric = mean(trades.durations_ms) / UNIT_MS["h"] if results else define.NO_TRADES
    return {
        **results_row(sums),
        "average_win_usdt": define.average_win_usdt(sums),
        "average_loss_usdt": define.average_loss_usdt(sums),
        "best_trade_usdt": max(results) if results else define.NO_TRADES,
        "worst_trade_usdt": min(results) if results else define.NO_TRADES,
        "longest_win_streak": define.longest_streak(results, won=True),
        "longest_loss_streak": define.longest_streak(results, won=False),
        "sqn": define.sqn(results),
        "average_duration_hours": hours,
        "average_bars_held": mean(trades.bars_held) if results else define.NO_TRADES,
        "average_mae_usdt": mean(trades.mae) if results else define.NO_TRADES,
        "average_mfe_usdt": mean(trades.mfe) if results else define.NO_TRADES,
        "exposure_pct": exposure_pct(counters),
        "ambiguous_trades": counters.ambiguous_trades,
        "exit_reasons": dict(sorted(trades.exit_reasons.items())),
        "long": results_row(define.sums_of(trades.net_pnl_of(is_long=True))),
        "short": results_row(define.sums_of(trades.net_pnl_of(is_long=False))),
    }


def _costs(inputs: MetricsInput) -> Row:
    """Funding that was left out is no 0: it has no figure."""
    counters = inputs.counters
    left_out = {} if inputs.settles_funding else NO_FUNDING
    return {
        **paid_row(inputs.equity, counters, settles_funding=inputs.settles_funding),
        "slippage_usdt": counters.slippage_usdt,
        "stop_slippage_usdt": total([costs["stop_slippage_usdt"] for costs in inputs.costs.values()]),
        "impact_usdt": counters.impact_usdt,
        "liquidation_fees_usdt": total([costs["liquidation_fees_usdt"] for costs in inputs.costs.values()]),
        "costs_by_symbol": {symbol: {**costs, **left_out} for symbol, costs in inputs.costs.items()},
    }


def paid_row(equity: EquityFacts, counters: Counters, *, settles_funding: bool) -> Row:
    """What was traded, and what was paid for it out of cash."""
    return {
        "turnover_usdt": counters.turnover_usdt,
        "turnover_ratio": ratio(counters.turnover_usdt, equity.initial_equity_usdt, "no initial equity"),
        "fees_usdt": counters.fees_usdt,
        "maker_fees_usdt": counters.maker_fees_usdt,
        "funding_paid_usdt": counters.funding_paid_usdt,
        "funding_received_usdt": counters.funding_received_usdt,
        **({} if settles_funding else NO_FUNDING),
    }


def margin_row(equity: EquityFacts, counters: Counters) -> Row:
    """Margin stress at the closes of the exec steps."""
    nearest = counters.nearest_liquidation_pct
    return {
        "max_used_margin_usdt": equity.max_used_margin_usdt,
        "max_used_margin_pct": equity.max_used_margin_pct,
        "min_free_margin_usdt": equity.min_free_margin_usdt,
        "nearest_liquidation_pct": Undefined("no position was open at a close") if nearest is None else nearest,
        "liquidations": counters.liquidations,
    }


def _friction(inputs: MetricsInput) -> Row:
    counters = inputs.counters
    return {
        **refused_row(counters),
        "first_refusals": dict(sorted(inputs.first_refusals.items())),
        "entries_disabled_pct": define.share_pct(counters.steps_disabled, counters.steps, "no step was run"),
    }


def refused_row(counters: Counters) -> Row:
    """How many entries were tried and refused."""
    return {
        "entry_attempts": counters.entry_attempts,
        "entry_refusals": sum(counters.refusals.values()),
        "refusals_by_code": dict(sorted(counters.refusals.items())),
    }


def without_undefined(row: Mapping[str, Any], prefix: str, reasons: dict[str, str]) -> Row:
    """The row with None for each Undefined, whose reasons are added by their dotted names."""
    plain: Row = {}
    for name, value in row.items():
        if isinstance(value, Undefined):
            reasons[prefix + name] = value.reason
            plain[name] = None
        elif isinstance(value, Mapping):
            plain[name] = without_undefined(value, f"{prefix}{name}.", reasons)
        else:
            plain[name] = value
    return plain
