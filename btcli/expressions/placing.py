"""Whose bars every part of an expression is computed on, and which parts need columns of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from btcli.exchange.driver.program import CLOSES
from btcli.expressions.tree import (
    FALSE_MS,
    LOGIC,
    Column,
    Cross,
    Earlier,
    Fresh,
    Node,
    Operation,
    Window,
    below,
    delayed,
    leaves,
    roles_of,
    whose,
)

LOOKS_BACK = (Earlier, Window)


class Places:
    """The columns that expressions need, each named once however often it is asked for."""

    def __init__(self) -> None:
        self.columns: dict[str, dict[Node, str]] = {}  # by coarser role: what the closes of ltf read of it
        self.of_roles: dict[tuple[str, Window], str] = {}  # on the bars of a coarser role, each after what it reads
        self.of_closes: dict[tuple[str, Window], str] = {}  # at the closes of ltf

    def at_closes(self, node: Node) -> Node:
        """The same as it is read at the closes of ltf: columns, operations and what is fresh."""
        role = _one_role(node)
        in_parts = bool(role) and _is_known_without_bars(node)
        node = _earlier_parts(node) if in_parts and isinstance(node, Earlier) else node
        role = "" if in_parts else role
        if isinstance(node, Window) and node.function == FALSE_MS:
            return self._back_at_closes(node)
        if isinstance(node, Cross):
            if role:
                return Operation("AND", (self._column_of(role, node), Fresh(role)))
            first, second = self.at_closes(node.first), self.at_closes(node.second)
            return _where_fresh(crossing(Cross(node.is_above, first, second)), roles_of(node))
        if role and not (isinstance(node, Operation) and _crosses(node)) and not isinstance(node, Column):
            return self._column_of(role, node)
        if isinstance(node, Operation):
            return Operation(node.op, tuple(self.at_closes(operand) for operand in node.operands))
        return self._back_at_closes(node) if isinstance(node, LOOKS_BACK) else node

    def _back_at_closes(self, node: Earlier | Window) -> Node:
        of = self.at_closes(node.of)
        if isinstance(node, Window):
            return self._window(CLOSES, Window(node.function, of, node.bars))
        if any(isinstance(leaf, Fresh) for leaf in leaves(of)):
            of = self._window(CLOSES, Window("", of))  # what is fresh has no row before: a column has
        return delayed(of, node.bars)

    def _on_role(self, node: Node, role: str) -> Node:
        """The same on the bars of the one role that it names, where every bar is fresh."""
        if isinstance(node, Cross):
            return crossing(Cross(node.is_above, self._on_role(node.first, role), self._on_role(node.second, role)))
        if isinstance(node, Window):
            return self._window(role, Window(node.function, self._on_role(node.of, role), node.bars))
        if isinstance(node, Earlier):
            return delayed(self._on_role(node.of, role), node.bars)
        if isinstance(node, Operation):
            return Operation(node.op, tuple(self._on_role(operand, role) for operand in node.operands))
        return node

    def _column_of(self, role: str, node: Node) -> Column:
        named = self.columns.setdefault(role, {})
        return Column(role, named.setdefault(self._on_role(node, role), f"@{len(named)}"))

    def _window(self, role: str, window: Window) -> Column:
        named = self.of_closes if role == CLOSES else self.of_roles
        return Column(role, named.setdefault((role, window), f"@back{len(named)}"))


def looks_back(nodes: Iterable[Node]) -> dict[str, int]:
    """By role the most bars before the one at hand that any of these looks at; what crosses do is not counted.

    Of whichever symbol: all are loaded alike.

    Under CLOSES the closes of ltf at which exec is looked at too.
    """
    most: dict[str, int] = {}
    for node in nodes:
        for role, bars in _reach(node):
            most[role] = max(most.get(role, 0), bars)
    return most


def reach(node: Node) -> int:
    """How many bars back an expression looks at most, of whichever role."""
    return max((bars for _, bars in _reach(node)), default=0)


def _reach(node: Node) -> Iterator[tuple[str, int]]:
    own = own_reach(node)
    if own:
        roles = {whose(role)[1] for role in roles_of(node)}
        yield from ((role, own) for role in roles)
        if "exec" in roles and len(roles_of(node)) > 1:
            yield CLOSES, own  # a close of ltf is many bars of exec
    for part in below(node):
        yield from ((role, own + bars) for role, bars in _reach(part))


def own_reach(node: Node) -> int:
    """How many bars before the one at hand a node itself looks at, beside what it is made of."""
    if isinstance(node, Window):
        return node.bars if node.function in ("rising", "falling") else max(node.bars - 1, 0)
    return node.bars if isinstance(node, Earlier) else 0


def _one_role(node: Node) -> str:
    """The coarser role that is the only one named; "" where several or none are, or ltf."""
    roles = roles_of(node)
    return next(iter(roles)) if len(roles) == 1 and "ltf" not in roles else ""


def _is_known_without_bars(node: Node) -> bool:
    """Whether conditions without any role can decide the whole where the role has no bar."""
    if isinstance(node, Earlier):
        return _is_known_without_bars(node.of)
    if not isinstance(node, Operation) or node.op not in LOGIC or not roles_of(node):
        return False
    return any(not roles_of(each) or _is_known_without_bars(each) for each in node.operands)


def _earlier_parts(node: Node, bars: int = 0) -> Operation:
    """The same some bars before, of every part by itself; `node` is what `_is_known_without_bars` says."""
    if isinstance(node, Earlier):
        return _earlier_parts(node.of, bars + node.bars)
    assert isinstance(node, Operation)
    parts = [
        _earlier_parts(each, bars) if _is_known_without_bars(each) else Earlier(each, bars) if roles_of(each) else each
        for each in node.operands
    ]
    return Operation(node.op, tuple(parts))


def _crosses(node: Node) -> bool:
    """Whether a cross is part of it at the closes of ltf: what looks back has its own bars."""
    return isinstance(node, Cross) or (not isinstance(node, LOOKS_BACK) and any(map(_crosses, below(node))))


def crossing(cross: Cross) -> Operation:
    """Beyond it now, and not beyond it one bar before."""
    now, before = ("GT", "LE") if cross.is_above else ("LT", "GE")
    first, second = cross.first, cross.second
    return Operation("AND", (Operation(now, (first, second)), Operation(before, (delayed(first), delayed(second)))))


def _where_fresh(crossing: Operation, roles: frozenset[str]) -> Operation:
    """Only where a bar of one of the roles closed; one of ltf always did."""
    if "ltf" in roles:
        return crossing
    fresh = tuple(Fresh(role) for role in sorted(roles))
    return Operation("AND", (crossing, Operation("OR", fresh)))
