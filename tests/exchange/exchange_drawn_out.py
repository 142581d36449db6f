"""Random markets drawn out: calm bars between their own, so that most steps are ones at which nothing can happen."""

from __future__ import annotations

import random
from collections.abc import Sequence

from exchange_scenarios import Scenario, Settlement

MOST_CALM = 14  # bars after one of the market's own
REACH = 0.3  # of the way to the extremes of the bar before, which a calm bar may go


def drawn_out(market: Scenario, seed: int) -> Scenario:
    """The same market with calm bars between its own: its decisions, settlements and holes move along."""
    rng = random.Random(seed + 6_151)
    calm = [rng.choice((0, 1, 3, rng.randrange(MOST_CALM + 1))) for _ in range(market.steps)]
    own = [sum(calm[:n]) + n for n in range(market.steps)]  # where the market's own bars come to lie
    places = list(range(market.steps)) if market.grid is None else list(market.grid)
    grid = [places[n] + sum(calm[:n]) + more for n in range(market.steps) for more in range(calm[n] + 1)]
    return market._replace(
        last=[_with_calm(rng, bars, calm) for bars in market.last],
        mark=None if market.mark is None else [_with_calm(rng, bars, calm) for bars in market.mark],
        grid=grid,
        decisions={own[step] + rng.randrange(calm[step] + 1): many for step, many in market.decisions.items()},
        funding=[_moved(rng, one, market, places, calm) for one in market.funding],
        has_bar=None if market.has_bar is None else [_repeated(row, calm) for row in market.has_bar],
    )


def _with_calm(rng: random.Random, bars: Sequence[Sequence[float]], calm: Sequence[int]) -> list[list[float]]:
    drawn: list[list[float]] = []
    for bar, more in zip(bars, calm, strict=True):
        drawn.append(list(bar))
        for _ in range(more):
            close = drawn[-1][3]
            high = close + rng.random() * REACH * max(bar[1] - close, 0.0)
            low = close - rng.random() * REACH * max(close - bar[2], 0.0)
            opened, closed = (rng.choice((close, high, low, low + rng.random() * (high - low))) for _ in range(2))
            drawn.append([opened, max(high, opened, closed), min(low, opened, closed), closed, *bar[4:]])
    return drawn


def _repeated(row: Sequence[bool], calm: Sequence[int]) -> list[bool]:
    return [seen for seen, more in zip(row, calm, strict=False) for _ in range(more + 1)]


def _moved(
    rng: random.Random, old: Sequence[Settlement], market: Scenario, places: Sequence[int], calm: Sequence[int]
) -> list[Settlement]:
    """Each settlement after as many calm bars as lie before its own bar, and some of those that follow it."""
    moved = []
    for ts, rate, known in old:
        place = (ts - market.start_ms) / market.step_ms
        before = [n for n, at in enumerate(places) if at <= place]
        added = sum(calm[: len(before) - 1]) + rng.randrange(calm[len(before) - 1] + 1) if before else 0
        moved.append((ts + added * market.step_ms, rate, known))
    return sorted(moved)
