"""What trading cost, row by row, from the figures of metrics.json and the rates of the config."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from btcli.legible.figures import ABSENT

Row = tuple[str, float | None, str]
PARTS = {
    "fees": ("taker_fees_usdt", "maker_fees_usdt", "liquidation_fees_usdt"),
    "spread": ("spread_usdt",),
    "stops": ("stop_slippage_usdt",),
    "impact": ("impact_usdt",),
    "funding": ("funding_paid_usdt",),
}


def cost_rows(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> Iterator[Row]:
    """A row per kind of cost: name, USDT and what it hangs on; what came in is negative, what was left out None."""
    maker, taken_over, stops = (
        metrics.get(name, 0.0) for name in ("maker_fees_usdt", "liquidation_fees_usdt", "stop_slippage_usdt")
    )
    own = {key for given in costs["per_symbol"].values() for key in given}

    def rate(key: str, text: str) -> str:
        return f"{text}, some symbols their own" if key in own else text

    taker_rate, maker_rate = (f"{costs[key] * 100:g} % of the value" for key in ("taker_fee_rate", "maker_fee_rate"))
    yield "taker fees", metrics["fees_usdt"] - maker - taken_over, rate("taker_fee_rate", taker_rate)
    yield "maker fees", maker, rate("maker_fee_rate", maker_rate)
    if taken_over:
        yield "liquidation fees", taken_over, "of positions taken over"
    spread = f"slippage_bps {costs['slippage_bps']:g}, and the tick"
    yield "spread", metrics["slippage_usdt"] - stops, rate("slippage_bps", spread)
    slipped = f"stop_slippage_bps {costs['stop_slippage_bps']:g}, and the tick"
    yield "stop slippage", stops, rate("stop_slippage_bps", slipped)
    yield "impact", metrics["impact_usdt"], rate("impact_k", f"impact_k {costs['impact_k']:g}")
    paid, received = metrics["funding_paid_usdt"], metrics["funding_received_usdt"]
    if paid is None or received is None:
        yield "funding", None, "left out: costs.funding is none"
        return
    yield "funding paid", paid, ""
    yield "funding received", 0.0 - received, ""


def all_costs(rows: Iterable[Row]) -> float:
    """The sum of the rows that have an amount, USDT."""
    return sum(amount for _, amount, _ in rows if amount is not None)


def parts_of(costs: Mapping[str, float | None]) -> list[float]:
    """One symbol's costs by PARTS, USDT; funding is what was paid less what came in, 0 where it was left out."""
    parts = [sum(costs[name] or 0.0 for name in names) for names in PARTS.values()]
    parts[-1] -= costs["funding_received_usdt"] or 0.0
    return parts


def bps(amount: float | None, turnover: float) -> str:
    """An amount in basis points of what was traded."""
    return f"{amount / turnover * 1e4 + 0.0:,.2f}" if turnover and amount is not None else ABSENT
