"""What the account went through: how near it came to its end, how long it stood still, what its ratios are worth."""

from __future__ import annotations

import math
from collections.abc import Iterator

from btcli.analysis import definitions as define
from btcli.analysis.equity import DAY_MS, EquityFacts
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.numbers import Undefined
from btcli.analysis.review.finding import Finding, day_of, share_pct
from btcli.exchange.face.events import Counters

NEAR_LIQUIDATION_PCT = 2.0
FLAT_DAYS_PCT = 50.0
DAYS_TO_ANNUALISE = 90.0


def liquidations(counters: Counters, trades: TradeLedger) -> Iterator[Finding]:
    """Positions that were taken over, or the least distance of a mark close to a liquidation price."""
    nearest = counters.nearest_liquidation_pct
    if counters.liquidations:
        times = "once" if counters.liquidations == 1 else f"{counters.liquidations} times"
        message = f"the venue took positions over {times}"
        where = trades.first("liquidation")
        yield Finding("LIQUIDATED", "doubt", message, counters.liquidations, 0, "liquidations", where)
    elif nearest is not None and nearest < NEAR_LIQUIDATION_PCT:
        message = f"the mark came within {nearest:.2f} % of the liquidation price at a close"
        where = trades.nearest_liquidation
        yield Finding("NEAR_LIQUIDATION", "warning", message, nearest, NEAR_LIQUIDATION_PCT, "%", where)


def flat_equity(equity: EquityFacts) -> Iterator[Finding]:
    """The longest stretch of several days in a row without any move of equity, as a share of all days."""
    longest = running = end = 0
    before = equity.initial_equity_usdt
    for day, close in enumerate(equity.daily):
        running = running + 1 if close == before else 0
        if running > longest:
            longest, end = running, day
        before = close
    days = len(equity.daily)
    if longest > 1 and longest * 100.0 > FLAT_DAYS_PCT * days:
        first = day_of((equity.first_day + end - longest + 1) * DAY_MS)
        message = f"equity did not move for {longest} of {days} days in a row, from {first} on"
        share = share_pct(longest, days)
        yield Finding("FLAT_EQUITY", "warning", message, share, FLAT_DAYS_PCT, "%", {"day": first})


def contradicting_sharpe(equity: EquityFacts) -> Iterator[Finding]:
    """A Sharpe ratio of the other sign than the result: the arithmetic mean of returns forgets how they compound."""
    sharpe, gained = define.sharpe(define.daily_returns(equity)), define.return_pct(equity)
    if isinstance(sharpe, Undefined) or sharpe * gained >= 0.0:
        return
    result = f"lost {-gained:.3g} %" if gained < 0.0 else f"gained {gained:.3g} %"
    message = f"Sharpe is {sharpe:+.2f}, yet the account {result}: it does not compound"
    yield Finding("SHARPE_CONTRADICTS", "doubt", message, sharpe, 0.0, "ratio")


def annualised_from_days(equity: EquityFacts) -> Iterator[Finding]:
    """A year's figures out of few days, where there are any: CAGR from one day on, the ratios from two daily closes.

    One standard error of a Sharpe ratio near 0 is sqrt(365 / days) (Lo 2002).
    """
    days = define.days_covered(equity)
    if days >= DAYS_TO_ANNUALISE or (days < 1.0 and len(equity.daily) < 2):
        return
    error = math.sqrt(define.DAYS_PER_YEAR / days)
    message = f"CAGR and ratios are a year's from {days:.3g} days: Sharpe is uncertain by {error:.1f}"
    yield Finding("ANNUALISED_FROM_DAYS", "note", message, days, DAYS_TO_ANNUALISE, "days")
