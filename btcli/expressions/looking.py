"""Looking back: `x[n]`, and the functions of the last bars; what of it can never be, and how far it may reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Literal

from btcli.expressions.names import mean_of
from btcli.expressions.placing import reach
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import Column, Cross, Earlier, Indicator, Node, Operation, Window, below, roles_of
from btcli.market.prices import MEANS

MOST_BARS = 5_000
LOOKING: Mapping[str, Literal["condition", "number"]] = {  # functions of the last bars, and of what
    "highest": "number",
    "lowest": "number",
    "rising": "number",
    "falling": "number",
    "count": "condition",
    "bars_since": "condition",
}
_AVERAGES = "sma wma trima hma ma bbands ema dema tema zlema kama t3 rma mama ht_trendline"
KEEP_A_LEVEL = frozenset(
    f"{_AVERAGES} max min sum midpoint tsf linearreg linearreg_intercept minmax percentile".split()
)
_INSIDE = ("open", "high", "low", "close")  # no bar has them above its high or below its low
_MIRROR = {"LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE"}
_SAYS = {"GT": ("is never true", "highest"), "LE": ("is always true", "highest")}
_SAYS_OF_LOWEST = {"LT": ("is never true", "lowest"), "GE": ("is always true", "lowest")}


def back(of: Node, bars: int, column: int) -> Node:
    """`of[bars]`; itself for 0. Raises RuleError where it looks back too far."""
    return _bounded(Earlier(of, bars), column) if bars else of


def windowed(function: str, of: Node, bars: int, column: int) -> Node:
    """A function of the last bars. Raises RuleError where it looks back too far."""
    return _bounded(Window(function, of, bars), column)


def _bounded(node: Node, column: int) -> Node:
    if (far := reach(node)) > MOST_BARS:
        message = f"looks back over {far:,} bars; at most {MOST_BARS:,} are looked at"
        raise RuleError(message, column, hint="a coarser role has fewer bars")
    return node


def never(found: Operation | Cross) -> tuple[str, str] | None:
    """What is said of a comparison with the highest or lowest of the very thing, this bar included; and the way out."""
    if isinstance(found, Cross):
        return _said("GT" if found.is_above else "LT", found.first, found.second, is_cross=True)
    first, second = found.operands
    return _said(found.op, first, second) or _said(_MIRROR.get(found.op, ""), second, first)


def anchored_level(found: Operation | Cross, is_anchored: Callable[[Column], bool]) -> str:
    """The anchored feature whose level is compared with numbers alone, as it is written; "" where there is none."""
    for one, other in permutations(below(found), 2):
        level = None if roles_of(other) else anchored(one, is_anchored)
        if isinstance(level, Column):
            return level.name if level.role == "ltf" else f"{level.role}.{level.name}"
        if level is not None:
            return level.function.usage
    return ""


def anchored(node: Node, is_anchored: Callable[[Column], bool]) -> Column | Indicator | None:
    """What anchors the level of a node: moved and scaled by numbers, or averaged, a level stays one."""
    if isinstance(node, Column):
        return node if is_anchored(node) else None
    if isinstance(node, Indicator):
        if node.function.anchored:
            return node
        return anchored(node.inputs[0], is_anchored) if node.function.name in KEEP_A_LEVEL else None
    parts = [part for part in below(node) if roles_of(part)]
    moves = isinstance(node, (Earlier, Operation)) or (isinstance(node, Window) and LOOKING[node.function] == "number")
    return anchored(parts[0], is_anchored) if len(parts) == 1 and moves else None


def _said(op: str, value: Node, extreme: Node, *, is_cross: bool = False) -> tuple[str, str] | None:
    found = _SAYS.get(op) if _is_of(value, extreme, "highest") else None
    found = found or (_SAYS_OF_LOWEST.get(op) if _is_of(value, extreme, "lowest") else None)
    if found is None or not isinstance(extreme, Window):
        return None
    says = "never happens" if is_cross else found[0]
    of = extreme.of.name if isinstance(extreme.of, Column) else "x"
    example = f"{found[1]}({of}, {extreme.bars})[1]"
    return f"{says}: {found[1]} includes the bar itself", f"write {example} for the bars before it"


def _is_of(value: Node, extreme: Node, function: str) -> bool:
    """Whether the function is over the value itself, or over the edge of the bars whose price it is."""
    if not isinstance(extreme, Window) or extreme.function != function:
        return False
    if value == extreme.of:
        return True
    if value in [mean_of(role, name) for role in roles_of(value) for name in MEANS]:
        (role,) = roles_of(value)
        return extreme.of == Column(role, "high" if function == "highest" else "low")
    if not isinstance(value, Column) or value.name not in _INSIDE:
        return False
    return extreme.of == Column(value.role, "high" if function == "highest" else "low")
