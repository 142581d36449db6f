"""An order as a strategy asks for it, and the record it becomes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from btcli.exchange import codes
from btcli.exchange.values import MAX_TARGETS, ORDER, Records


class Target(NamedTuple):
    """One of several targets: a price or a distance from the fill, and its share of the position."""

    price: float | None = None
    distance: float | None = None
    share: float = 1.0


class OrderRequest(NamedTuple):
    """An order and its bracket; prices and distances in USDT per coin, None where there is none.

    Every finite number is a level, those that cannot be included: the exchange refuses them. `expires_after`
    counts exec steps from arrival. `sizing` "" takes the run's. `target_price` and `target_distance` are the
    short form of one target that closes the whole position.
    """

    symbol: int
    side: int
    type: str = "market"
    price: float | None = None
    trigger_price: float | None = None
    time_in_force: str = "GTC"
    post_only: bool = False
    expires_after: int = 0
    qty: float = 0.0  # of an order that reduces; 0: the whole position
    sizing: str = ""
    sizing_value: float = 0.0
    stop_price: float | None = None
    stop_distance: float | None = None
    trail_distance: float | None = None
    trail_activation: float | None = None
    break_even_distance: float | None = None
    target_price: float | None = None
    target_distance: float | None = None
    targets: tuple[Target, ...] = ()


_BLANK = np.zeros(1, ORDER)
_SAME_NAME = (
    "symbol",
    "side",
    "price",
    "trigger_price",
    "post_only",
    "expires_after",
    "qty",
    "sizing_value",
    "stop_price",
    "stop_distance",
    "trail_distance",
    "trail_activation",
    "break_even_distance",
)


def targets_of(request: OrderRequest) -> tuple[Target, ...]:
    """The targets, the short form included.

    Raises ValueError when both forms are used, there are too many, or the shares add up to more than one.
    """
    short = request.target_price is not None or request.target_distance is not None
    if short and request.targets:
        raise ValueError("an order has one target or a list of targets, not both")
    targets = (Target(request.target_price, request.target_distance),) if short else request.targets
    if len(targets) > MAX_TARGETS:
        raise ValueError(f"an order has at most {MAX_TARGETS} targets, got {len(targets)}")
    if sum(target.share for target in targets) > 1.0 + 1e-9 or any(target.share <= 0.0 for target in targets):
        raise ValueError("the shares of the targets are positive and add up to one at most")
    return targets


def write_request(records: Records, request: OrderRequest) -> None:
    """Write a request into an array of one order record, every field of it.

    Raises ValueError for names that do not exist and for limits or triggers that their type lacks.
    """
    needs_price, needs_trigger = request.type in ("limit", "stop_limit"), request.type in ("stop_market", "stop_limit")
    if (request.price is not None) != needs_price:
        raise ValueError(f"a {request.type} order has {'a' if needs_price else 'no'} limit price")
    if (request.trigger_price is not None) != needs_trigger:
        raise ValueError(f"a {request.type} order has {'a' if needs_trigger else 'no'} trigger price")
    records[:] = _BLANK
    record = records[0]
    for name in _SAME_NAME:
        if value := getattr(request, name):
            record[name] = value
    record["type"] = codes.ORDER_TYPE_NAMES.index(request.type)
    record["time_in_force"] = codes.TIME_IN_FORCE_NAMES.index(request.time_in_force)
    record["sizing"] = codes.SIZING_NAMES.index(request.sizing) if request.sizing else -1
    for n, target in enumerate(targets_of(request)):
        record["target_price"][n] = target.price or 0.0
        record["target_distance"][n] = target.distance or 0.0
        record["target_share"][n] = target.share
