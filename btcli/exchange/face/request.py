"""An order as a strategy asks for it, and the record it becomes."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import MAX_TARGETS, ORDER, Records


class Target(NamedTuple):
    """One of several targets: a price or a distance from the fill, and its share of the position."""

    price: float | None = None
    distance: float | None = None
    share: float = 1.0


class OrderRequest(NamedTuple):
    """An order and its bracket; prices and distances in USDT per coin, None where there is none.

    Every finite number is a level, those that cannot be included: the exchange refuses them. `expires_after`
    counts exec steps from arrival; 0 is never, a negative one at once. `sizing` "" takes the run's.
    `target_price` and `target_distance` are the short form of one target that closes the whole position.
    """

    symbol: int
    side: int
    type: str = "market"
    price: float | None = None
    trigger_price: float | None = None
    time_in_force: str = "GTC"
    post_only: bool = False
    expires_after: int = 0
    qty: float | None = None  # of an order that reduces; None: the whole position
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


_SAME_NAME = ("symbol", "side", "post_only", "expires_after")
_LEVELS = (
    "price",
    "trigger_price",
    "qty",
    "stop_price",
    "stop_distance",
    "trail_distance",
    "trail_activation",
    "break_even_distance",
)
_BLANK = np.zeros(1, ORDER)
for _name in (*_LEVELS, "target_price", "target_distance"):
    _BLANK[_name] = NO_LEVEL


def targets_of(request: OrderRequest) -> tuple[Target, ...]:
    """The targets, the short form included.

    A share at or below zero is taken for one that rounds to nothing. Raises ValueError when both forms are used,
    there are too many, or the shares add up to more than one.
    """
    short = request.target_price is not None or request.target_distance is not None
    if short and request.targets:
        raise ValueError("an order has one target or a list of targets, not both")
    targets = (Target(request.target_price, request.target_distance),) if short else request.targets
    if len(targets) > MAX_TARGETS:
        raise ValueError(f"an order has at most {MAX_TARGETS} targets, got {len(targets)}")
    if not sum(max(target.share, 0.0) for target in targets) <= 1.0 + 1e-9:
        raise ValueError("the shares of the targets add up to one at most")
    return targets


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"a number of an order is finite, got {value!r}")
    return value


def write_request(records: Records, request: OrderRequest) -> None:
    """Write a request into an array of one order record, every field of it.

    Raises ValueError for names that do not exist, for limits or triggers that their type lacks, and for a number
    that is not finite.
    """
    needs_price, needs_trigger = request.type in ("limit", "stop_limit"), request.type in ("stop_market", "stop_limit")
    if (request.price is not None) != needs_price:
        raise ValueError(f"a {request.type} order has {'a' if needs_price else 'no'} limit price")
    if (request.trigger_price is not None) != needs_trigger:
        raise ValueError(f"a {request.type} order has {'a' if needs_trigger else 'no'} trigger price")
    records[:] = _BLANK
    record = records[0]
    for name in _SAME_NAME:
        record[name] = getattr(request, name)
    for name in _LEVELS:
        if (level := getattr(request, name)) is not None:
            record[name] = _finite(level)
    record["sizing_value"] = _finite(request.sizing_value)
    record["type"] = codes.ORDER_TYPE_NAMES.index(request.type)
    record["time_in_force"] = codes.TIME_IN_FORCE_NAMES.index(request.time_in_force)
    record["sizing"] = codes.SIZING_NAMES.index(request.sizing) if request.sizing else -1
    for n, target in enumerate(targets_of(request)):
        if target.price is not None:
            record["target_price"][n] = _finite(target.price)
        if target.distance is not None:
            record["target_distance"][n] = _finite(target.distance)
        record["target_share"][n] = max(_finite(target.share), 0.0)
