"""Since when a run could decide, put together from what the engine noticed and the bars that followed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from btcli.analysis.deciding import Deciding
from btcli.engine.result import EngineResult
from btcli.engine.world import World
from btcli.market.loader import RunInputs


def deciding_of(result: EngineResult, inputs: RunInputs) -> Deciding:
    """Since when the run could decide, and the first open of each symbol from there on."""
    known = [first for first in result.first_decisions.values() if first is not None]
    earliest = min(known, default=None)
    return Deciding(
        decisions=result.decisions,
        first_ms={symbol: first and first.ts for symbol, first in result.first_decisions.items()},
        steps_before=earliest.steps if earliest else 0,
        end_ms=inputs.window.end_ms,
        opens={} if earliest is None else _opens_since(inputs, earliest.ts),
    )


def _opens_since(inputs: RunInputs, ts: int) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for symbol in inputs.symbols:
        bars = symbol.bars["exec"]
        place = int(np.searchsorted(bars.ts_open, ts))
        is_inside = place < len(bars.ts_open) and int(bars.ts_close[place]) <= inputs.window.end_ms
        found[symbol.symbol] = float(bars.open[place]) if is_inside else None
    return found


def undecided(result: EngineResult) -> Iterator[str]:
    """A sentence for every symbol for which no decision was possible in the whole window, and why."""
    for symbol, first in result.first_decisions.items():
        if first is None:
            why = "; ".join(result.not_ready[symbol]) or "no ltf bar of it closed before the last step"
            yield f"{symbol}: no decision was possible in the whole window: {why}"


def without_features(world: World) -> Iterator[str]:
    """A sentence for every feature that had no value after it had had one; at the last close nobody is asked."""
    start_ms, end_ms = world.line.start_ms, world.line.ts_close[-1] if world.line.steps else 0
    for symbol, plan, columns in zip(world.inputs.symbols, world.plans, world.columns, strict=True):
        for feature in plan.features:
            closes = symbol.bars[feature.role].ts_close
            first, last = np.searchsorted(closes, start_ms, "right"), np.searchsorted(closes, end_ms)
            is_known = ~np.isnan(columns[feature.role][feature.name][first:last])
            lost = int((~is_known[is_known.argmax() :]).sum()) if is_known.any() else 0
            if lost:
                shown = feature.text if feature.text == feature.name else f"{feature.name} ({feature.text})"
                yield (
                    f"{symbol.symbol}: {feature.role}.{shown} had no value at {lost:,} of {last - first:,} closes of "
                    f"{feature.role}: nothing was decided while it had none"
                )
