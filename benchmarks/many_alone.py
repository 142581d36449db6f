"""Holds the scores of many variations of W1 against a run of its own of each: store, rows, events and metrics.json.

`python benchmarks/many_alone.py SYSTEM --window NAME --data STORE --fasts N… --slows N…` prints one JSON object: how
many were equal in every figure, to the last bit, and where the others differ; also: --set KEY=VALUE, --threads N.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from many_w1 import averages, parser, trials_of, world_of_all

from btcli.config.changing import changed, tree_of
from btcli.config.loading import load_system
from btcli.config.model import System, Window
from btcli.market.loader import load_run_inputs
from btcli.market.store.reading import StoreReader, open_store
from btcli.market.store.where import Store
from btcli.simulation.many import run_many
from btcli.simulation.parts import chosen_window, prepared
from btcli.simulation.recorded import simulate_into
from btcli.simulation.trials import Refused

Row = dict[str, Any]


def alone(system: System, named: tuple[str, Window], reader: StoreReader, changes: dict[str, str]) -> Row:
    """The metrics of a run of its own, with no more history than it needs by itself."""
    parts = prepared(changed(system, tree_of(system), changes), *named, Path())
    with TemporaryDirectory() as folder:
        return simulate_into(Path(folder), parts, load_run_inputs(reader, parts.system, parts.spans)).metrics


def differing(figures: Row, metrics: Row) -> list[str]:
    """The figures that have another value in the metrics, or none."""
    reasons = figures["null_reasons"].items()
    names = [name for name, value in figures.items() if name != "null_reasons" and value != metrics[name]]
    return names + [f"null_reasons.{name}" for name, why in reasons if metrics["null_reasons"].get(name) != why]


def main() -> None:
    """Compare and tell."""
    asked = parser().parse_args()
    system = load_system(asked.system, asked.sets)
    pairs = [(fast, slow) for fast in asked.fasts for slow in asked.slows]
    found = run_many(world_of_all(system, asked), trials_of(pairs), threads=asked.threads)
    apart: Row = {}
    with open_store(Store(asked.data, system.env)) as reader:
        named = chosen_window(system, asked.window, None, None)
        for pair, figures in zip(pairs, found, strict=True):
            assert not isinstance(figures, Refused), figures
            if names := differing(figures, alone(system, named, reader, averages(*pair))):
                apart[f"{pair}"] = names
    print(json.dumps({"trials": len(found), "figures": len(found[0]) - 1, "equal": len(found) - len(apart)} | apart))


if __name__ == "__main__":
    main()
