"""An order as a strategy asks for it, and the record it becomes."""

from __future__ import annotations

from math import isfinite
from operator import attrgetter
from typing import Any, NamedTuple

from btcli.exchange.book import codes
from btcli.exchange.book.asked import ORDER, THEN
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records


class Then(NamedTuple):
    """What a part that has filled makes of the stop of the rest; a distance counts from the entry, towards the loss."""

    stop_price: float | None = None
    stop_distance: float | None = None
    trail_distance: float | None = None
    trail_activation: float | None = None


class Target(NamedTuple):
    """One of several targets: a price or a distance from the fill, and its share of the position.

    A part without either is closed by an order of its own.
    """

    price: float | None = None
    distance: float | None = None
    share: float = 1.0
    then: Then = Then()  # of a part


class OrderRequest(NamedTuple):
    """An order and its bracket; prices and distances in USDT per coin, None where there is none.

    Every finite number is a level, those that cannot be included: the exchange refuses them. `expires_after_ms`
    counts from arrival; 0 is never, a negative one at once. `sizing` "" takes the run's.
    `target_price` and `target_distance` are the short form of one target that closes the whole position. With `parts`
    the shares of `targets` are of the quantity that is filled first, and the short form stands for one more.
    """

    symbol: int
    side: int
    type: str = "market"
    price: float | None = None
    trigger_price: float | None = None
    time_in_force: str = "GTC"
    post_only: bool = False
    expires_after_ms: int = 0
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
    parts: bool = False
    part: int = 0  # of an order that reduces: which part of the position it closes, from 1 on


_LEVELS = (
    "qty",
    "price",
    "trigger_price",
    "stop_price",
    "stop_distance",
    "trail_distance",
    "trail_activation",
    "break_even_distance",
)
_levels_of = attrgetter(*_LEVELS)
_NO_LEVELS, NO_SHARES = (NO_LEVEL,) * MAX_TARGETS, (0.0,) * MAX_TARGETS
_NO_TARGETS = {"target_price": _NO_LEVELS, "target_distance": _NO_LEVELS, "target_share": NO_SHARES}
_NO_TARGETS |= dict.fromkeys(THEN, _NO_LEVELS)
_BLANK: dict[str, Any] = dict.fromkeys(ORDER.names or (), 0) | dict.fromkeys(_LEVELS, NO_LEVEL) | _NO_TARGETS


def targets_of(request: OrderRequest) -> tuple[Target, ...]:
    """The targets, the short form included.

    A share at or below zero is taken for one that rounds to nothing. Raises ValueError when both forms are used,
    there are too many, or the shares add up to more than one.
    """
    has_short = request.target_price is not None or request.target_distance is not None
    if has_short and request.targets and not request.parts:
        raise ValueError("an order has one target or a list of targets, not both")
    if not sum(max(target.share, 0.0) for target in request.targets) <= 1.0 + 1e-9:
        raise ValueError("the shares of the targets add up to one at most")
    of_all = Target(request.target_price, request.target_distance, 0.0 if request.targets else 1.0)
    targets = (*request.targets, of_all) if has_short else request.targets
    if len(targets) > MAX_TARGETS:
        raise ValueError(f"an order has at most {MAX_TARGETS} targets, got {len(targets)}")
    return targets


def write_request(records: Records, request: OrderRequest) -> None:
    """Write a request into an array of one order record, every field of it.

    Raises ValueError for names that do not exist, for limits or triggers that their type lacks, and for a number
    that is not finite.
    """
    records[0] = order_row(request)


def order_row(request: OrderRequest) -> tuple[Any, ...]:
    """The fields of an order record in their order; raises as `write_request` does."""
    kind = codes.ORDER_TYPE_NAMES.index(request.type)
    needs_price, needs_trigger = kind in (codes.LIMIT, codes.STOP_LIMIT), kind in (codes.STOP_MARKET, codes.STOP_LIMIT)
    if (request.price is not None) != needs_price:
        raise ValueError(f"a {request.type} order has {'a' if needs_price else 'no'} limit price")
    if (request.trigger_price is not None) != needs_trigger:
        raise ValueError(f"a {request.type} order has {'a' if needs_trigger else 'no'} trigger price")
    row = dict(_BLANK)
    row["symbol"], row["side"], row["type"] = request.symbol, request.side, kind
    row["time_in_force"] = codes.TIME_IN_FORCE_NAMES.index(request.time_in_force)
    row["post_only"], row["expires_after_ms"] = request.post_only, request.expires_after_ms
    row["sizing"] = codes.SIZING_NAMES.index(request.sizing) if request.sizing else -1
    row["sizing_value"] = _finite(request.sizing_value)
    for name, level in zip(_LEVELS, _levels_of(request), strict=True):
        if level is not None:
            row[name] = _finite(level)
    if targets := targets_of(request):
        row["target_price"], row["target_distance"], row["target_share"] = _target_rows(targets)
        for name, levels in zip(THEN, zip(*(each.then for each in targets), strict=True), strict=True):
            row[name] = (*map(_level, levels), *_NO_LEVELS[len(targets) :])
    row["n_parts"], row["part"] = len(request.targets) if request.parts else 0, request.part
    return tuple(row.values())


def _target_rows(targets: tuple[Target, ...]) -> tuple[tuple[float, ...], ...]:
    """Prices, distances and shares of MAX_TARGETS targets."""
    free = MAX_TARGETS - len(targets)
    prices = (*(_level(each.price) for each in targets), *_NO_LEVELS[:free])
    distances = (*(_level(each.distance) for each in targets), *_NO_LEVELS[:free])
    return prices, distances, (*(max(_finite(each.share), 0.0) for each in targets), *NO_SHARES[:free])


def _level(value: float | None) -> float:
    return NO_LEVEL if value is None else _finite(value)


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"a number of an order is finite, got {value!r}")
    return value
