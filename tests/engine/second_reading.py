"""The rules language read a second time, from the text of expressions: bar by bar, and nothing of btcli is used for it.

`Reader.seen` takes an expression as Python's own tree; None is unknown, conditions are True or False, all else floats.
"""

from __future__ import annotations

import ast
import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from typing import Any

Seen = float | bool | None
CLOSES = ""  # the unit of what names several roles: closes of ltf
ROLES = ("exec", "ltf", "mtf", "htf")
MEANS = {"hl2": ("high", "low"), "hlc3": ("high", "low", "close"), "ohlc4": ("open", "high", "low", "close")}
SIGNS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
SUMS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
LOOKING = ("highest", "lowest", "rising", "falling", "count", "bars_since")
FUNCTIONS = ("abs", "min", "max", "cross_above", "cross_below", "then", *LOOKING)


@dataclass(frozen=True)
class Candles:
    """Of one symbol: when the bars of each role closed, and columns by role and name, None where nothing is known.

    `lengths_ms` are those of the bars of each role, of symbols that are looked at and not decided for.
    """

    closes: Mapping[str, Sequence[int]]
    columns: Mapping[tuple[str, str], Sequence[float | None]]
    lengths_ms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What a run knows beside candles: numbers at each close of ltf by name (`funding_rate`, `position.side`, …)."""

    at_closes: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    params: Mapping[str, float] = field(default_factory=dict)


def tree_of(text: str) -> ast.expr:
    """The expression; `A then B within N` becomes a call of `then`."""
    return ast.parse(f"({_called(text.strip())})", mode="eval").body


def _called(text: str) -> str:
    """Innermost parentheses first; `then` binds weaker than all else."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        inside = found[0][1:-1]
        kept.append(found[0][0] + ",".join(map(_one_then, inside.split(","))) + found[0][-1])
        return f"\0{len(kept) - 1}\0"

    while (shorter := re.sub(r"\([^()\[\]]*\)|\[[^()\[\]]*\]", keep, text)) != text:
        text = shorter
    text = _one_then(text)
    while "\0" in text:
        text = re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], text)
    return text


def _one_then(text: str) -> str:
    parts = re.fullmatch(r"(.*)\bthen\b(.*)\bwithin\b(.*)", text, re.S)
    return f"then({parts[1]},{parts[2]},{parts[3]})" if parts else text


