"""Many variations of W1 in one process, by each engine that runs them over one set of bars; for `make bench-peers`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contestants import Work
from measuring import ROOT, process

FASTS, SLOWS = range(5, 25, 2), range(30, 130, 5)
VARIATIONS_OF = "W1, {}, 200 variations (10 fast averages, 20 slow ones), one process"
MODES = {"raptorbt, run after run": "loop", "raptorbt, its batch": "batch"}


def vary(folder: Path, peers: Path, work: Work, repeats: int, only: str) -> list[dict[str, Any]]:
    """A row a way whose name has `only` in it, their processes in turns."""
    modes = {name: mode for name, mode in MODES.items() if only in name}
    found: dict[str, list[tuple[Any, dict[str, Any]]]] = {name: [] for name in modes}
    script = str(ROOT / "benchmarks" / "peers" / "w1_raptorbt.py")
    periods = ["--fasts", *map(str, FASTS), "--slows", *map(str, SLOWS)]
    for _ in range(repeats):
        for name, mode in modes.items():
            ended = process(folder, str(peers), script, mode, *work.words(), *periods)
            found[name].append((ended.spent, json.loads(ended.out.splitlines()[-1])))
    return [_row(name, work, turns) for name, turns in found.items()]


def _row(name: str, work: Work, turns: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    spent = {key: [getattr(one, key) for one, _ in turns] for key in ("wall_s", "cpu_s", "peak_mb")}
    digests = sorted({told["sha256"][:16] for _, told in turns})
    return {"name": name, "work": work.name, **spent, "count": turns[-1][1]["trades"], "sha256": digests}
