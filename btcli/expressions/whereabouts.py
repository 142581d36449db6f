"""Where one is while an expression is read: in which text, how deep in it, and on whose bars."""

from __future__ import annotations

import ast
from typing import NamedTuple

from btcli.expressions.names import THERE_IS, Names
from btcli.expressions.problems import RuleError
from btcli.expressions.scanning import MOST_LEVELS, too_deep


class Place(NamedTuple):
    """The text of an expression, what it may name, how deep in it one is, and on whose bars.

    `series_of` is the function, or FEATURES, that reads what stands here as a series on the bars of `role`, which are
    those of another `symbol` where there is one.
    """

    text: str
    names: Names
    depth: int = 0
    role: str = "ltf"
    symbol: str = ""
    series_of: str = ""
    is_feature: bool = False  # whether it stands under features:

    def deeper(self, node: ast.expr) -> Place:
        """One level further in. Raises RuleError where that is too deep."""
        if self.depth >= MOST_LEVELS:
            raise too_deep(column_of(node))
        return self._replace(depth=self.depth + 1)

    def written(self, node: ast.expr) -> str:
        """A part as it is written."""
        return self.text[node.col_offset : node.end_col_offset]

    def shown(self, node: ast.expr) -> str:
        """The same, short enough for a message."""
        found = self.written(node)
        return found if len(found) <= 40 else f"{found[:37]}..."


def column_of(node: ast.expr) -> int:
    """Where a part begins, from 1 on."""
    return node.col_offset + 1


def dotted(node: ast.expr, at: Place) -> str:
    """A name with its dots. Raises RuleError for what is none."""
    parts: list[str] = []
    inner = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise RuleError(f"{at.shown(inner)} has no names of its own", column_of(inner), hint=THERE_IS)
    return ".".join((inner.id, *reversed(parts)))
