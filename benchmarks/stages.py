"""Runs one btcli command in this process and prints on stderr, as JSON, the seconds of processors in each stage of it.

`python benchmarks/stages.py run SYSTEM …`. The command's exit code is that of this process.
A stage's functions are found by name and wrapped; time spent in another stage inside one counts for the inner one.
Threads count for the stage that is open; what a second process does counts for none.
"""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator
from time import process_time
from types import ModuleType
from typing import Any

import btcli
from btcli.cli.edge.main import answered

STAGES = {
    "preparing": ("load_system", "prepared", "identity_of", "start_run"),
    "preflight": ("check_health",),
    "store read": ("StoreReader.rows", "load_run_inputs"),
    "features": ("compute_features",),
    "world": ("world_of",),
    "engine": ("simulate",),
    "artifacts": ("Recorder.events", "Recorder.trades", "Recorder.equity", "Recorder.close", "RunDir.complete"),
    "figures": ("MetricsFold.trades", "MetricsFold.equity", "CostFold.events", "CostFold.trades", "compute_metrics"),
}


class Clock:
    """Seconds by stage since this process began; the clock of the innermost stage runs, all others stand."""

    def __init__(self) -> None:
        self.spent_s = dict.fromkeys(("start and rest", *STAGES), 0.0)
        self._open, self._since = ["start and rest"], 0.0

    def turn(self) -> None:
        """Write what has passed to the stage that was running."""
        now = process_time()
        self.spent_s[self._open[-1]] += now - self._since
        self._since = now

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with its time written to a stage."""

        @functools.wraps(function)
        def measured(*args: Any, **named: Any) -> Any:
            self.turn()
            self._open.append(stage)
            try:
                return function(*args, **named)
            finally:
                self.turn()
                self._open.pop()

        return measured


def modules() -> list[ModuleType]:
    """Every module of btcli, imported now: a name that is imported later finds what is wrapped."""
    found = pkgutil.walk_packages(btcli.__path__, "btcli.")
    return [importlib.import_module(each.name) for each in found if not each.name.endswith("__main__")]


def holders(everything: list[ModuleType], name: str) -> Iterator[tuple[Any, str]]:
    """Where a function is to be replaced: each module that has it by this name, or its class."""
    owner, _, method = name.rpartition(".")
    for module in everything:
        if owner and isinstance(kind := vars(module).get(owner), type) and kind.__module__ == module.__name__:
            yield kind, method
        elif not owner and callable(vars(module).get(name)):
            yield module, name


def wrap(clock: Clock) -> None:
    """Wrap the functions of all stages. Ends this program when one of them is not there any more."""
    everything = modules()
    for stage, names in STAGES.items():
        for name in names:
            places = list(holders(everything, name))
            if not places:
                raise SystemExit(f"stages.py: btcli has no {name} any more; put its successor into STAGES[{stage!r}]")
            for holder, attribute in places:
                setattr(holder, attribute, clock.timed(stage, getattr(holder, attribute)))


def main() -> None:
    """Run the command and tell."""
    clock = Clock()
    wrap(clock)
    code = answered(sys.argv[1:])
    clock.turn()
    print(json.dumps({stage: round(spent, 4) for stage, spent in clock.spent_s.items()}), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
