"""What becomes of a strategy's answer, given the position and `risk.on_opposite_signal`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

from btcli.exchange.face.request import Target as ExchangeTarget
from btcli.strategies.signal import Signal


class Action(NamedTuple):
    """What is submitted: a close, an entry, or (a reversal) a close and then an entry.

    `prepares` stands for what comes before either: orders taken back, margin added.
    """

    closes: bool
    enters: bool
    prepares: bool = False


NOTHING = Action(False, False)


def action_for(signal: Signal, side: int, on_opposite: str) -> Action:
    """The action on a signal while holding `side` (+1 long, -1 short, 0 flat).

    `on_opposite` is ignore, close or reverse: what a signal against the held side does.
    """
    closes, enters = _orders(signal, side, on_opposite)
    return Action(closes, enters, signal.cancel or (side != 0 and signal.add_margin_usdt is not None))


def _orders(signal: Signal, side: int, on_opposite: str) -> tuple[bool, bool]:
    if signal.reduces:
        return side not in (0, signal.direction), False
    if side == 0:
        return False, True
    if signal.direction == side:
        return False, signal.add
    return on_opposite != "ignore", on_opposite == "reverse"


def action_name(action: Action, signal: Signal, side: int) -> str:
    """How the signal event calls it: enter, add, close, reduce, reverse, prepare or ignore."""
    if action.closes and action.enters:
        return "reverse"
    if action.closes:
        return "close" if signal.reduce_qty is None else "reduce"
    if action.enters:
        return "add" if side else "enter"
    return "prepare" if action.prepares else "ignore"


LONGEST = 2**31  # exec steps, more than any run has
_WHOLE = {"expires_after", "post_only", "add", "cancel", "reduce_only"}
_OF_BRACKET = ("stop_price", "stop_distance", "trail_distance", "trail_activation", "break_even_distance")
_SHORT_TARGET = ("target_price", "target_distance")
_TOLD = tuple((each.name, each.default) for each in fields(Signal) if each.name not in ("direction", "tag"))


def signal_fields(signal: Signal, name: str) -> dict[str, Any]:
    """The fields of a signal event: its direction, what it does, and whatever else was given."""
    told: dict[str, Any] = {"direction": signal.direction.name.lower(), "action": name}
    for field, default in _TOLD:
        value = getattr(signal, field)
        if value != default:
            told[field] = _plain(field, value)
    return told | ({"tag": signal.tag} if signal.tag else {})


def _plain(field: str, value: Any) -> Any:
    if field == "targets":
        return [{name: float(part) for name, part in each._asdict().items() if part is not None} for each in value]
    if field == "size":
        return {value.mode: float(value.value)}
    return value if field in _WHOLE or isinstance(value, str) else float(value)


def _expiry(signal: Signal) -> int:
    """Exec steps as the exchange wants them said: 0 is never, below it at once."""
    if signal.expires_after is None:
        return 0
    return min(signal.expires_after, LONGEST) if signal.expires_after > 0 else -1


def order_fields(signal: Signal) -> dict[str, Any]:
    """How to enter or leave, as the exchange wants it said."""
    asked = {"price": signal.price, "trigger_price": signal.trigger_price, "expires_after": _expiry(signal)}
    return asked | {"type": signal.order, "time_in_force": signal.time_in_force, "post_only": signal.post_only}


def entry_fields(signal: Signal) -> dict[str, Any]:
    """The order of an entry with its size and its bracket; distances without a price belong to the fill."""
    asked = {name: getattr(signal, name) for name in (*_OF_BRACKET, *_SHORT_TARGET)}
    if signal.order != "market" or signal.expires_after is not None:
        asked |= order_fields(signal)
    if signal.size is not None:
        asked |= {"sizing": signal.size.mode, "sizing_value": float(signal.size.value)}
    if signal.targets:
        asked["targets"] = tuple(ExchangeTarget(*each) for each in signal.targets)
    return asked


def close_fields(signal: Signal) -> dict[str, Any]:
    """The order of a close: all of the position unless the signal says how much."""
    return order_fields(signal) | {"qty": signal.reduce_qty}
