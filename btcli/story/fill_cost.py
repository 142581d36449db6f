"""What a fill cost, part by part, and what its gate compared (rulebook sections 2 and 3 B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from btcli.config.venues import VENUES
from btcli.story.marks import CurveRow
from btcli.story.size import costs_of


@dataclass(frozen=True)
class Gate:
    """The order cost that an entry needed, and what was available at the last close before: USDT.

    What was freed or taken since that close is not in `available_usdt`.
    """

    order_cost_usdt: float
    available_usdt: float | None


@dataclass(frozen=True)
class FillCosts:
    """The parts of one fill's cost, USDT, by the seq of its event.

    `spread_usdt` is slippage with its rounding to the tick.
    """

    seq: int
    fee_usdt: float
    is_maker: bool
    spread_usdt: float
    impact_usdt: float
    gate: Gate | None


def fill_costs(config: Mapping[str, Any], fill: Mapping[str, Any], opens: bool, curve: Sequence[CurveRow]) -> FillCosts:
    """The costs of an order_filled event; one that opens or adds passed a gate."""
    side = 1.0 if fill["side"] == "buy" else -1.0
    moved = side * fill["qty"] * (fill["price"] - fill["reference_price"]) + 0.0
    impact = fill.get("impact_usdt", 0.0)
    gate = gate_of(config, fill, curve) if opens else None
    return FillCosts(fill["seq"], fill["fee_usdt"], bool(fill.get("maker")), moved - impact, impact, gate)


def gate_of(config: Mapping[str, Any], fill: Mapping[str, Any], curve: Sequence[CurveRow]) -> Gate:
    """The order cost of a fill, and what was available before it."""
    before = [row.available_usdt for row in curve if row.ts <= fill["ts"]]
    return Gate(_order_cost(config, fill), before[-1] if before else None)


def _order_cost(config: Mapping[str, Any], fill: Mapping[str, Any]) -> float:
    """P*q/L + P*q*f + P*q*(1 - s/L)*f; of a fill that names its mark P*q/L + q*max(0, s*(P - mark)).

    Runs under the rules before name none: the last fee counts only where the venue keeps it in the margin.
    """
    price, qty, leverage = fill["price"], fill["qty"], config["account"]["leverage"]
    side = 1.0 if fill["side"] == "buy" else -1.0
    value = price * qty
    if "mark_price" in fill:
        return float(value / leverage + qty * max(0.0, side * (price - fill["mark_price"])))
    taker = costs_of(config, fill["symbol"])["taker_fee_rate"]
    closing = taker if VENUES[config["venue"]].close_fee_in_margin else 0.0
    return float(value / leverage + value * taker + value * (1.0 - side / leverage) * closing)
