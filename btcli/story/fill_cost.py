"""What a fill cost, part by part, and what its gate compared (rulebook sections 2 and 3 B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from btcli.exchange.formulas.costs import cost_of, spread_of
from btcli.frozen import frozen
from btcli.story.formula_inputs import instrument_of, side_of
from btcli.story.marks import CurveRow


@frozen
class Gate:
    """The order cost that an entry needed, and what was available at the last close before: USDT.

    What was freed or taken since that close is not in `available_usdt`.
    """

    order_cost_usdt: float
    available_usdt: float | None


@frozen
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
    impact = fill.get("impact_usdt", 0.0)
    spread = spread_of(side_of(fill), fill["qty"], fill["price"], fill["reference_price"], impact) + 0.0
    gate = gate_of(config, fill, curve) if opens else None
    return FillCosts(fill["seq"], fill["fee_usdt"], bool(fill.get("maker")), spread, impact, gate)


def gate_of(config: Mapping[str, Any], fill: Mapping[str, Any], curve: Sequence[CurveRow]) -> Gate:
    """The order cost of a fill, and what was available before it."""
    before = [row.available_usdt for row in curve if row.ts <= fill["ts"]]
    return Gate(_order_cost(config, fill), before[-1] if before else None)


def _order_cost(config: Mapping[str, Any], fill: Mapping[str, Any]) -> float:
    """The order cost of a fill; one that names a mark was held against it.

    Runs under the rules before name none, on no venue.
    """
    mark = fill.get("mark_price")
    inst = instrument_of(config, str(fill["symbol"]), by_mark=mark is not None)
    return float(cost_of(side_of(fill), fill["price"], fill["qty"], mark or 0.0, inst))
