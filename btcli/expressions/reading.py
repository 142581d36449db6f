"""Reading one expression: Python's own parser gives its shape, and only what is listed here is taken from it."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from btcli.expressions.folding import folded
from btcli.expressions.indicators import Argument, Written, checked
from btcli.expressions.inline import feature_column, is_inline
from btcli.expressions.looking import LOOKING, MOST_BARS, anchored, anchored_level, back, never, windowed
from btcli.expressions.names import FUNCTIONS, Names
from btcli.expressions.own_bars import FEATURES, refuse_other_roles
from btcli.expressions.parsing import parsed
from btcli.expressions.problems import RuleError
from btcli.expressions.refusing import refuse_count, refuse_keywords, refuse_states, refuse_unmoved
from btcli.expressions.resolving import feature_function, no_function, value_of
from btcli.expressions.scanning import LANGUAGE, scanned
from btcli.expressions.tree import (
    Column,
    Cross,
    Memory,
    Node,
    Number,
    Operation,
    is_condition,
    roles_of,
    whose,
)
from btcli.expressions.whereabouts import Place, column_of, dotted

Kind = Literal["condition", "number"]
OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "ADD",
    ast.Sub: "SUB",
    ast.Mult: "MUL",
    ast.Div: "DIV",
    ast.Gt: "GT",
    ast.GtE: "GE",
    ast.Lt: "LT",
    ast.LtE: "LE",
    ast.Eq: "EQ",
    ast.NotEq: "NE",
    ast.And: "AND",
    ast.Or: "OR",
}
_DECIMAL = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_rule(text: str, names: Names, kind: Kind) -> Node:
    """The meaning of an expression that is to be a condition or a number.

    Raises RuleError with the column and, where there is one, the nearest known name.
    """
    flat = scanned(text)
    return _wanted(parsed(flat), Place(flat, names), kind)


def read_feature(text: str, names: Names, role: str) -> Node:
    """The meaning of an expression under `features:` of a role: a series on its bars, other features by their names.

    Raises as `read_rule` does.
    """
    flat = scanned(text)
    return _wanted(parsed(flat), Place(flat, names, role=role, series_of=FEATURES, is_feature=True), "number")


def read_inline(name: str, names: Names, role: str) -> Node:
    """The same of a feature that rules name by what it is made of, which is read as rules are."""
    flat = scanned(f"{role}.{name}")
    return _wanted(parsed(flat), Place(flat, names, role=role, series_of=FEATURES), "number")


def _wanted(node: ast.expr, at: Place, kind: Kind) -> Node:
    """What the node means; raises RuleError where it is of the other kind."""
    found = _read(node, at)
    if is_condition(found) == (kind == "condition"):
        return found
    if kind == "number":
        hint = "compare numbers with numbers, and join conditions by and, or, not"
        if at.series_of:
            hint = f"count({at.shown(node)}, 1) is 1 where it is true, and 0 where it is not"
        raise RuleError(f"a number is wanted here, and {at.shown(node)} is a condition", column_of(node), hint=hint)
    hint = f"compare it, as in {at.shown(node)} > 0"
    raise RuleError(f"a condition is wanted here, and {at.shown(node)} is a number", column_of(node), hint=hint)


def _read(node: ast.expr, at: Place) -> Node:
    reader = _READERS.get(type(node))
    if reader is None:
        raise RuleError(f"{at.shown(node)} has no meaning here", column_of(node), hint=LANGUAGE)
    return reader(node, at.deeper(node))


def _constant(node: ast.Constant, at: Place) -> Node:
    written = at.written(node)
    if not _DECIMAL.fullmatch(written):
        hint = "write it in digits, such as 0.5 or 1e-4"
        raise RuleError(f"{at.shown(node)} is no number", column_of(node), hint=hint)
    value = float(written)
    if math.isinf(value) or (value == 0 and re.search("[1-9]", re.split("[eE]", written)[0])):
        raise RuleError(f"{at.shown(node)} is too {'large' if value else 'small'} a number", column_of(node))
    return Number(value)


def _attribute(node: ast.Attribute, at: Place) -> Node:
    """`htf.close`, or an output of a feature, as in `macd(close, 12, 26, 9).hist`."""
    call = node.value
    if isinstance(call, ast.Call) and (found := feature_function(call, at)):
        return _feature(call, node, at, *found)
    return value_of(node, at)


def _feature(call: ast.Call, whole: ast.expr, at: Place, role: str, name: str) -> Node:
    """A function of features on the closed bars of its role; in a rule the column that it will be."""
    start = (call.func.end_col_offset or 0) - len(name)
    symbol, role = whose(role)
    if role == "exec":
        hint = "write ltf. in front of the function"
        raise RuleError("features are computed for ltf, mtf and htf", start + 1, hint=hint)
    if at.series_of and role != at.role:
        says = f"{name} of {role} cannot be read on the bars of {at.role}"
        raise RuleError(says, column_of(call), hint="rules can name both roles" if at.is_feature else "")
    refuse_keywords(call, f"{name} takes series and numbers")
    text = at.text[start : whole.end_col_offset]
    refuse_other_roles(call, role, name, text, at.names)
    inside = at._replace(role=role, symbol=symbol or at.symbol, series_of=name)
    arguments = [Argument(_wanted(each, inside, "number"), column_of(each), at.written(each)) for each in call.args]
    output = whole.attr if isinstance(whole, ast.Attribute) else ""
    output_column = (whole.end_col_offset or 0) - len(output) + 1
    function = at.names.feature_functions[name]
    made = checked(Written(function, role, column_of(call), arguments, output, output_column))
    return made if at.series_of else feature_column(role, text, call, symbol)


def is_anchored(column: Column, names: Names) -> bool:
    """Whether the level of a column hangs on where its history starts."""
    role = whose(column.role)[1]
    if not is_inline(column.name):
        return f"{role}.{column.name}" in names.anchored
    return anchored(read_inline(column.name, names, role), lambda inner: is_anchored(inner, names)) is not None


def _binary(node: ast.BinOp, at: Place) -> Node:
    op = OPERATORS.get(type(node.op))
    left, right = _wanted(node.left, at, "number"), _wanted(node.right, at, "number")
    if op is None:
        sign = {ast.Pow: "**", ast.FloorDiv: "//"}.get(type(node.op), "this operator")
        raise RuleError(f"{sign} has no meaning here", column_of(node), hint="there are +, -, * and /")
    if op == "DIV" and right == Number(0.0):
        raise RuleError(f"{at.shown(node)} divides by 0: it is never known", column_of(node.right))
    return _folded(Operation(op, (left, right)), node, at)


def _unary(node: ast.UnaryOp, at: Place) -> Node:
    if isinstance(node.op, ast.Not):
        return Operation("NOT", (_wanted(node.operand, at, "condition"),))
    value = _wanted(node.operand, at, "number")
    return _folded(Operation("NEG", (value,)), node, at) if isinstance(node.op, ast.USub) else value


def _comparison(node: ast.Compare, at: Place) -> Node:
    """`a < b < c` is `a < b and b < c`."""
    values = [_wanted(each, at, "number") for each in (node.left, *node.comparators)]
    links: list[Node] = []
    for sign, left, right in zip(node.ops, values, values[1:], strict=False):
        op = OPERATORS.get(type(sign))
        if op is None:
            raise RuleError("in and is have no meaning here", column_of(node), hint="compare by < <= > >= == !=")
        links.append(_possible(Operation(op, (left, right)), node, at))
    return links[0] if len(links) == 1 else Operation("AND", tuple(links))


def _possible(found: Operation | Cross, node: ast.expr, at: Place) -> Operation | Cross:
    """Raises RuleError for a comparison with the highest or lowest of what it compares."""
    if never_so := never(found):
        raise RuleError(f"{at.shown(node)} {never_so[0]}", column_of(node), hint=never_so[1])
    if level := anchored_level(found, lambda column: is_anchored(column, at.names)):
        says = f"{level} has a level that hangs on the bar at which its history starts: no number is high or low for it"
        hint = f"compare it with its own past, as in {level} > {level}[20], or with an average of it"
        raise RuleError(says, column_of(node), hint=hint)
    return found


def _earlier(node: ast.Subscript, at: Place) -> Node:
    """`x[n]`."""
    found = _read(node.value, at)
    refuse_unmoved(found, node.value, node, at)
    return back(found, _bars(node.slice, at, least=0), column_of(node.slice))


def _bars(node: ast.expr, at: Place, least: int) -> int:
    """A number of bars as it stands there."""
    found = _read(node, at) if not isinstance(node, (ast.Tuple, ast.Slice)) else None
    if isinstance(found, Number) and found.value < 0:
        raise RuleError(f"{at.shown(node)} bars back is the future", column_of(node), hint="x[1] is the bar before")
    if not isinstance(found, Number) or found.value != int(found.value) or found.value < least:
        hint = f"write a whole number, at least {least}, as it is: bars are counted before the run begins"
        raise RuleError(f"{at.shown(node)} is no number of bars", column_of(node), hint=hint)
    return int(found.value)


def _looking(name: str, node: ast.Call, at: Place) -> Node:
    """A function of the last bars."""
    if at.series_of and name == "bars_since":
        says = "bars_since is unknown until its condition was true, and a role whose feature is unknown decides nothing"
        raise RuleError(says, column_of(node), hint="write it in a rule, outside of functions of features")
    of = _wanted(node.args[0], at, LOOKING[name])
    refuse_unmoved(of, node.args[0], node, at)
    bars = _bars(node.args[1], at, least=1) if len(node.args) > 1 else 0
    return windowed(name, of, bars, column_of(node))


def _logic(node: ast.BoolOp, at: Place) -> Node:
    return Operation(OPERATORS[type(node.op)], tuple(_wanted(value, at, "condition") for value in node.values))


def _then(node: ast.IfExp, at: Place) -> Node:
    """`A then B within N`: B now, and A at one of the N evaluations before."""
    if at.series_of:
        raise RuleError("then is for rules: features know nothing of evaluations", column_of(node))
    before, now = _wanted(node.body, at, "condition"), _wanted(node.test, at, "condition")
    if isinstance(node.orelse, (ast.IfExp, ast.BoolOp, ast.Compare)) or isinstance(before, Memory):
        hint = "write parentheses around A then B within N where more follows"
        raise RuleError(f"{at.shown(node.orelse)} is no number of evaluations", column_of(node.orelse), hint=hint)
    bars = _bars(node.orelse, at, least=1)
    if bars > MOST_BARS:
        raise RuleError(f"remembers {bars:,} evaluations; at most {MOST_BARS:,} are remembered", column_of(node.orelse))
    return Operation("AND", (now, Memory(before, bars)))


def _call(node: ast.Call, at: Place) -> Node:
    name = dotted(node.func, at)
    if found := feature_function(node, at):
        return _feature(node, node, at, *found)
    if name not in FUNCTIONS:
        raise no_function(name, node, at)
    refuse_keywords(node, f"{name} takes expressions")
    refuse_count(name, node)
    if name in LOOKING:
        return _looking(name, node, at)
    values = tuple(_wanted(argument, at, "number") for argument in node.args)
    if not name.startswith("cross"):
        return _folded(Operation(name.upper(), values), node, at)
    for value, argument in zip(values, node.args, strict=True):
        refuse_states(value, argument)
    if not any(roles_of(value) for value in values):
        raise RuleError(f"{at.shown(node)} never happens: it names no price and no feature", column_of(node))
    return _possible(Cross(name == "cross_above", *values), node, at)


def _folded(made: Operation, node: ast.expr, at: Place) -> Node:
    """Numbers alone come to a number; raises RuleError where they come to none."""
    found = folded(made)
    if isinstance(found, Number) and not math.isfinite(found.value):
        raise RuleError(f"{at.shown(node)} is no number", column_of(node), hint="it divides by 0, or is too large")
    return found


_READERS: Mapping[type[ast.expr], Callable[[Any, Place], Node]] = {
    ast.Constant: _constant,
    ast.Name: value_of,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _logic,
    ast.IfExp: _then,
    ast.Call: _call,
    ast.Subscript: _earlier,
}