class Reader:
    """Evaluates expressions over the candles of symbols; bare names are of `symbol`."""

    def __init__(self, symbol: str, market: Mapping[str, Candles], facts: Facts) -> None:
        self._own, self._market, self._facts = symbol, market, facts
        self._moments = market[symbol].closes["ltf"]
        self._computed: dict[tuple[str, str, str], list[float | None]] = {}
        self._units: dict[ast.expr, set[tuple[str, str]]] = {}

    def at(self, text: str | ast.expr, place: int) -> Seen:
        """What an expression is at one close of ltf, counted from the first."""
        return self.seen(tree_of(text) if isinstance(text, str) else text, CLOSES, place)

    def seen(self, tree: ast.expr, unit: str, place: int) -> Seen:  # noqa: PLR0911 - one for each kind
        """What an expression is at a bar of one role, or at a close of ltf."""
        match tree:
            case ast.Constant(value=value):
                return float(value)
            case ast.UnaryOp(op=ast.Not(), operand=of):
                inner = self.seen(of, unit, place)
                return None if inner is None else not inner
            case ast.UnaryOp(op=sign, operand=of):
                inner = self.seen(of, unit, place)
                return None if inner is None else -inner if isinstance(sign, ast.USub) else inner
            case ast.BinOp(left=left, op=op, right=right):
                return known(SUMS[type(op)], self.seen(left, unit, place), self.seen(right, unit, place))
            case ast.BoolOp(op=joining, values=parts):
                return joined([self.seen(part, unit, place) for part in parts], isinstance(joining, ast.Or))
            case ast.Compare(left=left, ops=signs, comparators=others):
                values = [self.seen(part, unit, place) for part in (left, *others)]
                links = zip(signs, values, values[1:], strict=False)
                return joined([compared(SIGNS[type(sign)], a, b) for sign, a, b in links], False)
            case ast.Subscript(value=of, slice=ast.Constant(value=bars)):
                return self._before(of, int(bars), tree, unit, place)
            case ast.Call(func=ast.Name(id=word), args=parts) if word in FUNCTIONS:
                return self._called(word, parts, tree, unit, place)
        return self._named(tree, unit, place)

    def _named(self, tree: ast.expr, unit: str, place: int) -> Seen:
        """A parameter, a fact, or a column of a role: of its bar at `place`, or of its last at that close of ltf."""
        text = ast.unparse(tree)
        if text in self._facts.params:
            return self._facts.params[text]
        if text in self._facts.at_closes:
            return self._facts.at_closes[text][place] if place >= 0 else None
        if text.startswith("time."):
            return self._clock(text.removeprefix("time."), place)
        symbol, role, name = self._split(text)
        bar = place if unit else self._last(symbol, role, place)
        return self._column(symbol, role, name)[bar] if bar >= 0 else None

    def _last(self, symbol: str, role: str, place: int) -> int:
        """The last bar of a role that has closed by a close of ltf, -1 where there is none.

        Of another symbol there is none either where the last that should have closed is missing.
        """
        if place < 0:
            return -1
        now, candles = self._moments[place], self._market[symbol]
        bar = bisect_right(candles.closes[role], now) - 1
        if bar < 0 or symbol == self._own:
            return bar
        length_ms = candles.lengths_ms[role]
        return bar if candles.closes[role][bar] == now - now % length_ms else -1

    def _clock(self, name: str, place: int) -> float | None:
        if place < 0:
            return None
        now = datetime.fromtimestamp(self._moments[place] / 1000, UTC)
        return float(now.isoweekday() if name == "weekday" else getattr(now, name))

    def _split(self, text: str) -> tuple[str, str, str]:
        """Symbol, role and name: `ETHUSDT.htf.close`, `htf.close`, `close`."""
        symbol, role = self._own, "ltf"
        head, _, rest = text.partition(".")
        if head in self._market:
            symbol, text = head, rest
            head, _, rest = text.partition(".")
        if head in ROLES:
            role, text = head, rest
        return symbol, role, text

    def _column(self, symbol: str, role: str, name: str) -> Sequence[float | None]:
        """A price, a mean of prices, a feature by name, or a function of what is known here by its definition."""
        candles = self._market[symbol]
        if (role, name) in candles.columns:
            return candles.columns[role, name]
        key = (symbol, role, name)
        if key not in self._computed:
            if name in MEANS:
                rows = zip(*(candles.columns[role, price] for price in MEANS[name]), strict=True)
                self._computed[key] = [mean(row) for row in rows]
            else:
                self._computed[key] = self._function(symbol, role, name)
        return self._computed[key]

    def _function(self, symbol: str, role: str, text: str) -> list[float | None]:
        found = re.fullmatch(r"(sma|max|min|mom)\((\w+), (\d+)\)", text)
        assert found, text
        values, length = self._column(symbol, role, found[2]), int(found[3])
        spans = [values[max(0, k + 1 - length - (found[1] == "mom")) : k + 1] for k in range(len(values))]
        return [_of_span(found[1], span, length) for span in spans]

    def units_of(self, tree: ast.expr) -> set[tuple[str, str]]:
        """The symbols and roles that an expression names; facts count closes of ltf."""
        if tree not in self._units:
            self._units[tree] = self._found_units(tree)
        return self._units[tree]

    def _found_units(self, tree: ast.expr) -> set[tuple[str, str]]:
        named = isinstance(tree, ast.Name | ast.Attribute)
        feature = isinstance(tree, ast.Call) and not (isinstance(tree.func, ast.Name) and tree.func.id in FUNCTIONS)
        if named or feature:
            text = ast.unparse(tree)
            if text in self._facts.params:
                return set()
            if text in self._facts.at_closes or text.startswith("time."):
                return {(self._own, CLOSES)}
            return {self._split(text)[:2]}
        parts = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)]
        if isinstance(tree, ast.Call):
            parts = list(tree.args)
        return {unit for part in parts for unit in self.units_of(part)}

    def _counting(self, tree: ast.expr, unit: str, place: int) -> tuple[str, int]:
        """Names of one role count that role's bars, names of several closes of ltf."""
        units = self.units_of(tree)
        if unit or len(units) != 1 or place < 0:
            return unit, place
        symbol, role = next(iter(units))
        if role == CLOSES:
            return unit, place
        return f"{symbol}.{role}", self._last(symbol, role, place)

    def _before(self, of: ast.expr, bars: int, tree: ast.expr, unit: str, place: int) -> Seen:
        """At a bar that is not there all names are unknown, and Kleene's tables say what that makes of the whole."""
        own, now = self._counting(tree, unit, place)
        return self.seen(of, own, now - bars)

    def _called(self, word: str, parts: Sequence[ast.expr], tree: ast.expr, unit: str, place: int) -> Seen:
        if word in ("abs", "min", "max"):
            values = [self.seen(part, unit, place) for part in parts]
            return None if None in values else {"abs": lambda of: abs(of[0]), "min": min, "max": max}[word](values)
        if word == "then":
            return self._then(parts, unit, place)
        if word.startswith("cross"):
            return self._crossing(word, parts, tree, unit, place)
        own, now = self._counting(tree, unit, place)
        if word == "bars_since":
            return self._since(parts[0], own, now)
        bars = int(ast.literal_eval(parts[1]))
        if word in ("rising", "falling"):
            sign = SIGNS[ast.Gt] if word == "rising" else SIGNS[ast.Lt]
            seen = [self._past(parts[0], own, now - back) for back in range(bars + 1)]
            return joined([compared(sign, a, b) for a, b in pairwise(seen)], False)
        values = [self._past(parts[0], own, now - back) for back in range(bars)]
        return None if None in values else float({"highest": max, "lowest": min, "count": sum}[word](values))

    def _past(self, of: ast.expr, unit: str, place: int) -> Seen:
        return self.seen(of, unit, place) if place >= 0 else None

    def _since(self, of: ast.expr, unit: str, place: int) -> float | None:
        for back in range(place + 1):
            was = self.seen(of, unit, place - back)
            if was is not False:
                return float(back) if was else None
        return None

    def _then(self, parts: Sequence[ast.expr], unit: str, place: int) -> bool | None:
        """B now, and A at one of the N evaluations before this one."""
        within = int(ast.literal_eval(parts[2]))
        before = [self._past(parts[0], unit, place - back) for back in range(1, within + 1)]
        return joined([joined(before, True), self.seen(parts[1], unit, place)], False)

    def _crossing(self, word: str, parts: Sequence[ast.expr], tree: ast.expr, unit: str, place: int) -> bool | None:
        if place < 0:
            return None
        is_fresh = True if unit else joined([self._closed(each, place) for each in self.units_of(tree)], True)
        own, now = self._counting(tree, unit, place)
        beyond, not_yet = (ast.Gt, ast.LtE) if word == "cross_above" else (ast.Lt, ast.GtE)
        seen = [
            compared(SIGNS[sign], self._past(parts[0], own, k), self._past(parts[1], own, k))
            for sign, k in ((beyond, now), (not_yet, now - 1))
        ]
        return joined([is_fresh, *seen], False)

    def _closed(self, unit: tuple[str, str], place: int) -> bool | None:
        """Whether a bar of a role closed just now; unknown where it has none."""
        symbol, role = unit
        if role == CLOSES:
            return True
        bar = self._last(symbol, role, place)
        return None if bar < 0 else self._market[symbol].closes[role][bar] == self._moments[place]


