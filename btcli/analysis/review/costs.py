"""What costs leave of the profit. Gross profit is the net profit with all costs and funding put back."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.analysis.metrics import MetricsInput
from btcli.analysis.review.finding import Finding, share_pct

COST_DRAG_PCT = 50.0
FUNDING_DRAG_PCT = 25.0
FRAGILE_BPS = 5.0


def costs_of_profit(measured: MetricsInput) -> Iterator[Finding]:
    """Fees, slippage and impact, and funding, as shares of a gross profit; without one there is nothing to eat."""
    counters = measured.counters
    costs = counters.fees_usdt + counters.slippage_usdt + counters.impact_usdt
    funding = counters.funding_paid_usdt - counters.funding_received_usdt if measured.settles_funding else 0.0
    gross = net_profit_usdt(measured) + costs + funding
    if gross <= 0.0:
        return
    if costs > gross * COST_DRAG_PCT / 100.0:
        share = share_pct(costs, gross)
        message = f"fees, slippage and impact take {share:,.0f} % of the gross profit"
        yield Finding("COST_DRAG", "warning", message, share, COST_DRAG_PCT, "%")
    if funding > gross * FUNDING_DRAG_PCT / 100.0:
        share = share_pct(funding, gross)
        message = f"funding takes {share:,.0f} % of the gross profit"
        yield Finding("FUNDING_DRAG", "warning", message, share, FUNDING_DRAG_PCT, "%")


def fragile_profit(measured: MetricsInput) -> Iterator[Finding]:
    """More slippage that a profit bears, in basis points of every fill: net profit / turnover * 10,000."""
    profit, turnover = net_profit_usdt(measured), measured.counters.turnover_usdt
    if not 0.0 < profit * 1e4 < FRAGILE_BPS * turnover:
        return
    found = profit * 1e4 / turnover
    message = f"{found:.2f} bps more slippage a fill take the profit (net profit / turnover)"
    yield Finding("FRAGILE_PROFIT", "warning", message, found, FRAGILE_BPS, "bps")


def net_profit_usdt(measured: MetricsInput) -> float:
    """What the account gained."""
    return measured.equity.final_equity_usdt - measured.equity.initial_equity_usdt
