"""One definition for each metric that is more than a sum the run already keeps.

Returns are those of daily closes of equity in UTC, 365 of them a year; deviations are sample deviations (n - 1);
the risk-free rate is 0. A trade's result is its net profit, fees and funding included. Percentages are percentages.
A value that does not exist is Undefined with the reason; nothing is capped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from btcli.analysis.equity import DAY_MS, EquityFacts
from btcli.analysis.numbers import Metric, Undefined, mean, power, ratio, rounded, sample_deviation, units_by_sign
from btcli.market.series import Floats

DAYS_PER_YEAR = 365.0
NO_TRADES = Undefined("there are no trades")


def return_pct(equity: EquityFacts) -> float:
    """(final - initial) / initial equity, in percent."""
    return (equity.final_equity_usdt - equity.initial_equity_usdt) / equity.initial_equity_usdt * 100.0


def days_covered(equity: EquityFacts) -> float:
    """From the window's start to the close of the last step, in days."""
    return (equity.last_ms - equity.start_ms) / DAY_MS


def cagr_pct(equity: EquityFacts) -> Metric:
    """Compound annual growth rate: ((final / initial) ^ (365 / days) - 1), in percent."""
    days = days_covered(equity)
    if days < 1.0:
        return Undefined("the run covers less than a day")
    growth = equity.final_equity_usdt / equity.initial_equity_usdt
    if growth <= 0.0:
        return Undefined("the final equity is not positive")
    grown = power(growth, DAYS_PER_YEAR / days)
    return (grown - 1.0) * 100.0 if math.isfinite(grown) else Undefined("a year of such growth is beyond numbers")


def daily_returns(equity: EquityFacts) -> list[float]:
    """close / previous close - 1 as fractions; the first day starts from the initial equity.

    A day that starts without positive equity has no return and is left out.
    """
    return list(dated_returns(equity).values())


def dated_returns(equity: EquityFacts) -> dict[int, float]:
    """The daily returns by their UTC day, counted from 1970-01-01."""
    starts = (equity.initial_equity_usdt, *equity.daily[:-1])
    days = enumerate(zip(starts, equity.daily, strict=False), equity.first_day)
    return {day: (close - start) / start for day, (start, close) in days if start > 0.0}


def volatility_pct(returns: Sequence[float]) -> Metric:
    """Deviation of the daily returns * sqrt(365), in percent."""
    if len(returns) < 2:
        return Undefined("fewer than two daily returns")
    return sample_deviation(returns) * math.sqrt(DAYS_PER_YEAR) * 100.0


def sharpe(returns: Sequence[float]) -> Metric:
    """mean / deviation of the daily returns * sqrt(365) (Sharpe 1994, risk-free rate 0)."""
    if len(returns) < 2:
        return Undefined("fewer than two daily returns")
    return ratio(mean(returns) * math.sqrt(DAYS_PER_YEAR), sample_deviation(returns), "the daily returns do not vary")


def sortino(returns: Sequence[float]) -> Metric:
    """mean / downside deviation * sqrt(365); the downside deviation is sqrt(sum(min(r, 0)^2) / n) over all days.

    Sortino and Price 1994, target 0.
    """
    if len(returns) < 2:
        return Undefined("fewer than two daily returns")
    downside = math.sqrt(mean(np.square(np.minimum(returns, 0.0)).tolist()))
    return ratio(mean(returns) * math.sqrt(DAYS_PER_YEAR), downside, "no daily return is negative")


def calmar(cagr: Metric, max_drawdown_pct: float) -> Metric:
    """CAGR / maximum drawdown, both in percent, over the whole run (Young 1991 takes three years)."""
    return ratio(cagr, max_drawdown_pct, "there is no drawdown")


def ulcer_index_pct(equity: EquityFacts) -> Metric:
    """sqrt(mean(d^2)), d the percentage of each daily close below the highest so far (Martin 1987)."""
    if not equity.daily:
        return Undefined("no day was recorded")
    peak, squares = equity.initial_equity_usdt, []
    for close in equity.daily:
        peak = max(peak, close)
        depth = (peak - close) / peak * 100.0
        squares.append(depth * depth)
    return math.sqrt(mean(squares))


