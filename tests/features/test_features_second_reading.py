"""Drawn features against a second reading of the page, bar by bar in plain Python: values, and where there are none."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_features_values import M1

from btcli.errors import ConfigError
from btcli.features.compute import compute_features
from btcli.features.plan import FeaturePlan, plan_features
from btcli.market.series import Bars

Known = float | None
Tree = tuple[Any, ...]
PRICES = ("open", "high", "low", "close", "volume")
BARS = 160
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "==": lambda a, b: a == b,
}  # fmt: skip
NAMES = {
    "before": ["before"],
    "extreme": ["highest", "lowest"],
    "ema": ["ema"],
    "function": ["sma", "mom", "max", "sum"],
}
OVER_BARS: dict[str, Callable[[list[float]], float]] = {
    **{"highest": max, "max": max, "lowest": min, "sum": sum, "count": sum},
    "sma": lambda values: sum(values) / len(values),
}
MISTAKES = "never changes|divides by 0|is never true|is always true"


class Drawn:
    """Draws features: `exact` ones are made of whole numbers, so that no rounding decides what is 0."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def number(self, depth: int, *, exact: bool = False) -> Tree:  # noqa: PLR0911
        draw = self.draw
        if depth == 0:
            return ("price", draw.choice(PRICES)) if draw.random() < 0.8 else ("number", draw.randrange(1, 9))
        kinds = ["joined", "joined", "chosen", "before", "extreme", "abs", "count"]
        kind = draw.choice(kinds if exact else [*kinds, "divided", "function", "function", "function", "ema", "ema"])
        of = self.number(depth - 1, exact=exact)
        of = of if "price" in str(of) else ("price", "close")  # what never changes is no series
        if kind == "joined":
            return ("joined", draw.choice("+-*"), of, self.number(depth - 1, exact=exact))
        if kind == "chosen":
            return ("chosen", draw.choice(["min", "max"]), of, self.number(0), self.number(0))
        if kind == "divided":
            return ("divided", of, self.number(1, exact=True))
        if kind == "abs":
            return ("abs", of)
        if kind == "count":
            return ("count", self.condition(min(depth - 1, 1)), draw.randrange(1, 6))
        return (draw.choice(NAMES[kind]), of, draw.randrange(2, 5))

    def condition(self, depth: int) -> Tree:
        if depth and self.draw.random() < 0.5:
            joined = self.draw.choice(["and", "or"])
            return (joined, self.condition(0), ("not", self.condition(0)))
        return ("compared", self.draw.choice(list(COMPARED)), self.number(1, exact=True), self.number(0))


def written(tree: Tree) -> str:  # noqa: PLR0911
    """The tree as an expression."""
    kind, *of = tree
    if kind in ("price", "number"):
        return str(of[0])
    if kind in ("joined", "compared"):
        return f"({written(of[1])} {of[0]} {written(of[2])})"
    if kind in ("and", "or"):
        return f"({written(of[0])} {kind} {written(of[1])})"
    if kind == "divided":
        return f"({written(of[0])} / {written(of[1])})"
    if kind == "chosen":
        return f"{of[0]}({', '.join(map(written, of[1:]))})"
    if kind == "not":
        return f"(not {written(of[0])})"
    if kind == "before":
        return f"({written(of[0])})[{of[1]}]"
    return f"{kind}({', '.join(written(each) if isinstance(each, tuple) else str(each) for each in of)})"


def least(tree: Tree) -> int:
    """The bars before the first value, where nothing is unknown."""
    kind, *of = tree
    own = {"before": 0, "mom": 0}.get(kind, -1) + of[-1] if isinstance(of[-1], int) and kind != "number" else 0
    return own + max((least(each) for each in of if isinstance(each, tuple)), default=0)


def read(tree: Tree, bars: Bars) -> list[Known]:
    """The value at each bar; a condition is 1 or 0."""
    kind, *of = tree
    if kind == "price":
        return [float(each) for each in getattr(bars, of[0])]
    if kind == "number":
        return [float(of[0])] * BARS
    inside = [read(each, bars) for each in of if isinstance(each, tuple)]
    if kind == "ema":
        return averaged(inside[0], of[1], least(of[0]))
    if isinstance(of[-1], int):
        return [looked(kind, inside[0], of[1], bar) for bar in range(BARS)]
    return [joined(kind, of[0], [each[bar] for each in inside]) for bar in range(BARS)]


