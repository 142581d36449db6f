"""What reads as an expression and means nothing: calls written otherwise than they are, and a past that nothing has."""

from __future__ import annotations

import ast

from btcli.expressions.looking import LOOKING
from btcli.expressions.names import FUNCTIONS
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import THEN, Node, roles_of, states_of
from btcli.expressions.whereabouts import Place, column_of


def refuse_keywords(call: ast.Call, takes: str) -> None:
    """Raises RuleError for a call by names or by a list."""
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        raise RuleError(f"{takes} alone, without = or *", column_of(call))


def refuse_count(name: str, node: ast.Call) -> None:
    """Raises RuleError for more or fewer arguments than a function takes."""
    least, most = FUNCTIONS[name]
    if not least <= len(node.args) <= most:
        count = f"{least}" if least == most else f"{least} to {most}"
        plural = "" if most == 1 else "s"
        what = "condition" if name == "bars_since" else "expression" if name in LOOKING else "number"
        raise RuleError(f"{name} takes {count} {what}{plural}, not {len(node.args)}", column_of(node))


def refuse_unmoved(found: Node, node: ast.expr, whole: ast.expr, at: Place) -> None:
    """Raises RuleError where what `whole` looks back at has no past: see `refuse_states`, and numbers alone."""
    refuse_states(found, node)
    if not roles_of(found):
        raise RuleError(f"{at.shown(whole)} never changes: it names no price and no feature", column_of(whole))


def refuse_states(found: Node, node: ast.expr) -> None:
    """Raises RuleError where what looks back names the position, the account, or what was before already."""
    states = states_of(found)
    if THEN in states:
        says = "then … within is of one evaluation: nothing looks back at it"
        raise RuleError(says, column_of(node), hint="let what it joins look back, as in A[1] then B within 5")
    if states:
        says = f"{states[0]} is known as it stands at this close alone: nothing keeps what it was before"
        raise RuleError(says, column_of(node), hint=f"compare it as it stands, as in {states[0]} > 0")
