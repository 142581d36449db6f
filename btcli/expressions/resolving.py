"""What a name stands for at the place where it is written: a value, or a function of features on a role's bars."""

from __future__ import annotations

import ast
from typing import NoReturn

from btcli.config.findings import did_you_mean, listed
from btcli.config.other_symbols import is_other_symbol
from btcli.expressions.inline import ROLE_AND_FUNCTION
from btcli.expressions.names import FUNCTIONS, named, refuse_symbol
from btcli.expressions.own_bars import own_name
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import ROLES, Node
from btcli.expressions.whereabouts import Place, column_of, dotted

_LISTED = "`btcli features` lists what is available"


def value_of(node: ast.Name | ast.Attribute, at: Place) -> Node:
    """The value of a name. Raises RuleError with the nearest known name."""
    written, column = dotted(node, at), column_of(node)
    if at.series_of:
        return own_name(_of_symbol(written, column, at), column, at.names, at.role, at.series_of)
    return named(written, column, at.names)


def _of_symbol(written: str, column: int, at: Place) -> str:
    """A name inside of a function without the symbol whose bars that reads; raises RuleError for that of another."""
    first, dot, rest = written.partition(".")
    if not dot or not is_other_symbol(first):
        return written
    refuse_symbol(first, column, at.names)
    if first != at.symbol:
        _refuse_other_symbol(at.series_of, first, column, at)
    return rest if rest.partition(".")[0] in ROLES else f"ltf.{rest}"


def _refuse_other_symbol(function: str, symbol: str, column: int, at: Place) -> NoReturn:
    says = f"{function} reads the bars of {at.symbol or 'the traded symbol'} here, and {symbol} has others"
    raise RuleError(says, column, hint=f"write {symbol}. in front of a function that reads {symbol}")


def feature_function(call: ast.Call, at: Place) -> tuple[str, str] | None:
    """Role and name of the feature function that is called; None where it is none."""
    name = dotted(call.func, at)
    found = ROLE_AND_FUNCTION.fullmatch(name)
    if found is None or found[3] not in at.names.feature_functions:
        return None
    if name in FUNCTIONS and not (at.is_feature and _is_of_bars(call)):
        return None
    symbol, role = found[1], found[2]
    if not symbol:
        return role or at.role, found[3]
    refuse_symbol(symbol, column_of(call), at.names)
    if at.series_of and symbol != at.symbol:
        _refuse_other_symbol(at.series_of, symbol, column_of(call), at)
    return f"{symbol}.{role or 'ltf'}", found[3]


def _is_of_bars(call: ast.Call) -> bool:
    """Whether it is written as under features: the highest of twenty bars is, `max(high, 20)`."""
    named = [any(isinstance(part, ast.Name) for part in ast.walk(argument)) for argument in call.args]
    return named == [True, False]


def no_function(name: str, node: ast.Call, at: Place) -> RuleError:
    """What is said where a name is called that is no function here."""
    column = column_of(node)
    if name in at.names.left_out:
        return RuleError(f"{name} is no function: {at.names.left_out[name]}", column, hint=_LISTED)
    if at.names.has(at.role, name):
        return RuleError(f"{name} is no function", column, hint=f"write {name}, or {name}[1] for the bar before")
    near = did_you_mean(name.lower(), (*FUNCTIONS, *at.names.feature_functions))
    return RuleError(f"unknown function {name!r}", column, hint=near or f"there are {listed(FUNCTIONS)}")