def joined(kind: str, sign: object, values: list[Known]) -> Known:  # noqa: PLR0911
    """What stands side by side at one bar, by Kleene's tables where it is true or false."""
    if kind in ("and", "or"):
        decides = float(kind == "or")
        return decides if decides in values else None if None in values else 1.0 - decides
    if None in values:
        return None
    first, *more = [value for value in values if value is not None]
    if kind == "not":
        return 1.0 - first
    if kind == "abs":
        return abs(first)
    if kind == "chosen":
        return min(first, *more) if sign == "min" else max(first, *more)
    if kind == "divided":
        return first / more[0] if more[0] else None
    if kind == "compared":
        return float(COMPARED[str(sign)](first, more[0]))
    return {"+": first + more[0], "-": first - more[0], "*": first * more[0]}[str(sign)]


def looked(kind: str, values: list[Known], bars: int, bar: int) -> Known:
    """What is made of the last bars; unknown where one of them is, or where there are fewer."""
    if kind in ("before", "mom"):
        before = values[bar - bars] if bar >= bars else None
        if kind == "before" or before is None:
            return before
        now = values[bar]
        return None if now is None or None in values[bar - bars : bar] else now - before
    last = values[bar - bars + 1 : bar + 1] if bar >= bars - 1 else [None]
    if None in last:
        return None
    return OVER_BARS[kind]([value for value in last if value is not None])


def averaged(values: list[Known], period: int, due: int) -> list[Known]:
    """An exponential average, begun anew after what is unknown, and then unknown until its start matters no more."""
    settling = period - 1 + math.ceil(math.log(10_000) * (period + 1) / 2)
    found: list[Known] = []
    stretch: list[float] = []
    average = 0.0
    for bar, value in enumerate(values):
        stretch = [] if value is None else [*stretch, value]
        if value is not None and len(stretch) == period:
            average = sum(stretch) / period
        elif value is not None and len(stretch) > period:
            average += (value - average) * 2 / (period + 1)
        is_start = bar - len(stretch) + 1 <= due
        found.append(average if len(stretch) > (period - 1 if is_start else settling) else None)
    return found


def market_of(seed: int) -> Bars:
    """Small whole numbers, of which many are equal."""
    draw = np.random.default_rng(seed)
    ts_open = np.arange(BARS, dtype=np.int64) * M1.ms
    return Bars(ts_open, ts_open + M1.ms, *draw.integers(1, 12, (5, BARS)).astype(float))


def accepted(drawn: Drawn) -> tuple[Tree, FeaturePlan]:
    """A drawn feature that is no mistake: one that never changes, or divides by 0 alone, is drawn again."""
    while True:
        tree = drawn.number(3)
        try:
            return tree, plan_features({"ltf": {"it": f"{written(tree)} + 0 * close"}}, overrides={"ltf": 0})
        except ConfigError as refused:
            if not re.search(MISTAKES, str(refused)):
                raise


def assert_read_alike(seed: int) -> int:
    """Draw a feature and a market; how many bars of the feature are unknown after its first value."""
    bars, (tree, plan) = market_of(seed), accepted(Drawn(seed))
    text = plan.features[0].text
    found = compute_features(plan, {"ltf": bars}, {"ltf": M1}, 0)["ltf"]["it"]
    due = np.array([math.nan if value is None else value for value in read(tree, bars)])
    due[: least(tree)] = math.nan
    assert plan.features[0].warmup_bars == least(tree), text
    np.testing.assert_allclose(found, due, rtol=1e-9, atol=1e-7, err_msg=text)
    return int(np.isnan(due[least(tree) :]).sum())


def test_drawn_features_are_read_alike() -> None:
    """Six hundred of them, some with bars that are unknown in the middle."""
    unknown = [assert_read_alike(seed) for seed in range(600)]
    assert sum(0 < count < BARS - 20 for count in unknown) > 20


@pytest.mark.long
@pytest.mark.parametrize("batch", range(4))
def test_thousands_of_drawn_features_are_read_alike(batch: int) -> None:
    """A thousand each."""
    for seed in range(1_000 * (batch + 1), 1_000 * (batch + 2)):
        assert_read_alike(seed)
