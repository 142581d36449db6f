"""`btcli run --trial SWEEP:17`: one trial of a sweep as a run of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from btcli.config.loading import load_system
from btcli.config.resolved import identity
from btcli.errors import ConfigError, Problem, RequestError
from btcli.frozen import frozen
from btcli.research.changed import config_differences
from btcli.research.finding import NamedTrial, find_trial, read_sweep
from btcli.research.plan import written_sets
from btcli.research.rows import FIGURES, cell
from btcli.research.table import RETURNS, select
from btcli.simulation.parts import AD_HOC, chosen_window
from btcli.timeframe import utc_text
from btcli.workflows.run.run import RunRequest

NOT_COMPARED = "null_reasons"  # a run has reasons of more figures


@frozen
class Tried:
    """A trial and its row, None where the sweep has not come to it."""

    sweep_id: str
    trial: int
    row: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """As `--trial` takes it."""
        return f"{self.sweep_id}:{self.trial}"

    def differences(self, metrics: Mapping[str, Any]) -> Iterator[str]:
        """What the row says otherwise than the metrics of the run, to the last bit."""
        row = self.row or {}
        for name in ("status", *FIGURES):
            if name == NOT_COMPARED:
                continue
            value = cell(FIGURES.get(name, ""), metrics[name])
            if row.get(name) != value:
                yield f"{name} was {row.get(name)} in the sweep, is {value}"


def trial_request(request: RunRequest, named: str, sweeps: Path) -> tuple[RunRequest, Tried]:
    """The request of a run with the window and the values of a trial.

    Raises RequestError for a trial that there is not, one that could not be run, a window or values beside it, and a
    system file that is another than that of the sweep.
    """
    found = find_trial(named, sweeps)
    plan = found.plan
    changes = plan.space.changes(found.trial)
    if request.window is not None or request.start or request.end or request.overrides:
        said = "has a window and values of its own"
        raise RequestError(said, where=f"--trial {named}", hint="leave --window, --start, --end and --set out")
    sets = (*plan.source.sets, *written_sets(changes))
    _require_same(request.system, found, sets)
    row = _row(found)
    if row is not None and row["result"] is None:
        raise RequestError(f"trial {found.trial} could not be run: {row['reason']}", where=f"--trial {named}")
    return replace(request, overrides=sets, **_window(found, request.system)), Tried(plan.sweep_id, found.trial, row)


def _require_same(file: Path, found: NamedTrial, sets: tuple[str, ...]) -> None:
    """Raise RequestError where the system file says another system than it did when the sweep was planned."""
    plan = found.plan.beside(file.parent)
    then = identity(plan.source.system(plan.space.changes(found.trial)))
    changes = list(config_differences(then, identity(load_system(file, sets))))
    if changes:
        where = f"--trial {found.plan.sweep_id}:{found.trial}"
        raise ConfigError((Problem(f"{file} is not the system of this sweep any more", where), *changes))


def _row(found: NamedTrial) -> dict[str, Any] | None:
    question = f"SELECT * EXCLUDE ({RETURNS}) FROM trials WHERE trial = $1"
    return next(iter(select(read_sweep(found.folder).files, question, found.trial)), None)


def _window(found: NamedTrial, file: Path) -> dict[str, Any]:
    """The window by its name where the file has it still, else by its moments."""
    plan = found.plan
    if plan.window_name == AD_HOC:
        start_ms, end_ms = plan.window_ms
        return {"start": utc_text(start_ms), "end": utc_text(end_ms)}
    _, window = chosen_window(load_system(file, plan.source.sets), plan.window_name, None, None)
    if (window.start_ms, window.end_ms) != plan.window_ms:
        said = f"window {plan.window_name!r} is another than when the sweep was planned"
        raise RequestError(said, where=str(file), hint="put it back, or sweep again")
    return {"window": plan.window_name}
