"""Features that rules name by what they are made of, as `htf.sma(close, 20)`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import ROLES, Column, Node, leaves

_ROLE = re.compile(r"\b(exec|ltf|mtf|htf)\s*\.\s*(?=[A-Za-z_])")


def feature_column(role: str, call: str, names: Names) -> Column:
    """The column of a feature call on a role's bars; its name is the call as everybody would write it.

    Raises RuleError with the column inside the call.
    """
    if role == "exec":
        raise RuleError("features are computed for ltf, mtf and htf", 1, hint="write ltf. in front of the function")
    plain = _on_its_own_bars(role, call)
    if mistake := names.feature_mistake(plain):
        raise RuleError(mistake.message, mistake.column, hint=mistake.hint)
    return Column(role, re.sub(r"\s+", "", plain).replace(",", ", "))


def _on_its_own_bars(role: str, call: str) -> str:
    """The call without its own role in front of prices, every letter at its column."""
    for found in _ROLE.finditer(call):
        if found[1] == role:
            continue
        function = call.partition("(")[0].strip()
        if ROLES.index(found[1]) > ROLES.index(role):
            message = f"{function} of {found[1]} alone on the bars of {role} would count the same bar again and again"
        else:
            message = f"{function} on the bars of {role} cannot see the bars of {found[1]} one by one"
        raise RuleError(message, found.start() + 1, hint=f"write {found[1]}.{_ROLE.sub('', call)}")
    return _ROLE.sub(lambda found: " " * len(found[0]), call)


def inline_features(nodes: Iterable[Node]) -> dict[str, dict[str, str]]:
    """The calls of features that expressions name, by role; each is its own name."""
    calls = {leaf for node in nodes for leaf in leaves(node) if isinstance(leaf, Column) and "(" in leaf.name}
    found: dict[str, dict[str, str]] = {}
    for column in sorted(calls, key=lambda each: (ROLES.index(each.role), each.name)):
        found.setdefault(column.role, {})[column.name] = column.name
    return found
