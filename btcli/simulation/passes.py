"""One pass of a prepared run over its inputs, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from btcli.analysis.metrics import MetricsFold, MetricsInput
from btcli.engine.world import World, world_of
from btcli.market.loader import RunInputs
from btcli.simulation.depth import at_one_depth
from btcli.simulation.parts import Prepared

if TYPE_CHECKING:
    from btcli.engine.asked import Asked
    from btcli.engine.loop import AllLooks, Answers
    from btcli.engine.result import EngineResult
    from btcli.engine.sink import EventSink

Progress = Callable[[int, int], None]


def world_for(parts: Prepared, inputs: RunInputs, like: World | None = None) -> World:
    """What all passes of a prepared run over these inputs share; with `like` its features, of the same closed bars.

    Raises UnhealthyData for what no exchange could step through.
    """
    columns = None if like is None else like.columns
    return world_of(parts.system, inputs, parts.instruments, parts.plans, columns, parts.programs)


def one_pass(
    parts: Prepared,
    world: World,
    path: str,
    sink: EventSink,
    progress: Progress | None,
    answers: Answers | None = None,
    started: Callable[[], None] | None = None,
    asked: Asked | None = None,
    looks: AllLooks | None = None,
    *,
    notes_standing: bool = False,
) -> EngineResult:
    """Run the whole window once on one path and tell the sink; `started` is called once the first step is done."""
    from btcli.engine.loop import Pass, simulate  # trials by rules are run without it

    one = Pass(parts.makers, path, answers, asked, looks, progress, started, notes_standing=notes_standing)
    return at_one_depth(lambda: simulate(world, one, sink))


def fold_of(parts: Prepared) -> MetricsFold:
    """What gathers the figures of a pass."""
    return MetricsFold(parts.system.account.initial_equity_usdt, parts.window.start_ms)


def outcome_of(result: EngineResult, measured: MetricsInput) -> dict[str, Any]:
    """How a run ends when the extremes inside the bars come in this order."""
    drawdown = measured.equity.drawdown
    return {
        "status": result.status,
        "final_equity_usdt": result.final_equity_usdt,
        "max_drawdown_pct": drawdown.pct if drawdown else 0.0,
        "trades": len(measured.trades),
        "liquidations": result.counters.liquidations,
    }
