"""Many variations of W1 in one process, by each engine that runs them over one set of bars; for `make bench-peers`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from contestants import Work
from measuring import ROOT, Process, process

FASTS, SLOWS = range(5, 25, 2), range(30, 130, 5)
VARIATIONS_OF = "W1, {}, 200 variations (10 fast averages, 20 slow ones), one process"
PERIODS = ("--fasts", *map(str, FASTS), "--slows", *map(str, SLOWS))


class Place(NamedTuple):
    """Where the variations are run: the folder of the work, the peers' interpreter, and the work."""

    folder: Path
    peers: Path
    work: Work

    def raptorbt(self, mode: str) -> Process:
        """Them in a mode of the peer's program."""
        script = str(ROOT / "benchmarks" / "peers" / "w1_raptorbt.py")
        return process(self.folder, str(self.peers), script, mode, *self.work.words(), *PERIODS)


WAYS: dict[str, Callable[[Place], Process]] = {
    "raptorbt, run after run": lambda place: place.raptorbt("loop"),
    "raptorbt, its batch": lambda place: place.raptorbt("batch"),
}


def vary(place: Place, repeats: int, only: str) -> list[dict[str, Any]]:
    """A row a way whose name has `only` in it, their processes in turns."""
    ways = {name: way for name, way in WAYS.items() if only in name}
    found: dict[str, list[Process]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(way(place))
    return [_row(name, turns) for name, turns in found.items()]


def _row(name: str, turns: list[Process]) -> dict[str, Any]:
    """Each program prints a JSON object: how many trades all variations had, a digest, and the seconds of the runs."""
    told = [json.loads(each.out.splitlines()[-1]) for each in turns]
    spent = {key: [getattr(each.spent, key) for each in turns] for key in ("wall_s", "cpu_s", "peak_mb")}
    digests = sorted({each["sha256"][:16] for each in told})
    inside_s = [each["inside_s"] for each in told]
    return {"name": name, **spent, "inside_s": inside_s, "count": told[-1]["trades"], "sha256": digests}
