"""What a series on the bars of one role may name: that role's prices and features, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from btcli.config.findings import did_you_mean
from btcli.expressions.inline import without_roles
from btcli.expressions.names import FUNCTIONS, MARKET, SIGNALS, Names, named, unknown_name
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import ROLES, Node

FEATURES = "features"  # what is made where an expression stands under features:, and in no function yet
_FEW = 12
_LOOKED_AT = 200  # names among which the nearest is looked for


def own_name(written: str, column: int, names: Names, role: str, function: str) -> Node:
    """The value of a name inside a series that `function` reads on the bars of `role`; alone it is of that role.

    Raises RuleError for what is no price or feature of it.
    """
    first, dot, rest = written.partition(".")
    if dot and first in ROLES and first != role:
        says = f"features of {role} are made of its own bars, and {written} is of {first}"
        raise RuleError(says, column, hint="rules can name both")
    name = rest if dot and first == role else written
    if names.has(role, name):
        return named(f"{role}.{name}", column, names)
    what = "a feature" if function == FEATURES else function
    if written in names.params:
        says = f"{written} is a parameter, and {what} does not change with one"
        raise RuleError(
            says, column, hint="write the number: what features are made of decides which candles are loaded"
        )
    if first in (*MARKET, SIGNALS, "time", "position", "account"):
        says = f"{written} is no series on the bars of {role}: {what} cannot read it"
        raise RuleError(says, column, hint="name it in a rule, outside of functions of features")
    raise unknown_name(written, column, _nearest(name, names, role))


def _nearest(name: str, names: Names, role: str) -> str:
    if name in names.feature_functions:
        return f"write {names.feature_functions[name].usage}"
    known = names.of(role)
    return (
        did_you_mean(name, known[:_LOOKED_AT])
        or did_you_mean(name.lower(), known[:_LOOKED_AT])
        or f"{role} has {', '.join(known[:_FEW])}{', …' if len(known) > _FEW else ''}"
    )


def refuse_other_roles(call: ast.Call, role: str, function: str, text: str, names: Names) -> None:
    """Raises RuleError where the call of a function on the bars of a role names another one; `text` is the call."""
    if "." not in text:  # so that no role is named
        return
    inside = [node for argument in call.args for node in _outside_roles(argument)]
    others = sorted((at, other) for at, other in _named_roles(inside) if other != role)
    if not others:
        return
    at, other = others[0]
    if {each for _, each in _named_roles(inside)} != {other} or any(_is_own(node, names) for node in inside):
        says = f"{function} reads the bars of {role} here, and {other} has others"
        raise RuleError(says, at + 1, hint="give each role a function of its own, and compare what they come to")
    if ROLES.index(other) > ROLES.index(role):
        says = f"{function} of {other} alone on the bars of {role} would count the same bar again and again"
    else:
        says = f"{function} on the bars of {role} cannot see the bars of {other} one by one"
    raise RuleError(says, at + 1, hint=f"write {other}.{without_roles(text)}")


def _outside_roles(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those inside of calls with a role, whose names are of that role; of these the role is one."""
    yield node
    parts = [node.func] if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    for part in ast.iter_child_nodes(node) if parts is None else parts:
        yield from _outside_roles(part)


def _named_roles(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Each role that is named, and where."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ROLES:
            yield node.col_offset, node.value.id


def _is_own(node: ast.AST, names: Names) -> bool:
    """Whether a name without a role stands for a value of the role whose bars are read."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function = names.feature_functions.get(node.func.id)
        return function is not None and bool(function.implied)
    return isinstance(node, ast.Name) and node.id not in (*ROLES, *FUNCTIONS, *names.feature_functions)
