"""Whether the result rests on enough: on more than one trade or day, on many trades, on no order inside a bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.analysis.equity import DAY_MS, EquityFacts
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.numbers import total
from btcli.analysis.review.finding import Finding, day_of, share_pct

ONE_TRADE_PCT = 50.0
ONE_DAY_PCT = 50.0
FEW_TRADES = 30
TRADES_PER_PARAMETER = 10
AMBIGUOUS_PCT = 10.0


def one_trade(trades: TradeLedger) -> Iterator[Finding]:
    """The best trade's share of what all trades came to, where that is a profit."""
    net = total(trades.net_pnl)
    if net <= 0.0 or max(trades.net_pnl) <= net * ONE_TRADE_PCT / 100.0:
        return
    best = max(range(len(trades)), key=trades.net_pnl.__getitem__)
    share = share_pct(trades.net_pnl[best], net)
    where = trades.place(best)
    message = f"trade {where['trade_id']} alone made {share:,.0f} % of the net profit"
    yield Finding("PROFIT_FROM_ONE_TRADE", "doubt", message, share, ONE_TRADE_PCT, "%", where)


def one_day(equity: EquityFacts) -> Iterator[Finding]:
    """The best day's share of the profit of several days; a day's gain is that of equity, open positions included."""
    profit = equity.final_equity_usdt - equity.initial_equity_usdt
    gains = [
        close - before for before, close in zip((equity.initial_equity_usdt, *equity.daily), equity.daily, strict=False)
    ]
    if len(gains) < 2 or profit <= 0.0 or max(gains) <= profit * ONE_DAY_PCT / 100.0:
        return
    best = gains.index(max(gains))
    day, share = day_of((equity.first_day + best) * DAY_MS), share_pct(gains[best], profit)
    message = f"one day, {day}, made {share:,.0f} % of the net profit"
    yield Finding("PROFIT_FROM_ONE_DAY", "doubt", message, share, ONE_DAY_PCT, "%", {"day": day})


def few_trades(trades: int, parameters: int) -> Iterator[Finding]:
    """Fewer than 30 trades, or than ten for each number that could have been fitted."""
    wanted = max(FEW_TRADES, TRADES_PER_PARAMETER * parameters)
    if trades < wanted:
        fitted = f" for {parameters} parameter{'' if parameters == 1 else 's'}" if parameters else ""
        message = f"{trades} trade{' is' if trades == 1 else 's are'} few{fitted}: from {wanted} on they say more"
        yield Finding("FEW_TRADES", "doubt", message, trades, wanted, "trades")


def paths_disagree(paths: Mapping[str, Any], initial_equity_usdt: float) -> Iterator[Finding]:
    """Whether the account gains with one order of prices inside the bars and loses with another."""
    profits = {
        path: outcome["final_equity_usdt"] - initial_equity_usdt
        for path, outcome in paths.items()
        if isinstance(outcome, Mapping)
    }
    worst, best = min(profits, key=profits.__getitem__, default=""), max(profits, key=profits.__getitem__, default="")
    if worst and profits[worst] < 0.0 < profits[best]:
        ends = f"{profits[best]:+,.2f} USDT {best}, {profits[worst]:+,.2f} {worst}"
        message = f"paths end in gain and loss: {ends}"
        yield Finding("PATHS_DISAGREE", "doubt", message, profits[worst], 0.0, "USDT")


def many_ambiguous(ambiguous: int, trades: TradeLedger) -> Iterator[Finding]:
    """The share of trades that hang on the order of events inside a bar."""
    if not len(trades) or ambiguous * 100.0 <= AMBIGUOUS_PCT * len(trades):
        return
    share = share_pct(ambiguous, len(trades))
    message = f"{ambiguous} of {len(trades)} trades hang on the order of prices inside a bar"
    yield Finding("MANY_AMBIGUOUS", "doubt", message, share, AMBIGUOUS_PCT, "%", trades.first("ambiguous"))
