"""Many variations of W1 in one process, by each engine that runs them over one set of bars; for `make bench-peers`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from contestants import AGREED, Work, complaint
from measuring import ROOT, Process, process, python

FASTS, SLOWS = range(5, 25, 2), range(30, 130, 5)
VARIATIONS_OF = "W1, {}, 200 variations (10 fast averages, 20 slow ones), one process"
RICH = "account.initial_equity_usdt=100000000"  # no variation empties it: the peer's runs have none to be emptied
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

    def btcli(self, *more: str) -> Process:
        """Them as trials of the rules over one world; `more`: settings."""
        return self._ruled("many_w1.py", *more)

    def swept(self, *more: str) -> Process:
        """Them as one command, whose table is on the disk in the end; `more`: settings."""
        return self._ruled("sweep_w1.py", *more)

    def _ruled(self, script: str, *more: str) -> Process:
        load = self.work.load("w1_rules.yml", RICH, *more)
        sets = (word for each in load.sets for word in ("--set", each))
        words = [load.system, "--window", load.window, "--data", load.store, *PERIODS, *sets]
        return python(self.folder, str(ROOT / "benchmarks" / script), *words)


WAYS: dict[str, Callable[..., Process]] = {  # of a place; what follows are settings of a system
    "raptorbt, run after run": lambda place, *_: place.raptorbt("loop"),
    "raptorbt, its batch": lambda place, *_: place.raptorbt("batch"),
    "btcli, run_many": lambda place, *more: place.btcli(*more),
    "btcli, sweep": lambda place, *more: place.swept(*more),
}


def vary(place: Place, repeats: int, only: str) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for the first way and for those with `only` in their name, in turns; and why others could not do it.

    Nobody is timed whose variations have other numbers of trades than those of the first, on what that one can state.
    """
    if not any(only in name for name in WAYS):
        return [], []
    base = next(iter(WAYS))
    ways = {name: way for name, way in WAYS.items() if only in name or name == base}
    counts, unable = _told(ways[base](place))["counts"], []
    for name, way in list(ways.items()):
        try:
            told = _told(way(place, *AGREED))
        except SystemExit as ended:
            unable.append(f"{name}: {complaint(str(ended))}")
            del ways[name]
            continue
        if told["counts"] != counts:
            unable.append(f"{name}: other numbers of trades than {base}")
            del ways[name]
    found: dict[str, list[Process]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(way(place))
    return [_row(name, turns) for name, turns in found.items()], unable


def _told(ended: Process) -> dict[str, Any]:
    """What each program prints: trades of all and of each variation, a digest, and the seconds of the runs."""
    told: dict[str, Any] = json.loads(ended.out.splitlines()[-1])
    return told


def _row(name: str, turns: list[Process]) -> dict[str, Any]:
    told = [_told(each) for each in turns]
    spent = {key: [getattr(each.spent, key) for each in turns] for key in ("wall_s", "cpu_s", "peak_mb")}
    digests = sorted({each["sha256"][:16] for each in told})
    inside_s = [each["inside_s"] for each in told]
    return {"name": name, **spent, "inside_s": inside_s, "count": told[-1]["trades"], "sha256": digests}
