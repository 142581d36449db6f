"""Times many runs of W1 by rules over one world: each of some fast averages with each of some slow ones.

`python benchmarks/many.py SYSTEM --window NAME --data STORE [--fast N] [--slow N] [--bars N] [--threads N]` prints one
JSON object: seconds with the world built, memory, where a trial spends its time, and a digest of the results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT, call

sys.path.insert(0, str(ROOT))

from btcli.config.changing import changed, tree_of
from btcli.config.loading import load_system
from btcli.config.model import System, Window
from btcli.engine.columns import ColumnCache
from btcli.engine.world import World
from btcli.exchange.face.scoring import Scorer
from btcli.market.loader import load_run_inputs
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.simulation.many import TOGETHER, figures, run_many
from btcli.simulation.parts import chosen_window, prepared
from btcli.simulation.passes import world_for
from btcli.simulation.scores import score_of
from btcli.simulation.trials import Stage, Trial

PER_MB = 1 << 20 if sys.platform == "darwin" else 1 << 10
FIRST_FAST, FIRST_SLOW, TILE = 3, 30, 32


def trials(fast: int, slow: int) -> list[Trial]:
    """So many fast by so many slow averages: none of the slow ones is faster than one of the fast.

    In tiles of slow ones, so that the columns of a tile stay in the cache while every fast one meets them.
    """
    step = max(1, 200 // slow)
    slows = range(FIRST_FAST + fast + FIRST_SLOW, FIRST_FAST + fast + FIRST_SLOW + slow * step, step)
    return [
        Trial({"features.ltf.f": f"ema(close, {FIRST_FAST + n})", "features.ltf.s": f"ema(close, {last})"})
        for first in range(0, slow, TILE)
        for n in range(fast)
        for last in slows[first : first + TILE]
    ]


def world(system_file: Path, window: str, store: Path, bars: int | None, asked: Sequence[Trial]) -> World:
    """The world of a system's window, or of its first bars, with the history that the slowest trial needs."""
    system = load_system(system_file)
    name, span = chosen_window(system, window, None, None)
    if bars is not None:
        span = Window.between(span.start_ms, span.start_ms + bars * system.timeframes.exec.ms)
    parts = prepared(system, name, span, system_file.parent)
    slowest = prepared(changed(parts.system, tree_of(parts.system), asked[-1].changes), name, span, system_file.parent)
    with open_store(Store(store, system.env)) as reader:
        return world_for(parts, load_run_inputs(reader, parts.system, slowest.spans))


def stages(built: World, some: Sequence[Trial]) -> dict[str, float]:
    """Milliseconds of processors that a trial spends getting ready, being run and being counted."""
    stage, scorer, window = Stage(built), Scorer(), built.inputs.window
    spent: dict[str, list[float]] = {"ready": [], "run": [], "figures": []}
    for each in some:
        ready = stage.ready(each)
        initial_usdt, span = ready.system.account.initial_equity_usdt, (window.start_ms, window.end_ms)

        def count(system: System = ready.system) -> None:
            figures(score_of(scorer, system, window.start_ms))

        spent["ready"].append(call(lambda each=each: stage.ready(each)).cpu_s)
        scorer.begin(ready.market, ready.instruments, ready.terms, initial_usdt, span, ready.rules)
        spent["run"].append(call(lambda: scorer.run(lambda: True)).cpu_s)
        spent["figures"].append(call(count).cpu_s)
    mean = {name: sum(each) / len(each) for name, each in spent.items()}
    return {f"{name}_ms": each * 1e3 for name, each in mean.items()} | {
        "ns_per_bar": mean["run"] * 1e9 / built.line.steps
    }


def peak_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MB


def resident_mb() -> float:
    """The memory that this process holds now; Linux alone tells it, elsewhere NaN."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() / (1 << 20) if told.exists() else float("nan")


def grown_mb(built: World, asked: Sequence[Trial], threads: int) -> float:
    """How much more memory is held at most once every thread has run its first trials; all columns were made before."""
    cache = ColumnCache()
    run_many(built, asked, threads, cache=cache)
    held = run_many(built, asked, threads, keep=lambda _: resident_mb(), cache=cache)
    figures_mb, begun = [each for each in held if isinstance(each, float)], TOGETHER * threads
    return max(figures_mb[begun:], default=0.0) - max(figures_mb[:begun])


def measured(built: World, asked: Sequence[Trial], threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of each repetition, memory before the first trial, after a tenth and after all, growth, and a digest."""
    run_many(built, asked[:threads], threads)  # compiles
    before = peak_mb()
    run_many(built, asked[: max(1, len(asked) // 10)], threads)
    tenth, spent, digests = peak_mb(), [], set()
    for _ in range(repeats):
        kept: list[Any] = []
        spent.append(call(lambda kept=kept: kept.extend(run_many(built, asked, threads))))
        digests.add(hashlib.sha256(json.dumps(kept).encode()).hexdigest())
    (digest,) = digests  # the results of all repetitions are the same
    return {
        "wall_s": [each.wall_s for each in spent],
        "cpu_s": [each.cpu_s for each in spent],
        "peak_mb": {"before": before, "after a tenth": tenth, "after all": peak_mb()},
        "grown_mb": grown_mb(built, asked, threads),
        "results_sha256": digest,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", type=Path)
    parser.add_argument("--window", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fast", type=int, default=10)
    parser.add_argument("--slow", type=int, default=20)
    parser.add_argument("--bars", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    asked = trials(given.fast, given.slow)
    built = world(given.system, given.window, given.data, given.bars, asked)
    found = measured(built, asked, given.threads, given.repeats)
    each = stages(built, asked[:: max(1, len(asked) // 10)])
    print(
        json.dumps({"bars": built.line.steps, "trials": len(asked), "threads": given.threads, **found, "a trial": each})
    )


if __name__ == "__main__":
    main()
