"""The rules language read a second time, bar by bar and from its description alone: nothing of btcli is used for it.

An expression is a tuple: ("name", "htf", "x"), ("param", "p"), ("number", 2.0), or a word with what it is about.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

Tree = tuple[Any, ...]
SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
LOOKING = ("highest", "lowest", "rising", "falling", "count", "bars_since")
FUNCTIONS = ("min", "max", "abs", "cross_above", "cross_below", *LOOKING)
PRICES = ("open", "high", "low", "close", "volume")
MEANS = {"hl2": ("high", "low"), "hlc3": ("high", "low", "close"), "ohlc4": ("open", "high", "low", "close")}


@dataclass(frozen=True)
class Market:
    """Columns by role and name, None where nothing is known, and when the bars of each role closed."""

    closes: Mapping[str, Sequence[int]]
    columns: Mapping[tuple[str, str], Sequence[float | None]]
    params: Mapping[str, float]

    def last(self, role: str, now: int) -> int:
        """The last bar of a role that has closed by now; -1 before its first."""
        return bisect_right(self.closes[role], now) - 1

    def closed_at(self, role: str, now: int) -> bool | None:
        """Whether a bar of the role closed just now; unknown before its first."""
        bar = self.last(role, now)
        return None if bar < 0 else self.closes[role][bar] == now


Bar = Callable[[str], int]


def number(tree: Tree, market: Market, bar: Bar) -> float | None:
    """What an expression comes to at the bars that `bar` gives of each role; None is unknown."""
    word, *parts = tree
    if word == "number":
        return float(parts[0])
    if word == "param":
        return market.params[parts[0]]
    if word == "name":
        return _named(parts[0], parts[1], market, bar)
    values = [number(part, market, bar) for part in parts]
    if any(value is None for value in values):
        return None
    return _computed(word, [value for value in values if value is not None])


def _named(role: str, name: str, market: Market, bar: Bar) -> float | None:
    if name in MEANS:
        prices = [_named(role, price, market, bar) for price in MEANS[name]]
        total = 0.0
        for price in prices:
            if price is None:
                return None
            total += price
        return total / len(prices)
    place = bar(role)
    return None if place < 0 else market.columns[role, name][place]


def _computed(word: str, values: list[float]) -> float | None:
    first, *more = values
    if word == "div":
        result = first / more[0] if more[0] else float("nan")
    elif word in ("min", "max"):
        result = min(values) if word == "min" else max(values)
    elif word == "neg":
        result = -first
    elif word == "abs":
        result = abs(first)
    else:
        result = {"add": first.__add__, "sub": first.__sub__, "mul": first.__mul__}[word](more[0])
    return result if isfinite(result) else None


def truth(tree: Tree, market: Market, moments: Sequence[int], place: int) -> bool | None:
    """Whether a condition holds at the close of ltf at this place among all of them; None is unknown."""
    word, *parts = tree
    now = moments[place]
    if word == "not":
        inner = truth(parts[0], market, moments, place)
        return None if inner is None else not inner
    if word in ("and", "or"):
        found = [truth(part, market, moments, place) for part in parts]
        decides = word == "or"
        return decides if decides in found else None if None in found else not decides
    if word == "chain":
        signs, values = parts
        return truth(("and", *zip(signs, values, values[1:], strict=False)), market, moments, place)
    if word in ("cross_above", "cross_below"):
        return _crosses(tree, market, moments, place)
    left, right = parts
    return _compared(word, left, right, market, lambda role: market.last(role, now))


def _compared(word: str, left: Tree, right: Tree, market: Market, bar: Bar) -> bool | None:
    a, b = number(left, market, bar), number(right, market, bar)
    if a is None or b is None:
        return None
    return {"gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b, "eq": a == b, "ne": a != b}[word]


def _crosses(tree: Tree, market: Market, moments: Sequence[int], place: int) -> bool | None:
    word, left, right = tree
    now, roles = moments[place], _roles(left) | _roles(right)
    if not any(market.closed_at(role, now) for role in roles):
        return False
    if len(roles) == 1:

        def before(role: str) -> int:
            return market.last(role, now) - 1

    else:

        def before(role: str) -> int:
            return market.last(role, moments[place - 1]) if place else -1

    beyond, not_yet = ("gt", "le") if word == "cross_above" else ("lt", "ge")
    both = (
        _compared(beyond, left, right, market, lambda role: market.last(role, now)),
        _compared(not_yet, left, right, market, before),
    )
    return False if False in both else None if None in both else True


def _roles(tree: Tree) -> set[str]:
    if tree[0] == "name":
        return {tree[1]}
    return {role for part in tree[1:] if isinstance(part, tuple) for role in _roles(part)}


def text_of(tree: Tree, draw: random.Random) -> str:
    """The expression as somebody might write it: with ltf in front or without, in parentheses."""
    word, *parts = tree
    if word in ("number", "param"):
        return str(parts[0])
    if word == "name":
        return parts[1] if parts[0] == "ltf" and draw.random() < 0.5 else f"{parts[0]}.{parts[1]}"
    if word == "chain":
        signs, values = parts
        shown = [text_of(value, draw) for value in values]
        links = [f"{SIGNS[sign]} {each}" for sign, each in zip(signs, shown[1:], strict=True)]
        return f"({' '.join([shown[0], *links])})"
    shown = [text_of(part, draw) for part in parts]
    if word == "earlier" or word in FUNCTIONS:
        comma = draw.choice([",", ", "])
        return f"{shown[0]}[{shown[1]}]" if word == "earlier" else f"{word}({comma.join(shown)})"
    if word in ("neg", "not"):
        return f"({'-' if word == 'neg' else 'not '}{shown[0]})"
    sign = {**SIGNS, **ARITHMETIC, "and": "and", "or": "or"}[word]
    return f"({f' {sign} '.join(shown)})"


class Drawn:
    """Draws expressions over these names."""

    def __init__(self, seed: int, names: Sequence[tuple[str, str]], params: Sequence[str]) -> None:
        self.draw = random.Random(seed)
        self._names, self._params = names, params

    def number(self, depth: int) -> Tree:
        """A number: a name, a parameter, or arithmetic."""
        if depth <= 0 or self.draw.random() < 0.45:
            kind = self.draw.random()
            if kind < 0.75:
                return ("name", *self.draw.choice(self._names))
            if kind < 0.87:
                return ("param", self.draw.choice(self._params))
            return ("number", float(self.draw.choice([0, 1, 2, 0.5, 3, 1e300])))
        word = self.draw.choice(["add", "sub", "mul", "div", "neg", "abs", "min", "max"])
        count = {"neg": 1, "abs": 1, "min": 3, "max": 2}.get(word, 2)
        return (word, *(self.number(depth - 1) for _ in range(count)))

    def condition(self, depth: int) -> Tree:
        """A condition: a comparison, a cross, or what joins them."""
        if depth <= 0 or self.draw.random() < 0.4:
            kind = self.draw.random()
            if kind < 0.4:
                return (self.draw.choice(["cross_above", "cross_below"]), self._seen(), self.number(1))
            if kind < 0.5:
                signs = [self.draw.choice(list(SIGNS)) for _ in range(2)]
                return ("chain", signs, [self.number(1) for _ in range(3)])
            return (self.draw.choice(list(SIGNS)), self.number(2), self.number(1))
        word = self.draw.choice(["and", "or", "not"])
        return (word, *(self.condition(depth - 1) for _ in range(1 if word == "not" else self.draw.choice([2, 3]))))

    def _seen(self) -> Tree:
        """A number that hangs on the market."""
        return ("name", *self.draw.choice(self._names))
