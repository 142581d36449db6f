"""What of an expression hangs on prices alone, and where one that names the position or the account could be true."""

from __future__ import annotations

from collections.abc import Mapping

from btcli.exchange.driver.program import CLOSES
from btcli.expressions.placing import Places
from btcli.expressions.tree import Column, Memory, Node, Number, Operation, Parameter, states_of

TRUE, FALSE = Number(1.0), Number(0.0)
DECIDES: Mapping[str, Node] = {"AND": FALSE, "OR": TRUE}  # what one operand makes of the whole
OF_POSITION = "position."


class Hoisted:
    """The columns at the closes of ltf that the code of the loop reads, each named once however often it is asked."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.names: dict[Node, str] = {}  # of what is computed at the closes of ltf

    def column(self, node: Node, name: str = "") -> Column:
        """The column that an expression without states is, under a name where it has none yet."""
        at_closes = self._places.at_closes(node)
        return Column(CLOSES, self.names.setdefault(at_closes, name or f"#{len(self.names)}"))

    def rest(self, node: Node, name: str = "") -> Node:
        """The same over as few columns as can be, states, and numbers."""
        if isinstance(node, (Number, Parameter)):
            return node
        if not states_of(node):
            return self.column(node, name)
        if not isinstance(node, Operation):
            return node
        if node.op in DECIDES:
            alone = tuple(each for each in node.operands if not states_of(each))
            if len(alone) > 1:
                others = tuple(each for each in node.operands if states_of(each))
                return Operation(node.op, tuple(map(self.rest, (Operation(node.op, alone), *others))))
        return Operation(node.op, tuple(map(self.rest, node.operands)))


def possible(node: Node, *, is_held: bool, negated: bool = False) -> Node:
    """A condition on prices alone that is true wherever the given one is, while a position is held or none is.

    What compares states is taken for true, below a `not` for false; with the position's, which are unknown while
    there is none, the other way round.
    """
    if not (names := states_of(node)):
        return node
    if isinstance(node, Operation) and node.op == "NOT":
        of = possible(node.operands[0], is_held=is_held, negated=not negated)
        return FALSE if of == TRUE else TRUE if of == FALSE else Operation("NOT", (of,))
    if isinstance(node, Operation) and node.op in DECIDES:
        decides = DECIDES[node.op]
        parts = [possible(each, is_held=is_held, negated=negated) for each in node.operands]
        left = tuple(each for each in parts if each not in (TRUE, FALSE))
        if decides in parts:
            return decides
        return Operation(node.op, left) if len(left) > 1 else left[0] if left else parts[0]
    if isinstance(node, Memory):
        return TRUE if not negated else FALSE
    is_known = is_held or not any(name.startswith(OF_POSITION) for name in names)
    return TRUE if is_known != negated else FALSE
