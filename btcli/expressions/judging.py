"""What an expression compares although it says nothing: quantities without a common scale, numbers out of reach."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from btcli.expressions.inline import outside_features
from btcli.expressions.kinds import QuantityOf, quantity, spoken
from btcli.expressions.names import FUNCTIONS, Names
from btcli.expressions.parsing import parsed
from btcli.expressions.reading import OPERATORS, read_rule
from btcli.expressions.scanning import scanned
from btcli.expressions.tree import Cross, Node, Number, Operation, Parameter, is_condition

_MIRROR = {"GT": "LT", "GE": "LE", "LT": "GT", "LE": "GE", "EQ": "EQ", "NE": "NE"}
CHOOSING = ("cross_above", "cross_below", "min", "max")


class Doubt(NamedTuple):
    """What is doubtful in an expression that can be read, and at which of its columns."""

    message: str
    column: int


def doubts(text: str, names: Names, params: Mapping[str, float]) -> Iterator[Doubt]:
    """Every comparison of an expression that says nothing, each once, from left to right; it has been read before."""
    flat = scanned(text)
    shape = parsed(flat)
    found = {
        Doubt(f"{_shown(flat, node)} {said}", node.col_offset + 1)
        for node in outside_features(shape, names)
        if isinstance(node, (ast.Compare, ast.Call))
        for meant in _compared(node, flat, names)
        if (said := never_meant(_with(meant, params), names.quantity_of))
    }
    yield from sorted(found, key=lambda doubt: (doubt.column, doubt.message))


def _compared(node: ast.Compare | ast.Call, flat: str, names: Names) -> Iterator[Node]:
    """Each link of a comparison; a function that compares what it takes."""
    if isinstance(node, ast.Compare):
        values = [_meant(each, flat, names) for each in (node.left, *node.comparators)]
        for sign, one, other in zip(node.ops, values, values[1:], strict=False):
            yield Operation(OPERATORS[type(sign)], (one, other))
    elif isinstance(node.func, ast.Name) and node.func.id in CHOOSING and node.func.id in FUNCTIONS:
        yield _meant(node, flat, names)


def _meant(node: ast.expr, flat: str, names: Names) -> Node:
    is_cross = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("cross")
    return read_rule(flat[node.col_offset : node.end_col_offset], names, "condition" if is_cross else "number")


def _with(node: Node, params: Mapping[str, float]) -> Node:
    """The same comparison with the numbers of the parameters that it is made with."""
    if isinstance(node, Parameter):
        return Number(params[node.name]) if node.name in params else node
    if isinstance(node, Operation) and (is_condition(node) or node.op in ("MIN", "MAX")):
        return Operation(node.op, tuple(_with(each, params) for each in node.operands))
    return (
        Cross(node.is_above, _with(node.first, params), _with(node.second, params)) if isinstance(node, Cross) else node
    )


def _shown(flat: str, node: ast.expr) -> str:
    found = " ".join(flat[node.col_offset : node.end_col_offset].split())
    return found if len(found) <= 60 else f"{found[:57]}..."


def never_meant(node: Node, of_column: QuantityOf) -> str:
    """Why a comparison, a cross, or the choice of a greatest or smallest says nothing; "" where nothing is wrong."""
    if isinstance(node, Cross):
        return _of_pair("GT" if node.is_above else "LT", node.first, node.second, of_column, is_cross=True)
    if not isinstance(node, Operation):
        return ""
    if node.op in ("MIN", "MAX"):
        pairs = zip(node.operands, node.operands[1:], strict=False)
        return next((said for one, other in pairs if (said := _apart(one, other, of_column))), "")
    return _of_pair(node.op, node.operands[0], node.operands[1], of_column) if node.op in _MIRROR else ""


def _of_pair(op: str, first: Node, second: Node, of_column: QuantityOf, *, is_cross: bool = False) -> str:
    if said := _apart(first, second, of_column):
        return said
    one, other = quantity(first, of_column), quantity(second, of_column)
    if isinstance(second, Number) and one.range:
        return _beyond(op, one.range, second.value, is_cross)
    if isinstance(first, Number) and other.range and not is_cross:
        return _beyond(_MIRROR[op], other.range, first.value, is_cross)
    return ""


def _apart(first: Node, second: Node, of_column: QuantityOf) -> str:
    one, other = quantity(first, of_column), quantity(second, of_column)
    if not one.parts_from(other):
        return ""
    return f"compares {spoken(one.kinds)} with {spoken(other.kinds)}: they have no scale in common"


def _beyond(op: str, span: tuple[float, float], value: float, is_cross: bool) -> str:
    """What is said of a comparison with a number that a range does not reach, or never leaves."""
    low, high = span
    outside = not low <= value <= high
    never = {
        "GT": value >= high,
        "GE": value > high,
        "LT": value <= low,
        "LE": value < low,
        "EQ": outside,
        "NE": False,
    }
    always = {
        "GT": value < low,
        "GE": value <= low,
        "LT": value > high,
        "LE": value >= high,
        "EQ": False,
        "NE": outside,
    }
    if not (never[op] or always[op]):
        return ""
    is_in = f"it is {low:g} at least" if math.isinf(high) else f"it is between {low:g} and {high:g}"
    if is_cross:
        return f"never happens: {is_in}"
    return f"can never be true: {is_in}" if never[op] else f"is always true where it is known: {is_in}"
