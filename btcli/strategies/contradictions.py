"""What a signal may not say: what is no number, and wishes that contradict each other.

A number that is finite but impossible, such as a price below zero, is no mistake of the strategy: the exchange
refuses it.
"""

from __future__ import annotations

from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, get_args

from btcli.errors import RequestError
from btcli.strategies.plain import is_number, plain_bool, plain_number, plain_text
from btcli.strategies.words import MAX_TARGETS, Direction, OrderType, Size, SizingMode, Target, TimeInForce
from btcli.timeframe import duration_ms

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
_SWITCHES = ("post_only", "add", "cancel", "reduce_only")
_TEXTS = ("order", "time_in_force", "tag")
_amounts_of = attrgetter(*_AMOUNTS)
_switches_of = attrgetter(*_SWITCHES)
_texts_of = attrgetter(*_TEXTS)
_OF_AN_ENTRY = (
    *(name for name in _AMOUNTS if name not in ("price", "trigger_price", "reduce_qty", "add_margin_usdt")),
    "targets",
    "size",
    "add",
)


_LEVELS = ("stop_price", "stop_distance", "target_price", "target_distance")
_levels_of = attrgetter(*_LEVELS)
_REST: dict[str, object] = {
    **dict.fromkeys(name for name in _AMOUNTS if name not in _LEVELS),
    **dict.fromkeys(_SWITCHES, False),
    **{"order": "market", "time_in_force": "GTC", "expires_after": None, "size": None, "targets": ()},
}
_rest_of, _BLANK = attrgetter(*_REST), tuple(_REST.values())


def refuse_contradictions(signal: Signal) -> None:
    """Puts plain numbers and bools in the place of numpy's.

    Raises ValueError with what was said and what is wanted instead.
    """
    if _enters_at_market(signal):
        return
    if type(signal.direction) is not Direction:
        raise ValueError(f"direction is Direction.LONG, SHORT or FLAT, got {signal.direction!r}")
    _make_plain(signal)
    _refuse_both(signal, "stop_price", "stop_distance")
    _refuse_both(signal, "target_price", "target_distance")
    if (
        signal.order != "market"
        or signal.price is not None
        or signal.trigger_price is not None
        or signal.post_only
        or signal.time_in_force != "GTC"
    ):
        _check_order(signal)
    if type(signal.targets) is not tuple or signal.targets:
        _put(signal, "targets", _plain_targets(signal))
    if signal.size is not None:
        _put(signal, "size", _plain_size(signal.size))
    if signal.trail_activation is not None and signal.trail_distance is None:
        raise ValueError("trail_activation needs a trail_distance")
    if signal.reduces:
        _refuse_what_enters(signal)
    elif signal.reduce_qty is not None:
        raise ValueError("reduce_qty belongs to FLAT or to reduce_only")


def _enters_at_market(signal: Signal) -> bool:
    """Whether it says no more than a side and at most one stop, one target and a tag, in plain values."""
    direction, tag = signal.direction, signal.tag
    if type(direction) is not Direction or not direction or type(tag) is not str or not tag.isascii():
        return False
    if not all(map(is_, _rest_of(signal), _BLANK)):
        return False
    stop, stop_away, target, target_away = levels = _levels_of(signal)
    if (stop is not None and stop_away is not None) or (target is not None and target_away is not None):
        return False
    return all(level is None or (type(level) is float and is_number(level)) for level in levels)


def _put(signal: Signal, name: str, value: object) -> None:
    """Signals are frozen for everybody else."""
    object.__setattr__(signal, name, value)


def _make_plain(signal: Signal) -> None:
    for place, amount in enumerate(_amounts_of(signal)):
        if amount is not None and not (type(amount) is float and is_number(amount)):
            _put(signal, _AMOUNTS[place], plain_number(_AMOUNTS[place], amount))
    for place, switch in enumerate(_switches_of(signal)):
        if type(switch) is not bool:
            _put(signal, _SWITCHES[place], plain_bool(_SWITCHES[place], switch))
    if signal.expires_after is not None and type(signal.expires_after) is not int:
        _put(signal, "expires_after", _lifetime(signal.expires_after))
    for place, text in enumerate(_texts_of(signal)):
        if type(text) is not str or not text.isascii():
            _put(signal, _TEXTS[place], plain_text(_TEXTS[place], text))


def _lifetime(value: Any) -> int | str:
    """Bars of ltf, or a duration such as "20m"."""
    if isinstance(value, str):
        try:
            duration_ms(value)
        except RequestError as error:
            raise ValueError(f"expires_after: {error.problems[0].message} ({error.problems[0].hint})") from None
        return str(value)
    number = plain_number("expires_after", value)
    if not number.is_integer():
        raise ValueError(f'expires_after is a whole number of ltf bars, or a duration such as "20m", got {value!r}')
    return int(number)


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


def _plain_targets(signal: Signal) -> tuple[Target, ...]:
    if signal.target_price is not None or signal.target_distance is not None:
        raise ValueError("one target or a tuple of targets, not both")
    targets = signal.targets
    if not isinstance(targets, tuple | list) or not all(isinstance(target, Target) for target in targets):
        raise ValueError(f"targets is a tuple of Target, such as (Target(price=101.0),), got {targets!r}")
    if len(targets) > MAX_TARGETS:
        raise ValueError(f"at most {MAX_TARGETS} targets, got {len(targets)}")
    plain = tuple(_plain_target(target) for target in targets)
    total = sum(max(target.share, 0.0) for target in plain)
    if total > 1 + 1e-9:
        raise ValueError(f"the shares of the targets add up to at most 1, got {total:g}")
    return plain


def _plain_target(target: Target) -> Target:
    if (target.price is None) == (target.distance is None):
        raise ValueError(f"each of the targets is a price or a distance, got {target!r}")
    price, distance = (
        None if level is None else plain_number(f"a target's {name}", level)
        for name, level in (("price", target.price), ("distance", target.distance))
    )
    return Target(price, distance, plain_number("a target's share", target.share))


def _plain_size(size: Size) -> Size:
    if not isinstance(size, tuple) or len(size) != len(Size._fields):
        raise ValueError(f"size is Size(mode, value), such as Size('notional_usdt', 500.0), got {size!r}")
    modes = get_args(SizingMode)
    if not isinstance(size[0], str) or size[0] not in modes:
        raise ValueError(f"the size needs one of {', '.join(modes)}, got {size!r}")
    return Size(modes[modes.index(size[0])], plain_number("the value of a size", size[1]))


def _refuse_what_enters(signal: Signal) -> None:
    """What only an entry can use would be lost without a word."""
    for name in _OF_AN_ENTRY:
        said = getattr(signal, name)
        if said is not None and said is not False and said != ():
            raise ValueError(f"{name} belongs to an entry, and FLAT or reduce_only only leaves")
