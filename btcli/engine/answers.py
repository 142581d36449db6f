"""What becomes of a strategy's answer, given the position and `risk.on_opposite_signal`."""

from __future__ import annotations

from typing import Any, NamedTuple

from btcli.strategies.signal import Direction, Signal


class Action(NamedTuple):
    """What is submitted: a close, an entry, or (a reversal) a close and then an entry."""

    closes: bool
    enters: bool

    @property
    def name(self) -> str:
        """How the signal event calls it."""
        return {(True, True): "reverse", (True, False): "close", (False, True): "enter"}.get(self, "ignore")


NOTHING = Action(False, False)


def action_for(direction: Direction, side: int, on_opposite: str) -> Action:
    """The action on a signal while holding `side` (+1 long, -1 short, 0 flat).

    A signal toward the held side adds nothing. FLAT always closes. `on_opposite` is ignore, close or reverse.
    """
    if side == 0:
        return Action(False, direction != Direction.FLAT)
    if direction == Direction.FLAT:
        return Action(True, False)
    if direction == side or on_opposite == "ignore":
        return NOTHING
    return Action(True, on_opposite == "reverse")


def signal_fields(signal: Signal, action: Action) -> dict[str, Any]:
    """The fields of a signal event: only those that were given."""
    fields: dict[str, Any] = {"direction": signal.direction.name.lower(), "action": action.name}
    for name in ("stop_price", "stop_distance", "target_price", "target_distance"):
        value = getattr(signal, name)
        if value is not None:
            fields[name] = float(value)
    return fields | ({"tag": signal.tag} if signal.tag else {})
