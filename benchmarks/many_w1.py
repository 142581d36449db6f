"""Runs W1 in rules with many pairs of averages over one world and prints a JSON object; for `make bench-peers`.

`python benchmarks/many_w1.py SYSTEM --window NAME --data STORE --fasts N… --slows N… [--set KEY=VALUE]… [--threads N]`
The seconds are those of the runs: the world is built before them, averages and rules are worked out in them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import ROOT

sys.path.insert(0, str(ROOT))

from btcli.config.changing import changed, tree_of
from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.engine.world import World
from btcli.market.loader import load_run_inputs
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.simulation.many import run_many
from btcli.simulation.parts import chosen_window, prepared
from btcli.simulation.passes import world_for
from btcli.simulation.scores import Score
from btcli.simulation.trials import Trial


def averages(fast: int, slow: int) -> dict[str, str]:
    """What a variation changes in the system."""
    return {"features.ltf.f": f"ema(close, {fast})", "features.ltf.s": f"ema(close, {slow})"}


def world_of_all(system: System, asked: argparse.Namespace) -> World:
    """The world of the system's window, with the history that the slowest averages need."""
    slowest = changed(system, tree_of(system), averages(max(asked.fasts), max(asked.slows)))
    window = chosen_window(system, asked.window, None, None)
    parts, spans = (prepared(each, *window, asked.system.parent) for each in (system, slowest))
    with open_store(Store(asked.data, system.env)) as reader:
        return world_for(parts, load_run_inputs(reader, parts.system, spans.spans))


def kept(score: Score) -> tuple[int, float, float]:
    """Trades, fees and net profit of a variation."""
    figures = score.figures()
    return figures["trades"], figures["fees_usdt"], figures["net_profit_usdt"]


def trials_of(pairs: Sequence[tuple[int, int]]) -> list[Trial]:
    """A trial for each pair of a fast and a slow average."""
    return [Trial(averages(fast, slow)) for fast, slow in pairs]


def parser() -> argparse.ArgumentParser:
    """The command line of what runs pairs of averages."""
    words = argparse.ArgumentParser()
    words.add_argument("system", type=Path)
    words.add_argument("--window", required=True)
    words.add_argument("--data", type=Path, required=True)
    words.add_argument("--fasts", type=int, nargs="+", required=True)
    words.add_argument("--slows", type=int, nargs="+", required=True)
    words.add_argument("--set", dest="sets", action="append", default=[])
    words.add_argument("--threads", type=int)
    return words


def main() -> None:
    """Run them all and tell."""
    asked = parser().parse_args()
    world = world_of_all(load_system(asked.system, asked.sets), asked)
    trials = trials_of([(fast, slow) for fast in asked.fasts for slow in asked.slows])
    begun_s = time.perf_counter()
    scores = run_many(world, trials, threads=asked.threads, keep=kept)
    inside_s = time.perf_counter() - begun_s
    counts = [score[0] for score in scores]
    digest = hashlib.sha256(json.dumps(scores).encode()).hexdigest()
    print(json.dumps({"trades": sum(counts), "counts": counts, "sha256": digest, "inside_s": inside_s}))


if __name__ == "__main__":
    main()