def known(function: Callable[[Any, Any], float], a: Seen, b: Seen) -> float | None:
    """Arithmetic: unknown of the unknown, divided by zero, and where the result is no finite number."""
    if a is None or b is None:
        return None
    try:
        result = function(a, b)
    except ZeroDivisionError:
        return None
    return result if isfinite(result) else None


def compared(sign: Callable[[Any, Any], bool], a: Seen, b: Seen) -> bool | None:
    """A comparison of the unknown is unknown."""
    return None if a is None or b is None else sign(a, b)


def joined(values: Sequence[Any], decides: bool) -> bool | None:
    """Kleene's `or` where True decides, his `and` where False does."""
    return decides if decides in values else None if None in values else not decides


def mean(values: Sequence[float | None]) -> float | None:
    """The mean, unknown where one of them is."""
    return None if None in values else sum(each for each in values if each is not None) / len(values)


def _of_span(function: str, span: Sequence[float | None], length: int) -> float | None:
    needed = length + (function == "mom")
    values = [value for value in span if value is not None]
    if len(values) < needed:
        return None
    if function == "mom":
        return values[-1] - values[0]
    return sum(values) / length if function == "sma" else max(values) if function == "max" else min(values)


def wish(said: Mapping[str, Mapping[str, Seen]], held: str) -> tuple[str, Seen, Seen] | None:
    """What one evaluation asks for: "long", "short" or "flat", with stop and target; None is nothing.

    `said` is what each side's enter, exit, stop and target are, `held` is the side held, or "". An exit closes; both
    sides true, or a stop or target that is unknown, and nobody enters; the side that is held does not enter again.
    """
    if held and said[held]["exit"] is True:
        return ("flat", None, None)
    known_too = {side: None not in (each["stop"], each["target"]) for side, each in said.items()}
    entering = [side for side, each in said.items() if each["enter"] is True and known_too[side]]
    if len(entering) != 1 or entering[0] == held:
        return None
    return (entering[0], said[entering[0]]["stop"], said[entering[0]]["target"])
