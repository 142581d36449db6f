"""The values of features over the bars of one role: TA-Lib's functions of series, and what joins them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from btcli.expressions.placing import crossing
from btcli.expressions.rolling import rolled
from btcli.expressions.tree import (
    Column,
    Cross,
    Earlier,
    Indicator,
    Node,
    Operation,
    UserFunction,
    Window,
    below,
    delayed,
)
from btcli.features.history import DEFAULT_TOLERANCE, least_of, settling_of
from btcli.features.talib_calls import function_of, lookback
from btcli.market.series import Bars, Floats


def evaluate(node: Node, bars: Bars, start: int = 0, tolerance: float = DEFAULT_TOLERANCE) -> Floats:
    """An expression over the bars from index `start` on, and over nothing before them: float64[n - start]."""
    return Values(bars, start, tolerance, [node]).of(node)


class Values:
    """The values of these expressions over the bars from a row on; what they have in common is computed once."""

    def __init__(self, bars: Bars, start: int, tolerance: float, nodes: Iterable[Node]) -> None:
        self._bars, self._start, self._tolerance = bars, start, tolerance
        counts = Counter(part for node in nodes for part in _parts(node))
        self._common = {node for node, count in counts.items() if count > 1}
        self._known: dict[Node, Floats] = {}

    def of(self, node: Node) -> Floats:
        """float64[bars from the row on]; NaN where it is unknown."""
        if node not in self._common:
            return self._computed(node)
        if node not in self._known:
            self._known[node] = self._computed(node)
        return self._known[node]

    def _computed(self, node: Node) -> Floats:
        if isinstance(node, Column) and not node.lag:
            price: Floats = np.ascontiguousarray(getattr(self._bars, node.name)[self._start :], dtype=np.float64)
            return price
        if isinstance(node, UserFunction):
            found: Floats = node.compute(Bars._make(column[self._start :] for column in self._bars))
            return found
        if isinstance(node, Window):
            return rolled(self.of(node.of), node.function, node.bars, 0)
        if isinstance(node, Indicator):
            return over_stretches(node, [self.of(each) for each in node.inputs], self._tolerance)
        return self._joined(node)

    def _joined(self, node: Node) -> Floats:
        """What joins series, by the instructions that rules are run by."""
        from btcli.exchange.driver.program import Recipe
        from btcli.exchange.face.recipes import Source, computed
        from btcli.expressions.emitting import emitted

        series: dict[Node, str] = {}
        code = emitted({"": _of_series(node, series)}, with_roles=False)
        columns = {name: each for each, name in series.items()}
        sources = [Source(self.of(columns[name])) for name in code.inputs]
        constants = np.array(code.constants, np.float64)
        recipe = Recipe("ltf", code.code, constants, code.inputs, code.outputs)
        return np.ascontiguousarray(computed(recipe, sources, len(self._bars.ts_open) - self._start)[0])


def _parts(node: Node) -> Iterator[Node]:
    """Every series that a node is made of, itself included, as often as it stands there."""
    if isinstance(node, (Indicator, UserFunction, Window)):
        yield node
    for part in below(node):
        yield from _parts(part)


def _of_series(node: Node, series: dict[Node, str]) -> Node:
    """The same with a column in the place of every series; `series` gets their names."""
    if isinstance(node, (Column, Indicator, UserFunction, Window)):
        return Column("", series.setdefault(node, f"@{len(series)}"))
    if isinstance(node, Operation):
        return Operation(node.op, tuple(_of_series(each, series) for each in node.operands))
    if isinstance(node, Cross):
        return crossing(Cross(node.is_above, _of_series(node.first, series), _of_series(node.second, series)))
    return delayed(_of_series(node.of, series), node.bars) if isinstance(node, Earlier) else node


def over_stretches(indicator: Indicator, inputs: list[Floats], tolerance: float) -> Floats:
    """A function over each stretch of bars at which all that it reads is known, as if history began there.

    After what was unknown in the middle it is unknown until the stretch is as long as its warm-up; one whose level
    hangs on its first bar stays unknown.
    """
    due = max(map(least_of, indicator.inputs))  # where the first stretch begins unless something is unknown there
    least, settling = lookback(indicator), settling_of(indicator, tolerance)
    function = function_of(indicator)
    stretches = list(_stretches(inputs))
    if stretches == [(0, len(inputs[0]))] and least < len(inputs[0]):
        return known_or_nan(function(inputs))
    values = np.full(len(inputs[0]), np.nan)
    for first, last in stretches:
        is_start = first <= due
        unsettled = 0 if is_start else settling
        if last - first <= max(unsettled, least) or (indicator.function.anchored and not is_start):
            continue
        values[first + unsettled : last] = function([each[first:last] for each in inputs])[unsettled:]
    return known_or_nan(values)


def known_or_nan(values: Floats) -> Floats:
    """The same array, in which what is not finite has become NaN."""
    unknown = ~np.isfinite(values)
    if unknown.any():
        values[unknown] = np.nan
    return values


def _stretches(inputs: list[Floats]) -> Iterator[tuple[int, int]]:
    """First bars, and those after the last, where all inputs are known."""
    known = np.isfinite(inputs[0])
    for each in inputs[1:]:
        known &= np.isfinite(each)
    if known.size and known.all():  # mostly, and found at a third of the price
        return iter([(0, known.size)])
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
