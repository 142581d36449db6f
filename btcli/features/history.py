"""How many bars before the one at hand a feature needs: what it looks back over, and what it remembers."""

from __future__ import annotations

import math

from btcli.expressions.placing import own_reach
from btcli.expressions.tree import Cross, Indicator, Node, UserFunction, below
from btcli.features.talib_calls import lookback

DEFAULT_TOLERANCE = 1e-4


def warmup_of(node: Node, tolerance: float = DEFAULT_TOLERANCE, override: int | None = None) -> int:
    """The closed bars before a bar that its value needs: the lookbacks, and the memories of recursive functions.

    What stands inside of another function comes before it, so that the bars of both add up; of what stands side by
    side the most count. `override` replaces the sum, but never goes below the lookbacks.
    """
    if override is not None:
        return max(override, least_of(node))
    inside = max((warmup_of(each, tolerance) for each in below(node)), default=0)
    return _own_least(node) + _own_memory(node, tolerance) + inside


def least_of(node: Node) -> int:
    """The bars before a bar without which there is no value at all."""
    return _own_least(node) + max(map(least_of, below(node)), default=0)


def settling_of(indicator: Indicator, tolerance: float) -> int:
    """The same as `warmup_of` of the function alone, after the first bar of what it is made of."""
    return _own_least(indicator) + _own_memory(indicator, tolerance)


def _own_least(node: Node) -> int:
    if isinstance(node, Indicator):
        return lookback(node)
    if isinstance(node, UserFunction):
        return node.bars
    return 1 if isinstance(node, Cross) else own_reach(node)


def _own_memory(node: Node, tolerance: float) -> int:
    """The weight of the start falls by e in `memory` bars, so it is below `tolerance` after ln(1/tolerance) times that.

    What is in a state gets `state_bars` at least; what is anchored begins at the last bar before the window.
    """
    if not isinstance(node, Indicator):
        return 0
    return max(math.ceil(math.log(1 / tolerance) * node.function.memory(node.numbers)), node.function.state_bars)
