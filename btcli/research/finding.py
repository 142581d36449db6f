"""What people mean when they name a sweep, or a trial of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from btcli.artifacts.order import in_order
from btcli.errors import AccessError, RequestError
from btcli.legible.names import told_apart
from btcli.research.folder import DONE, PLAN, SweepDir
from btcli.research.plan import Plan

LATEST = "latest"


class FoundSweep(NamedTuple):
    """A sweep with the files that hold its rows; `is_done` where these are all of them."""

    folder: SweepDir
    plan: Plan
    files: tuple[Path, ...]
    is_done: bool


def sweep_folders(sweeps: Path) -> tuple[Path, ...]:
    """Every sweep below a folder, unfinished ones too, the one that was asked for last at the end."""
    plans = (path for path in sweeps.glob(f"*/*/*/{PLAN}") if path.is_file())
    return tuple(in_order(sweeps, (path.parent for path in plans), PLAN, DONE))


def find_sweep(named: str, sweeps: Path, option: str = "--out") -> SweepDir:
    """A sweep by its folder, its id, a unique beginning of that, or "latest"; `option` named the folder of sweeps.

    Raises RequestError when there is none, or more than one.
    """
    if named and (Path(named) / PLAN).is_file():
        return SweepDir(Path(named))
    folders = sweep_folders(sweeps)
    chosen = folders[-1:] if named == LATEST else [each for each in folders if named and each.name.startswith(named)]
    if not chosen:
        raise _absent(named, sweeps, folders, option)
    if len(chosen) > 1:
        raise RequestError(f"{named!r} is the beginning of several sweeps", hint=told_apart(chosen))
    return SweepDir(chosen[0])


def _absent(named: str, sweeps: Path, folders: Sequence[Path], option: str) -> RequestError:
    if named not in ("", LATEST) and Path(named).is_dir():
        hint = f"sweeps lie in {sweeps}/SYSTEM/WINDOW, each in a folder of its own"
        return RequestError(f"has no {PLAN}, and so is no sweep", where=named, hint=hint)
    if not folders:
        hint = f"btcli sweep makes one; {option} names another folder"
        return RequestError(f"there are no sweeps in {sweeps}", hint=hint)
    ids = ", ".join(each.name for each in folders[-5:])
    return RequestError(f"there is no sweep {named!r} in {sweeps}", hint=f"there is {ids}")


def read_sweep(folder: SweepDir) -> FoundSweep:
    """A sweep with its rows: in the table, or while it is not done in the chunks that are.

    Raises AccessError for a folder that cannot be read.
    """
    plan = folder.plan()
    if plan is None:
        raise AccessError("is no sweep", where=str(folder.path), hint="btcli sweep makes one")
    if folder.told(plan) is not None:
        return FoundSweep(folder, plan, (folder.table,), True)
    chunks, _ = folder.done(plan)
    return FoundSweep(folder, plan, tuple(chunks.values()), False)


class NamedTrial(NamedTuple):
    """A trial of a sweep by its number, from 1 on."""

    folder: SweepDir
    plan: Plan
    trial: int


def find_trial(named: str, sweeps: Path) -> NamedTrial:
    """What `SWEEP:17` names. Raises RequestError where there is no such sweep or trial."""
    sweep, colon, number = named.rpartition(":")
    if not colon or not number.isdecimal() or len(number) > 9:
        raise RequestError(f"{named!r} names no trial", where="--trial", hint="write SWEEP:17, as latest:17")
    folder = find_sweep(sweep, sweeps, "--sweeps")
    plan = folder.plan()
    assert plan is not None
    if not 1 <= int(number) <= plan.space.trials:
        said = f"the sweep has trials 1 to {plan.space.trials:,}, not {int(number):,}"
        raise RequestError(said, where="--trial")
    return NamedTrial(folder, plan, int(number))
