"""What rules see of earlier bars, read a second time from its description alone, bar by bar; and drawn expressions.

Trees are those of `engine_rules_reading`, and ("earlier", x, ("number", 2)), ("highest", x, ("number", 5)) and others.
"""

from __future__ import annotations

from typing import Any

from engine_rules_reading import LOOKING, MEANS, Drawn, Market, Tree

CLOSES = "closes of ltf"
Seen = float | bool | None


def value(tree: Tree, market: Market, unit: str, place: int) -> Seen:
    """What an expression is at a bar of one role, or at a close of ltf where `unit` says so; None is unknown."""
    word, *parts = tree
    if word in ("number", "param"):
        return float(parts[0]) if word == "number" else market.params[parts[0]]
    if word == "name":
        return named(parts[0], parts[1], market, unit, place)
    if word == "chain":
        signs, values = parts
        links = zip(signs, values, values[1:], strict=False)
        return value(("and", *links), market, unit, place)
    if word == "earlier" or word in LOOKING:
        return looking(tree, market, *own_unit(tree, market, unit, place))
    if word in ("cross_above", "cross_below"):
        return crossing(tree, market, unit, place)
    return joined(word, [value(part, market, unit, place) for part in parts])


def named(role: str, name: str, market: Market, unit: str, place: int) -> float | None:
    """A price or feature of the last closed bar."""
    if name in MEANS:
        prices = [named(role, price, market, unit, place) for price in MEANS[name]]
        total = 0.0
        for price in prices:
            if price is None:
                return None
            total += price
        return total / len(prices)
    bar = place if unit == role or place < 0 else market.last(role, market.closes["ltf"][place])
    return market.columns[role, name][bar] if bar >= 0 else None


def joined(word: str, values: list[Any]) -> Seen:
    """Arithmetic, comparisons and logic, of what is known and what is not."""
    if word in ("and", "or"):
        decides = word == "or"
        return decides if decides in values else None if None in values else not decides
    if None in values:
        return None
    numbers: list[float] = values
    first, last = numbers[0], numbers[-1]
    result = {
        "gt": lambda: first > last,
        "ge": lambda: first >= last,
        "lt": lambda: first < last,
        "le": lambda: first <= last,
        "eq": lambda: first == last,
        "ne": lambda: first != last,
        "not": lambda: not first,
        "neg": lambda: -first,
        "abs": lambda: abs(first),
        "min": lambda: min(numbers),
        "max": lambda: max(numbers),
        "add": lambda: first + last,
        "sub": lambda: first - last,
        "mul": lambda: first * last,
        "div": lambda: first / last if last else float("nan"),
    }[word]()
    return result if abs(result) < float("inf") else None


def own_unit(tree: Tree, market: Market, unit: str, place: int) -> tuple[str, int]:
    """Names of one role count that role's bars, names of several count closes of ltf."""
    roles = roles_of(tree)
    if unit != CLOSES or len(roles) > 1:
        return unit, place
    role = roles.pop()
    return role, market.last(role, market.closes["ltf"][place]) if place >= 0 else -1


def looking(tree: Tree, market: Market, unit: str, place: int) -> Seen:
    """What was, and functions of the last bars."""
    word, of, *more = tree
    if word == "bars_since":
        return since(of, market, unit, place)
    bars = int(more[0][1])
    if word == "earlier":
        return value(of, market, unit, place - bars)
    if word in ("rising", "falling"):
        sign = "gt" if word == "rising" else "lt"
        pairs = [[value(of, market, unit, place - back - k) for k in (0, 1)] for back in range(bars)]
        return joined("and", [joined(sign, pair) for pair in pairs])
    values = [value(of, market, unit, place - back) for back in range(bars)]
    if None in values or place - bars + 1 < 0:
        return None
    return {"count": sum, "highest": max, "lowest": min}[word](values) + 0.0  # type: ignore[operator]


def since(condition: Tree, market: Market, unit: str, place: int) -> float | None:
    """How many bars ago a condition was true."""
    for back in range(place + 1):
        found = value(condition, market, unit, place - back)
        if found is not False:
            return float(back) if found else None
    return None


def crossing(tree: Tree, market: Market, unit: str, place: int) -> Seen:
    """Beyond it now and not one bar before, at a close at which a bar of one of its roles closed."""
    word, left, right = tree
    if place < 0:
        return None
    is_fresh: Seen = True
    if unit == CLOSES:
        roles, now = roles_of(tree), market.closes["ltf"][place]
        is_fresh = joined("or", [market.closed_at(role, now) for role in roles])
        if is_fresh is False:
            return False
        unit, place = own_unit(tree, market, unit, place)
    beyond, not_yet = ("gt", "le") if word == "cross_above" else ("lt", "ge")
    now_and_before = [
        joined(sign, [value(each, market, unit, place - back) for each in (left, right)])
        for sign, back in ((beyond, 0), (not_yet, 1))
    ]
    return joined("and", [is_fresh, *now_and_before])


def roles_of(tree: Tree) -> set[str]:
    """The roles that an expression names."""
    if tree[0] == "name":
        return {tree[1]}
    if tree[0] == "chain":
        return {role for part in tree[2] for role in roles_of(part)}
    return {role for part in tree[1:] if isinstance(part, tuple) for role in roles_of(part)}


class DrawnLooking(Drawn):
    """Draws expressions that look back, on one role or several, and at what looks back itself."""

    def number(self, depth: int) -> Tree:
        """A number: the highest and lowest, counts, earlier values; else as ever."""
        if depth <= 0 or self.draw.random() < 0.5:
            return super().number(depth)
        word = self.draw.choice(["earlier", "earlier", "highest", "lowest", "count", "bars_since"])
        if word in ("count", "bars_since"):
            of = super().condition(0) if self.draw.random() < 0.5 else self.condition(depth - 1)
        else:
            of = self._seen() if self.draw.random() < 0.5 else self.number(depth - 1)
        if not roles_of(of):
            of = ("gt", self._seen(), ("param", "p")) if word in ("count", "bars_since") else self._seen()
        return (word, of) if word == "bars_since" else (word, of, self._bars())

    def condition(self, depth: int) -> Tree:
        """A condition: rising and falling, and what was true; else as ever."""
        if depth <= 0 or self.draw.random() < 0.6:
            return super().condition(depth)
        word = self.draw.choice(["rising", "falling", "earlier"])
        of = self.condition(depth - 1) if word == "earlier" else self.number(depth - 1)
        if not roles_of(of):
            of = ("gt", self._seen(), ("param", "p")) if word == "earlier" else self._seen()
        return (word, of, self._bars())

    def _bars(self) -> Tree:
        return ("number", self.draw.choice([1, 1, 2, 2, 3, 5, 8]))
