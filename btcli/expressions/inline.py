"""Features that rules name by what they are made of, as `htf.sma(close, 20)`."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterable, Iterator

from btcli.expressions.names import FUNCTIONS, Names
from btcli.expressions.tree import ROLES, Column, Node, leaves, whose

ROLE_AND_FUNCTION = re.compile(r"(?:([A-Z0-9]+)\.)?(?:(exec|ltf|mtf|htf)\.)?([A-Za-z_]\w*)")
_SAID_OF_BOTH = (
    rf"(?!(?:{'|'.join(FUNCTIONS)})\s*\()"  # alone they are functions of rules, with a role they may be others
)
_ROLE = re.compile(rf"\b(exec|ltf|mtf|htf)\s*\.\s*(?=[A-Za-z_]){_SAID_OF_BOTH}")


def without_roles(call: str) -> str:
    """A call with the names of roles taken out, to be shown."""
    return _ROLE.sub("", call)


def feature_column(role: str, call: str, node: ast.Call, symbol: str = "") -> Column:
    """The column of a feature call that was read on a role's bars; its name is the call as everybody would write it.

    On those of another `symbol` it has the same name.
    """
    if symbol:
        column = feature_column(role, re.sub(rf"\b{symbol}\s*\.\s*", "", call), node)
        return Column(f"{symbol}.{role}", column.name)
    own = re.compile(rf"\b{role}\s*\.\s*(?=[A-Za-z_]){_SAID_OF_BOTH}")
    plain = own.sub("", call)
    if all(map(_is_plain, node.args)):
        return Column(role, re.sub(r"\s+", "", plain).replace(",", ", "))
    return Column(role, ast.unparse(ast.parse(plain, mode="eval")))


def is_inline(name: str) -> bool:
    """Whether the name of a feature is what it is made of."""
    return "(" in name


def inline_features(nodes: Iterable[Node], *, of_others: bool = False) -> dict[str, dict[str, str]]:
    """The calls of features that expressions name, by role; each is its own name.

    Those on the bars of the symbol itself, or `of_others`: on the bars of the same role of other symbols.
    """
    calls = {leaf for node in nodes for leaf in leaves(node) if isinstance(leaf, Column) and is_inline(leaf.name)}
    wanted = {(whose(each.role)[1], each.name) for each in calls if bool(whose(each.role)[0]) == of_others}
    found: dict[str, dict[str, str]] = {}
    for role, name in sorted(wanted, key=lambda each: (ROLES.index(each[0]), each[1])):
        found.setdefault(role, {})[name] = name
    return found


def _is_plain(argument: ast.expr) -> bool:
    plain = argument.operand if isinstance(argument, ast.UnaryOp) else argument
    return isinstance(plain, (ast.Name, ast.Attribute, ast.Constant))


def outside_features(shape: ast.expr, names: Names) -> Iterator[ast.AST]:
    """Every node of an expression by depth, but those inside of functions of features, which have their own names."""
    left: deque[ast.AST] = deque([shape])
    while left:
        node = left.popleft()
        yield node
        found = ROLE_AND_FUNCTION.fullmatch(ast.unparse(node.func)) if isinstance(node, ast.Call) else None
        if found is None or found[0] in FUNCTIONS or found[3] not in names.feature_functions:
            left.extend(ast.iter_child_nodes(node))
