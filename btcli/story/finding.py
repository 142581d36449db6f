"""What people mean when they name a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from btcli.artifacts.order import in_order
from btcli.errors import AccessError, BtcliError, Problem, RequestError
from btcli.legible.names import told_apart

MANIFEST = "run_manifest.json"


PARTIAL = ".partial"


class FoundRun(NamedTuple):
    """A run's folder, and what is wrong with the runs that were passed over on the way to it."""

    path: Path
    skipped: tuple[Problem, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each run passed over."""
        return tuple(map(str, self.skipped))


def run_folders(runs: Path, option: str = "--out") -> tuple[Path, ...]:
    """Every run below `runs`, unfinished and damaged ones too, the one that was made last at the end.

    Raises AccessError when `runs` is no folder; `option` is what names another.
    """
    if runs.exists() and not runs.is_dir():
        raise AccessError("is a file, not a folder of runs", where=str(runs), hint=f"{option} names the folder of runs")
    folders = (path.parent for path in runs.glob("*/*/*/*") if path.name == MANIFEST)
    return tuple(in_order(runs, folders, MANIFEST))


def find_run(named: str, runs: Path, option: str = "--out") -> FoundRun:
    """A run by its folder, its id, a unique prefix of it, or "latest" (the last complete one).

    A run that cannot be read stands in nobody's way: it is passed over, unless its whole name was given. `option`
    is what names another folder of runs.
    Raises RequestError when there is no such run, or more than one.
    """
    if named and os.path.lexists(Path(named) / MANIFEST):
        return FoundRun(Path(named))
    complete = [path for path in run_folders(runs, option) if path.suffix != PARTIAL]
    exact = [path for path in complete if path.name == named]
    if len(exact) == 1:
        return FoundRun(exact[0])
    chosen = complete if named == "latest" else [path for path in complete if path.name.startswith(named)]
    if not complete:
        raise RequestError(
            f"there are no complete runs in {runs}", hint=f"btcli run makes one; {option} names another folder"
        )
    if not chosen:
        raise RequestError(f"there is no run {named!r} in {runs}", hint="btcli runs lists them")
    return _latest(chosen, runs) if named == "latest" else _only(named, chosen)


def skipped(folder: Path, error: BtcliError) -> tuple[Problem, ...]:
    """What is wrong with a run that is passed over, with its name in front."""
    return tuple(
        replace(problem, message=f"run {folder.name} is passed over: {problem.message}") for problem in error.problems
    )


def _latest(folders: Sequence[Path], runs: Path) -> FoundRun:
    passed: list[Problem] = []
    for folder in reversed(folders):
        wrong = _unreadable(folder)
        if not wrong:
            return FoundRun(folder, tuple(passed))
        passed += wrong
    error = AccessError(f"none of the {len(folders)} runs in {runs} can be read", hint="btcli run makes a new one")
    error.problems = (*error.problems, *passed)
    raise error


def _only(named: str, folders: Sequence[Path]) -> FoundRun:
    if len(folders) == 1:
        return FoundRun(folders[0])  # whoever reads it says what is wrong with it
    wrong = {folder: _unreadable(folder) for folder in folders}
    sound = [folder for folder in folders if not wrong[folder]]
    if len(sound) == 1:
        return FoundRun(sound[0], tuple(problem for each in wrong.values() for problem in each))
    raise RequestError(f"{named!r} is the beginning of several runs", hint=told_apart(sound or folders))


def _unreadable(folder: Path) -> tuple[Problem, ...]:
    from btcli.artifacts.config_shape import require_config
    from btcli.artifacts.manifest import read_manifest

    try:
        require_config(read_manifest(folder).inputs.config, str(folder / MANIFEST))
    except (AccessError, RequestError) as error:
        return skipped(folder, error)
    return ()
