"""What a signal may not say: numbers that are none, and wishes that contradict each other."""

from __future__ import annotations

from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, get_args

from btcli.strategies.words import MAX_TARGETS, Direction, OrderType, Size, SizingMode, Target, TimeInForce

if TYPE_CHECKING:
    from btcli.strategies.signal import Signal

_AMOUNTS = (
    "stop_price",
    "stop_distance",
    "target_price",
    "target_distance",
    "price",
    "trigger_price",
    "trail_distance",
    "trail_activation",
    "break_even_distance",
    "reduce_qty",
    "add_margin_usdt",
)
_amounts_of = attrgetter(*_AMOUNTS)
_OF_AN_ENTRY = (
    *(name for name in _AMOUNTS if name not in ("price", "trigger_price", "reduce_qty", "add_margin_usdt")),
    "targets",
    "size",
    "add",
)


def refuse_contradictions(signal: Signal) -> None:
    """Raises ValueError with what was said and what is wanted instead."""
    if type(signal.direction) is not Direction:
        raise ValueError(f"direction is Direction.LONG, SHORT or FLAT, got {signal.direction!r}")
    _check_amounts(signal)
    _refuse_both(signal, "stop_price", "stop_distance")
    _refuse_both(signal, "target_price", "target_distance")
    if (
        signal.order != "market"
        or signal.price
        or signal.trigger_price
        or signal.post_only
        or signal.time_in_force != "GTC"
    ):
        _check_order(signal)
    if signal.targets:
        _check_targets(signal)
    if signal.size is not None:
        _check_size(signal.size)
    if signal.expires_after is not None and (type(signal.expires_after) is not int or signal.expires_after < 1):
        raise ValueError(f"expires_after is a whole number of exec steps from 1 on, got {signal.expires_after!r}")
    if signal.trail_activation and not signal.trail_distance:
        raise ValueError("trail_activation needs a trail_distance")
    if signal.reduces:
        _refuse_what_enters(signal)
    elif signal.reduce_qty:
        raise ValueError("reduce_qty belongs to FLAT or to reduce_only")
    elif signal.stop_price is not None or signal.target_price is not None:
        _check_sides(signal)


def _check_amounts(signal: Signal) -> None:
    for place, value in enumerate(_amounts_of(signal)):
        if value is None or (type(value) is float and 0.0 < value < inf):
            continue
        if not _is_positive(value):
            raise ValueError(f"{_AMOUNTS[place]} must be a positive number, got {value!r}")


def _is_positive(value: object) -> bool:
    try:
        return 0 < value < inf  # type: ignore[operator]
    except TypeError:
        return False


def _refuse_both(signal: Signal, one: str, other: str) -> None:
    if getattr(signal, one) is not None and getattr(signal, other) is not None:
        raise ValueError(f"{one} and {other} exclude each other")


def _check_order(signal: Signal) -> None:
    kind = signal.order
    if kind not in get_args(OrderType):
        raise ValueError(f"order is one of {', '.join(get_args(OrderType))}, got {kind!r}")
    for name, needed in (("price", kind in ("limit", "stop_limit")), ("trigger_price", kind.startswith("stop"))):
        if (getattr(signal, name) is not None) != needed:
            raise ValueError(f"a {kind} order {'needs a' if needed else 'takes no'} {name}")
    if signal.time_in_force not in get_args(TimeInForce):
        raise ValueError(f"time_in_force is one of {', '.join(get_args(TimeInForce))}, got {signal.time_in_force!r}")
    if (signal.post_only or signal.time_in_force != "GTC") and signal.price is None:
        raise ValueError("post_only and time_in_force belong to orders with a limit price")
    if signal.post_only and signal.time_in_force != "GTC":
        raise ValueError("a post_only order rests: it is GTC")


def _check_targets(signal: Signal) -> None:
    if signal.target_price is not None or signal.target_distance is not None:
        raise ValueError("one target or a tuple of targets, not both")
    if len(signal.targets) > MAX_TARGETS:
        raise ValueError(f"at most {MAX_TARGETS} targets, got {len(signal.targets)}")
    for target in signal.targets:
        if not isinstance(target, Target):
            raise ValueError(f"targets is a tuple of Target, such as (Target(price=101.0),), got {signal.targets!r}")
        given = [value for value in target[:2] if value is not None]
        if len(given) != 1 or not _is_positive(given[0]):
            raise ValueError(f"each of the targets is a positive price or distance, got {target!r}")
        if not target.share > 0:
            raise ValueError(f"a target's share is above 0, got {target.share!r}")
    total = sum(target.share for target in signal.targets)
    if total > 1 + 1e-9:
        raise ValueError(f"the shares of the targets add up to at most 1, got {total:g}")


def _check_size(size: Size) -> None:
    if not isinstance(size, tuple) or len(size) != len(Size._fields):
        raise ValueError(f"size is Size(mode, value), such as Size('notional_usdt', 500.0), got {size!r}")
    if size[0] not in get_args(SizingMode) or not _is_positive(size[1]):
        raise ValueError(f"the size needs one of {', '.join(get_args(SizingMode))} and a positive number, got {size!r}")
    if size[0] in ("margin_pct", "risk_pct") and size[1] > 100:
        raise ValueError(f"a size of {size[0]} is at most 100, got {size[1]!r}")


def _refuse_what_enters(signal: Signal) -> None:
    """What only an entry can use would be lost without a word."""
    for name in _OF_AN_ENTRY:
        if getattr(signal, name):
            raise ValueError(f"{name} belongs to an entry, and FLAT or reduce_only only leaves")


def _check_sides(signal: Signal) -> None:
    """A stop lies behind the entry and the target before it, as far as their prices are known beforehand."""
    side, stop, target = int(signal.direction), signal.stop_price, signal.target_price
    entry = "price" if signal.price is not None else "trigger_price"
    level = getattr(signal, entry)
    behind, before = ("below", "above") if side > 0 else ("above", "below")
    if stop is not None and level is not None and side * (level - stop) <= 0:
        raise ValueError(f"the stop of a {signal.direction.name} lies {behind} its {entry}, got {stop!r} and {level!r}")
    if stop is not None and target is not None and side * (target - stop) <= 0:
        raise ValueError(f"the target of a {signal.direction.name} lies {before} its stop, got {target!r} and {stop!r}")
    if target is not None and signal.order == "stop_market" and level and side * (target - level) <= 0:
        raise ValueError(
            f"the target of a {signal.direction.name} lies {before} its {entry}, got {target!r}, {level!r}"
        )
