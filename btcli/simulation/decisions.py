"""Since when a run could decide, put together from what the engine noticed and the bars that followed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from btcli.analysis.deciding import Deciding
from btcli.engine.result import EngineResult
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
