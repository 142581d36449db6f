"""Of what kind the numbers of rules are, and which comparisons of them say nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from btcli.expressions.tree import (
    Column,
    Earlier,
    Indicator,
    Node,
    Number,
    Operation,
    Parameter,
    State,
    Window,
    is_condition,
)
from btcli.frozen import frozen

SPOKEN: dict[str, str] = {  # every kind there is, and how it is called
    "price": "a price",
    "distance": "a distance between prices",
    "ratio": "a ratio",
    "percent": "a percentage",
    "oscillator": "an oscillator",
    "volume": "a volume",
    "bars": "a number of bars",
    "minutes": "a number of minutes",
    "clock": "a part of the date or time",
    "sign": "a sign",
    "angle": "an angle",
    "money": "an amount of money",
}
_OF_PRICES = frozenset({"price", "distance"})
_RATIO = frozenset({"ratio"})
_BARE = frozenset({"ratio", "percent", "oscillator"})  # what a share is, of 1 or of 100
_SCALED: Mapping[str, frozenset[str]] = {  # what a multiple may be
    **dict.fromkeys(_BARE, _BARE),
    "volume": frozenset({"volume"}),
    "money": frozenset({"money"}),
    "minutes": frozenset({"minutes", "bars"}),
    "bars": frozenset({"minutes", "bars", *_BARE}),
}


@frozen
class Quantity:
    """The kinds that a value may be of, and the range that it never leaves.

    None: nothing is known of it, so that it is compared with anything; a number as it stands may be of any kind.
    Of prices `level` says how many times one is in it: 1 in a price, 0 in a distance, 2 in a sum of two; None where
    that is not known. What is a multiple is compared with both: a distance with a hundredth of a price.
    """

    kinds: frozenset[str] | None = None
    range: tuple[float, float] | None = None
    is_number: bool = False
    value: float | None = None  # of a number that has no name
    level: float | None = None
    is_multiple: bool = False

    @property
    def is_of_prices(self) -> bool:
        return self.kinds is not None and self.kinds <= _OF_PRICES

    def parts_from(self, other: Quantity) -> bool:
        """Whether no kind of the one is a kind of the other."""
        if self.kinds is None or other.kinds is None or self.kinds & other.kinds:
            return False
        return not (self.is_of_prices and other.is_of_prices and (self.is_multiple or other.is_multiple))


ANYTHING = Quantity()
QuantityOf = Callable[[Column | Indicator], Quantity]


def a(kind: str, span: tuple[float, float] | None = None) -> Quantity:
    """A value of a kind."""
    return Quantity(frozenset({kind}), span, level={"price": 1.0, "distance": 0.0}.get(kind))


def _with_prices(level: float | None, *, is_multiple: bool) -> Quantity:
    """Something in which a price is so many times."""
    whole = None if level is None or abs(level - round(level)) > 1e-9 else round(level)
    kinds = {0: frozenset({"distance"}), 1: frozenset({"price"})}.get(-1 if whole is None else whole, _OF_PRICES)
    return Quantity(kinds, level=level, is_multiple=is_multiple)


BESIDE_FEATURES: Mapping[str, Quantity] = {  # columns of a role that are no feature
    **dict.fromkeys(("open", "high", "low", "close", "market.mark"), a("price")),
    "volume": a("volume"),
    "market.funding_rate": a("ratio"),
    "market.minutes_to_funding": a("minutes"),
    "time.hour": a("clock", span=(0, 23)),
    "time.minute": a("clock", span=(0, 59)),
    "time.weekday": a("clock", span=(1, 7)),
    "time.day": a("clock", span=(1, 31)),
    "time.month": a("clock", span=(1, 12)),
}


OF_STATES: Mapping[str, Quantity] = {  # of the position and the account; of others nothing is said
    "position.side": a("sign", span=(-1, 1)),
    "position.qty": a("volume"),
    "position.entry_price": a("price"),
    "position.stop_price": a("price"),
    "position.bars": a("bars", span=(1, math.inf)),
    "position.unrealized_pct": a("percent"),
    "position.move_pct": a("percent"),
    "position.mfe_pct": a("percent", span=(0, math.inf)),
    "position.mae_pct": a("percent", span=(0, math.inf)),
    "account.equity_usdt": a("money"),
    "account.available_usdt": a("money", span=(0, math.inf)),
    "account.drawdown_pct": a("percent", span=(0, math.inf)),
    "account.day_pnl_pct": a("percent"),
}


def quantity(node: Node, of_column: QuantityOf) -> Quantity:
    """What is known of a number."""
    if isinstance(node, (Number, Parameter)):
        return Quantity(is_number=True, value=node.value if isinstance(node, Number) else None)
    if isinstance(node, (Column, Indicator, State)):
        return _named(node, of_column)
    if isinstance(node, Window) and node.function in ("count", "bars_since"):
        return a("bars", span=(0.0, node.bars or math.inf))
    if isinstance(node, (Earlier, Window)):
        return quantity(node.of, of_column)
    if isinstance(node, Operation) and not is_condition(node):
        return _of_operation(node.op, [quantity(each, of_column) for each in node.operands])
    return ANYTHING  # a condition


def _named(node: Column | Indicator | State, of_column: QuantityOf) -> Quantity:
    if isinstance(node, State):
        return OF_STATES.get(node.name, ANYTHING)
    return of_column(Column(node.role, node.name) if isinstance(node, Column) else node)


def _of_operation(op: str, parts: list[Quantity]) -> Quantity:
    if all(part.is_number for part in parts):
        return Quantity(is_number=True)
    if op == "NEG":
        return _times(parts[0], -1.0)
    if op in ("ABS", "MIN", "MAX"):
        return _one_of([part for part in parts if not part.is_number])
    first, second = parts
    if op in ("ADD", "SUB"):
        return _summed(first, _times(second, -1.0) if op == "SUB" else second)
    return _product(first, second) if op == "MUL" else _quotient(first, second)


def _one_of(parts: Sequence[Quantity]) -> Quantity:
    """Any of some values."""
    if all(part.is_of_prices for part in parts):
        levels = {part.level for part in parts}
        level = levels.pop() if len(levels) == 1 else None
        return _with_prices(level, is_multiple=any(part.is_multiple for part in parts))
    known = [part.kinds for part in parts if part.kinds is not None]
    return Quantity(frozenset().union(*known)) if len(known) == len(parts) else ANYTHING


def _times(part: Quantity, by: float | None) -> Quantity:
    """A multiple; None for one whose number has a name."""
    if part.is_of_prices:
        level = 0.0 if part.level == 0 else None if part.level is None or by is None else part.level * by
        return _with_prices(level, is_multiple=part.is_multiple or (level == 0 and by != -1.0))
    if part.is_number or part.kinds is None:
        return part
    kinds = part.kinds if by == -1.0 else _multiples(part.kinds)
    return ANYTHING if kinds is None else Quantity(kinds)


def _multiples(kinds: frozenset[str]) -> frozenset[str] | None:
    found = [_SCALED[kind] for kind in kinds if kind in _SCALED]
    return frozenset().union(*found) if len(found) == len(kinds) else None


def _summed(first: Quantity, second: Quantity) -> Quantity:
    if first.is_number or second.is_number:
        one = second if first.is_number else first
        return replace(one, range=None)
    if first.is_of_prices and second.is_of_prices:
        level = None if first.level is None or second.level is None else first.level + second.level
        return _with_prices(level, is_multiple=first.is_multiple or second.is_multiple)
    both = None if first.kinds is None or second.kinds is None else first.kinds & second.kinds
    return Quantity(both) if both else ANYTHING


def _product(first: Quantity, second: Quantity) -> Quantity:
    for one, other in ((first, second), (second, first)):
        if one.is_number or one.kinds == _RATIO:
            return _times(other, one.value)
    return ANYTHING


def _quotient(first: Quantity, second: Quantity) -> Quantity:
    if second.is_number:
        return _times(first, 1 / second.value if second.value else None)
    if first.is_of_prices and second.is_of_prices:
        whole = not (first.is_multiple or second.is_multiple) and {first.level, second.level} <= {0.0, 1.0}
        return Quantity(_RATIO if whole else _BARE)
    is_share = first.kinds is not None and len(first.kinds) == 1 and first.kinds == second.kinds
    return Quantity(_BARE) if is_share else ANYTHING


def spoken(kinds: Collection[str] | None) -> str:
    """Kinds in words, as "a price or a distance between prices"."""
    return " or ".join(said for kind, said in SPOKEN.items() if kind in (kinds or ()))
