"""`btcli preflight` and `btcli heal`: every window of every system that is meant, checked and, on request, healed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.errors import Problem, RequestError
from btcli.frozen import frozen
from btcli.market.store.where import Stores
from btcli.registry.asking import remember_seals
from btcli.simulation.parts import Prepared, prepared
from btcli.tools.planning import HealPlan
from btcli.workflows.advice.commands import Words
from btcli.workflows.advice.fitting import run_on_what_is_stored
from btcli.workflows.run.preflight import (
    UNASKED,
    Healing,
    PreflightOutcome,
    PreflightRequest,
    named_where,
    plan_of,
    preflight,
)
from btcli.workflows.system_files import system_files


@frozen
class CheckRequest:
    """Which systems (None: those found here) and which window of them (None: all) to check.

    `heal` repairs; `plan` only says what that would cost.
    """

    system: Path | None
    stores: Stores
    window: str | None = None
    overrides: tuple[str, ...] = ()
    heal: bool = False
    plan: bool = False
    healing: Healing = UNASKED


@frozen
class CheckedWindow:
    """One window of one system, and what its check said."""

    file: Path
    system: str
    window: str
    outcome: PreflightOutcome
    plan: HealPlan | None = None
    steps: tuple[str, ...] = ()  # what may be done next, each with its command
    warnings: tuple[str, ...] = ()  # of the system file, whatever the data
    named: tuple[Problem, ...] = ()  # where it names what is not healthy and not traded


def check_systems(request: CheckRequest) -> tuple[CheckedWindow, ...]:
    """Check, and with `heal` repair, in the order of the files and of their windows.

    Raises ConfigError and RequestError for what cannot be checked, AccessError when healing has no source.
    """
    return tuple(
        _checked(request, file, system, window)
        for file in system_files(request.system)
        for system in (load_system(file, request.overrides),)
        for window in _windows(system, file, request.window)
    )


def _windows(system: System, file: Path, named: str | None) -> Iterator[str]:
    if named is not None:
        system.window(named)
        yield named
    elif system.windows:
        yield from system.windows
    else:
        raise RequestError("the system has no windows", where=str(file), hint="add windows: {q1: {start: …, end: …}}")


def _checked(request: CheckRequest, file: Path, system: System, window: str) -> CheckedWindow:
    remember_seals([system], (request.stores.folder, file.parent))
    parts = prepared(system, window, system.window(window), file.parent)
    asked = PreflightRequest.of(parts, request.stores, heal=request.heal, healing=request.healing)
    outcome = preflight(asked)
    plan = plan_of(asked, outcome) if request.plan and outcome.plan else None
    steps = _steps(request, parts, file, window, outcome)
    named = named_where(parts.system, outcome.report)
    return CheckedWindow(file, system.system, window, outcome, plan, steps, parts.warnings, named)


def _steps(
    request: CheckRequest, parts: Prepared, file: Path, window: str, outcome: PreflightOutcome
) -> tuple[str, ...]:
    """Of a window that did not pass: the command that repairs it, unless that was just tried, and one that runs."""
    if outcome.passed:
        return ()
    words = Words(file, request.stores, request.overrides, window)
    is_mended = outcome.can_be_mended and not request.heal
    repair = (f"repair it with: {words.repair(parts.system.venue)}",) if is_mended else ()
    return (*repair, *run_on_what_is_stored(parts, words))
