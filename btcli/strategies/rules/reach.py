"""Levels of rules that no price can reach, as far as that is known from what is written: no data is looked at.

Two levels are compared where both are so many times the same quantity, as `close + 3 * atr` and `2 * atr`, or so many
USDT: then the greater multiple lies farther, whatever the quantity is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from btcli.config.rules import SIDES, Rules, Side
from btcli.expressions.tree import Node, Number, Operation, Parameter
from btcli.strategies.rules.grouping import Meanings
from btcli.strategies.rules.levels import CLOSE

USDT = Number(1.0)
NUDGE = 1e-9  # 1 - 0.9 is less than a tenth
Sum = dict[Node, float]  # by quantity how many times it is added
NOTHING: Sum = {}


class Beyond(NamedTuple):
    """A level by its key below `strategy.rules`, and why nothing reaches it."""

    path: tuple[str | int, ...]
    message: str


def out_of_reach(
    rules: Rules, meanings: Meanings, params: Mapping[str, float], leverage: float | None
) -> Iterator[Beyond]:
    """Trails that begin beyond the target, and stops beyond the liquidation; `leverage` of isolated positions alone.

    A position is liquidated before its price has moved by one part in `leverage` of the entry.
    """
    for side in SIDES:
        levels = _Levels(meanings, params, side)
        begins = rules.place(side, "trail.from")
        if begins and _is_farther(levels.distance("", "trail_from"), levels.distance("target", "target_price")):
            yield Beyond(begins, "lies beyond the target: the trail can never begin")
        stops = [key for key in ("stop", "trail") if rules.place_of_key(side, key) and not levels.waits(key)]
        if leverage is None or not all(levels.is_liquidated_first(key, leverage) for key in stops):
            continue
        for path in filter(None, (rules.place_of_key(side, key) for key in stops)):
            message = f"lies beyond the liquidation: at leverage {leverage:g} that comes before {100 / leverage:.3g} %"
            yield Beyond(path, message)


class _Levels(NamedTuple):
    """The levels of the entries of one side."""

    meanings: Meanings
    params: Mapping[str, float]
    side: Side

    def distance(self, by_distance: str, by_price: str) -> Sum | None:
        """How far a level lies from the entry, in its favour; None where it is not said, or not as a sum."""
        if (node := self.meanings.get((self.side, by_distance))) is not None:
            return _sum(node, self.params)
        price = self.meanings.get((self.side, by_price))
        level = None if price is None else _sum(price, self.params)
        entry = self._entry()
        if level is None or entry is None:
            return None
        return _scaled(_added(level, _scaled(entry, -1.0)), 1.0 if self.side == "long" else -1.0)

    def is_liquidated_first(self, key: str, leverage: float) -> bool:
        """Whether a stop of so many parts of the close lies no nearer than what the margin covers."""
        loss = self.distance(key, f"{key}_price")
        if loss is None or list(loss) != [CLOSE]:
            return False
        is_price = (self.side, key) not in self.meanings
        return (-loss[CLOSE] if is_price else loss[CLOSE]) * leverage >= 1.0 - NUDGE

    def waits(self, key: str) -> bool:
        """Whether a trail is no stop yet when its position is entered: it begins at a price in its favour."""
        begins = self.distance("", f"{key}_from")
        return begins is not None and bool(begins) and min(begins.values()) > 0.0

    def _entry(self) -> Sum | None:
        """Where it is entered: at the price of its order, or about the close."""
        orders = [self.meanings.get((self.side, key)) for key in ("limit", "trigger")]
        at_the_market: Sum = {CLOSE: 1.0}
        return next((_sum(each, self.params) for each in orders if each is not None), at_the_market)


def _is_farther(one: Sum | None, other: Sum | None) -> bool:
    """Whether one is more times the same as the other, which is above 0 as a target has to be."""
    if not one or not other or one.keys() != other.keys():
        return False
    times = [one[quantity] / other[quantity] for quantity in other]
    return min(times) > 1.0 + NUDGE and max(times) - min(times) <= NUDGE * max(times)


def _sum(node: Node, params: Mapping[str, float]) -> Sum | None:
    """An expression as a sum of quantities, each so many times; None for a parameter without a number.

    >>> _sum(Operation("SUB", (CLOSE, Operation("MUL", (Number(2.0), CLOSE)))), {}) == {CLOSE: -1.0}
    True
    """
    if isinstance(node, Number):
        return _scaled({USDT: 1.0}, node.value)
    if isinstance(node, Parameter):
        return _scaled({USDT: 1.0}, params[node.name]) if node.name in params else None
    if not isinstance(node, Operation) or node.op not in ("ADD", "SUB", "NEG", "MUL", "DIV"):
        return {node: 1.0}
    parts = [_sum(each, params) for each in node.operands]
    known = [each for each in parts if each is not None]
    return _joined(node, *known) if len(known) == len(parts) else None


def _joined(node: Operation, one: Sum, other: Sum = NOTHING) -> Sum:
    """What an operation makes of its operands."""
    if node.op in ("ADD", "SUB"):
        return _added(one, _scaled(other, 1.0 if node.op == "ADD" else -1.0))
    return _scaled(one, -1.0) if node.op == "NEG" else _times(node, one, other)


def _times(node: Operation, one: Sum, other: Sum) -> Sum:
    """A product with a number, or by one; anything else is a quantity of its own."""
    factors = [_number(one), _number(other)]
    if node.op == "DIV":
        return _scaled(one, 1.0 / factors[1]) if factors[1] else {node: 1.0}
    if factors[0] is not None:
        return _scaled(other, factors[0])
    return {node: 1.0} if factors[1] is None else _scaled(one, factors[1])


def _number(sum_: Sum) -> float | None:
    """The number that a sum is; None for one with a quantity."""
    return sum_.get(USDT, 0.0) if set(sum_) <= {USDT} else None


def _scaled(sum_: Sum, factor: float) -> Sum:
    return {quantity: times * factor for quantity, times in sum_.items() if times * factor}


def _added(one: Sum, other: Sum) -> Sum:
    found = {quantity: one.get(quantity, 0.0) + other.get(quantity, 0.0) for quantity in {**one, **other}}
    return {quantity: times for quantity, times in found.items() if times}
