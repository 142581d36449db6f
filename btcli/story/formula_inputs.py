"""What the exchange's formulas are given of a recorded run: its terms, an entry, what orders of a symbol cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from btcli.config.venues import VENUES
from btcli.exchange.book.asked import ORDER
from btcli.exchange.book.records import Record
from btcli.exchange.book.terms import Terms, terms_record
from btcli.exchange.face.instrument import OrderCosts, costs_record
from btcli.exchange.face.request import OrderRequest, write_request


def terms_of(config: Mapping[str, Any]) -> Record:
    """The terms of a resolved config that sizes hang on."""
    risk = config["risk"]
    ((mode, value),) = risk["sizing"].items()
    return terms_record(Terms(sizing=mode, sizing_value=value, costs_in_risk=risk["costs_in_risk"]))


def entry_of(signal: Mapping[str, Any], submitted: Mapping[str, Any]) -> Record:
    """A submitted entry with its stops and the size of its own, from its events; a stop price as it was rounded."""
    ((mode, value),) = (signal.get("size") or {"": 0.0}).items()
    request = OrderRequest(
        symbol=0,
        side=side_of(submitted),
        sizing=mode,
        sizing_value=value,
        stop_price=submitted.get("stop_price"),
        stop_distance=signal.get("stop_distance"),
        trail_distance=signal.get("trail_distance"),
        trail_activation=signal.get("trail_activation"),
    )
    orders = np.zeros(1, ORDER)
    write_request(orders, request)
    return orders[0]


def instrument_of(config: Mapping[str, Any], symbol: str, *, by_mark: bool = False) -> Record:
    """What orders of a symbol cost, by its own costs before those of all; `by_mark` where the mark is part of it.

    Runs under rules of old went without the mark on venues where it counts now.
    """
    costs = config["costs"] | config["costs"].get("per_symbol", {}).get(symbol, {})
    taker = costs["taker_fee_rate"]
    return costs_record(
        OrderCosts(
            leverage=config["account"]["leverage"],
            taker_fee_rate=taker,
            close_fee_rate=taker if VENUES[config["venue"]].close_fee_in_margin else 0.0,
            slippage_bps=costs["slippage_bps"],
            stop_slippage_bps=costs["stop_slippage_bps"],
            order_cost_by_mark=by_mark,
        )
    )


def side_of(event: Mapping[str, Any]) -> int:
    """+1 of an event that buys, -1 of one that sells."""
    return 1 if event["side"] == "buy" else -1
