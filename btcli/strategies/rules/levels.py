"""Distances that are written in short: a percentage of the close, so many times the average true range."""

from __future__ import annotations

from btcli.config.rule_values import SIZE_KEYS, TRAIL_DISTANCES
from btcli.expressions.folding import folded
from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import Column, Node, Number, Operation
from btcli.strategies.rules.grouping import CONDITIONS, PARTS

OUTPUT_OF = {  # where the name is another one
    **{"trail.distance": "trail", "trail.pct": "trail", "trail.atr": "trail"},
    **{"order.limit": "limit", "order.stop": "trigger"},
    **{f"size.{mode}": "size" for mode in SIZE_KEYS},
    **{key: key for key in CONDITIONS},
    **{f"exits.{n}.then.trail.{key}": f"exits_{n}_then_trail" for n in PARTS for key in TRAIL_DISTANCES},
}
CLOSE = Column("ltf", "close")
ATR = Column("ltf", "atr")


def meant_by(key: str, node: Node, names: Names) -> Node:
    """What the number of a key comes to in USDT per coin; raises RuleError where it needs a feature that is not there.

    `trail.pct` is `x / 100 * close`, `trail.atr` is `k * ltf.atr`; all else is what it says.
    """
    if key.endswith("trail.pct"):
        return Operation("MUL", (folded(Operation("DIV", (node, Number(100.0)))), CLOSE))
    if key.endswith("trail.atr"):
        if "atr" not in names.features.get("ltf", ()):
            hint = 'write features: {ltf: {atr: "atr(14)"}}, or a distance'
            raise RuleError("needs a feature of ltf that is called atr", 1, hint=hint)
        return Operation("MUL", (node, ATR))
    return node
