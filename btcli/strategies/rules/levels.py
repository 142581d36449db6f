"""Distances that are written in short: a percentage of the close, so many times the average true range."""

from __future__ import annotations

from btcli.config.rule_values import SIZE_KEYS
from btcli.expressions.folding import folded
from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import Column, Node, Number, Operation

OUTPUT_OF = {  # where the name is another one
    **{"trail.distance": "trail", "trail.pct": "trail", "trail.atr": "trail"},
    **{"order.limit": "limit", "order.stop": "trigger"},
    **{f"size.{mode}": "size" for mode in SIZE_KEYS},
}
CLOSE = Column("ltf", "close")
ATR = Column("ltf", "atr")


def meant_by(key: str, node: Node, names: Names) -> Node:
    """What the number of a key comes to in USDT per coin; raises RuleError where it needs a feature that is not there.

    `trail.pct` is `x / 100 * close`, `trail.atr` is `k * ltf.atr`; all else is what it says.
    """
    if key == "trail.pct":
        return Operation("MUL", (folded(Operation("DIV", (node, Number(100.0)))), CLOSE))
    if key == "trail.atr":
        if "atr" not in names.features.get("ltf", ()):
            hint = 'write features: {ltf: {atr: "atr(14)"}}, or a distance'
            raise RuleError("needs a feature of ltf that is called atr", 1, hint=hint)
        return Operation("MUL", (node, ATR))
    return node