class Sums(NamedTuple):
    """What trades came to, USDT: all of them, those that won and those that lost; one of exactly 0 did neither."""

    trades: int
    net_usdt: float
    won: int
    won_usdt: float
    lost: int
    lost_usdt: float  # negative


def sums_of(results: Sequence[float] | Floats) -> Sums:
    """The sums of some trades' results."""
    net = np.asarray(results, np.float64)
    above, below = units_by_sign(net)
    won, lost = int(np.count_nonzero(net > 0.0)), int(np.count_nonzero(net < 0.0))
    return Sums(len(net), rounded(above - below), won, rounded(above), lost, -rounded(below) + 0.0)


def win_rate_pct(sums: Sums) -> Metric:
    """Trades with a result above 0, in percent of all; a result of exactly 0 is neither won nor lost."""
    return sums.won / sums.trades * 100.0 if sums.trades else NO_TRADES


def profit_factor(sums: Sums) -> Metric:
    """Sum of the winning results / sum of the losing ones, without sign."""
    return ratio(sums.won_usdt, -sums.lost_usdt, "no trade lost") if sums.trades else NO_TRADES


def expectancy_usdt(sums: Sums) -> Metric:
    """The mean result."""
    return sums.net_usdt / sums.trades if sums.trades else NO_TRADES


def average_win_usdt(sums: Sums) -> Metric:
    """The mean of the winning results."""
    return sums.won_usdt / sums.won if sums.won else Undefined("no trade won")


def average_loss_usdt(sums: Sums) -> Metric:
    """The mean of the losing results: negative."""
    return sums.lost_usdt / sums.lost if sums.lost else Undefined("no trade lost")


def payoff_ratio(sums: Sums) -> Metric:
    """Average win / average loss without its sign."""
    loss = average_loss_usdt(sums)
    return ratio(average_win_usdt(sums), loss if isinstance(loss, Undefined) else -loss, "no trade lost")


def longest_streak(results: Sequence[float], *, won: bool) -> int:
    """The most winning (or losing) trades in a row; a result of exactly 0 ends both kinds."""
    longest = running = 0
    for result in results:
        running = running + 1 if (result > 0.0 if won else result < 0.0) else 0
        longest = max(longest, running)
    return longest


def sqn(results: Sequence[float]) -> Metric:
    """System quality number: sqrt(n) * mean / deviation of the results (Tharp 2008, in USDT, n not capped)."""
    if len(results) < 2:
        return Undefined("fewer than two trades")
    return ratio(math.sqrt(len(results)) * mean(results), sample_deviation(results), "the trades' results do not vary")


def monthly_returns_pct(equity: EquityFacts) -> dict[str, float]:
    """By UTC month "2024-01": its last daily close / that of the month before - 1, in percent.

    The first month starts from the initial equity.
    """
    return _returns_pct(equity, "%Y-%m")


def yearly_returns_pct(equity: EquityFacts) -> dict[str, float]:
    """By UTC year "2024", as those of months."""
    return _returns_pct(equity, "%Y")


def _returns_pct(equity: EquityFacts, period: str) -> dict[str, float]:
    closes: dict[str, float] = {}
    for day, close in enumerate(equity.daily, equity.first_day):
        closes[datetime.fromtimestamp(day * 86_400, UTC).strftime(period)] = close
    starts = (equity.initial_equity_usdt, *closes.values())
    pairs = zip(closes.items(), starts, strict=False)
    return {name: (close - start) / start * 100.0 for (name, close), start in pairs if start > 0.0}


def buy_and_hold_pct(first_open: float, last_close: float) -> float:
    """The price's own return over the window, without leverage, costs and funding, in percent."""
    return (last_close - first_open) / first_open * 100.0


def share_pct(part: int, whole: int, reason: str) -> Metric:
    """part / whole, in percent."""
    return part / whole * 100.0 if whole else Undefined(reason)
