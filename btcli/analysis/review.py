"""A short automatic review of a finished run: what a careful reader would doubt first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from btcli.analysis.metrics import MetricsInput
from btcli.analysis.numbers import total

FLAT_DAYS_SHARE = 0.5
TRADES_PER_PARAMETER = 10
FEW_TRADES = 30
ONE_TRADE_SHARE = 0.5
AMBIGUOUS_SHARE = 0.1


class Remark(NamedTuple):
    """One doubt: a stable code, a sentence, and the number found beside the number it was held against."""

    code: str
    message: str
    found: float
    limit: float


def review(inputs: MetricsInput, *, parameters: int, zero_volume_fills: int) -> tuple[Remark, ...]:
    """What is doubtful about a run, in a fixed order; empty when nothing is.

    `parameters` is how many numbers of the strategy could have been fitted, `zero_volume_fills` how many fills
    happened on bars in which nothing was traded.
    """
    results = inputs.trades.net_pnl
    return (
        *_flat_equity(inputs.equity.daily, inputs.equity.initial_equity_usdt),
        *_few_trades(len(results), parameters),
        *_one_trade(results),
        *_many_ambiguous(inputs.counters.ambiguous_trades, len(results)),
        *_stale_fills(zero_volume_fills),
    )


def _flat_equity(daily: Sequence[float], initial: float) -> Iterator[Remark]:
    """Longest stretch of days in a row without any move of equity, as a share of all days."""
    longest = running = 0
    before = initial
    for close in daily:
        running = running + 1 if close == before else 0
        longest, before = max(longest, running), close
    if daily and longest / len(daily) > FLAT_DAYS_SHARE:
        message = f"equity did not move for {longest} of {len(daily)} days in a row"
        yield Remark("FLAT_EQUITY", message, longest / len(daily), FLAT_DAYS_SHARE)


def _few_trades(trades: int, parameters: int) -> Iterator[Remark]:
    wanted = max(FEW_TRADES, TRADES_PER_PARAMETER * parameters)
    if trades < wanted:
        message = f"{trades} trades are few for {parameters} parameters; {wanted} would say more"
        yield Remark("FEW_TRADES", message, trades, wanted)


def _one_trade(results: Sequence[float]) -> Iterator[Remark]:
    net = total(results)
    if net > 0.0 and len(results) > 1 and max(results) / net > ONE_TRADE_SHARE:
        share = max(results) / net
        message = f"one trade made {share * 100.0:.0f} % of the net profit"
        yield Remark("PROFIT_FROM_ONE_TRADE", message, share, ONE_TRADE_SHARE)


def _many_ambiguous(ambiguous: int, trades: int) -> Iterator[Remark]:
    if trades and ambiguous / trades > AMBIGUOUS_SHARE:
        message = f"{ambiguous} of {trades} trades hang on an order of events inside a bar; use finer exec bars"
        yield Remark("MANY_AMBIGUOUS", message, ambiguous / trades, AMBIGUOUS_SHARE)


def _stale_fills(fills: int) -> Iterator[Remark]:
    if fills:
        message = f"{fills} fills happened on bars in which nothing was traded"
        yield Remark("FILLS_WITHOUT_VOLUME", message, fills, 0)
