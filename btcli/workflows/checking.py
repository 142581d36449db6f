"""`btcli preflight` and `btcli heal`: every window of every system that is meant, checked and, on request, healed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.errors import RequestError
from btcli.tools.planning import HealPlan
from btcli.workflows.locating import system_files
from btcli.workflows.preflight import UNASKED, Healing, PreflightOutcome, PreflightRequest, plan_of, preflight
from btcli.workflows.preparing import prepared


@dataclass(frozen=True)
class CheckRequest:
    """Which systems (None: those found here) and which window of them (None: all) to check.

    `heal` repairs; `plan` only says what that would cost.
    """

    system: Path | None
    store: Path
    window: str | None = None
    overrides: tuple[str, ...] = ()
    heal: bool = False
    plan: bool = False
    lock_wait_s: float = 30.0
    healing: Healing = UNASKED


@dataclass(frozen=True)
class CheckedWindow:
    """One window of one system, and what its check said."""

    file: Path
    system: str
    window: str
    outcome: PreflightOutcome
    plan: HealPlan | None = None


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
    parts = prepared(system, window, system.window(window), file.parent)
    asked = PreflightRequest(
        parts.system,
        parts.spans,
        parts.instruments,
        request.store,
        request.heal,
        request.lock_wait_s,
        request.healing,
    )
    outcome = preflight(asked)
    plan = plan_of(asked, outcome) if request.plan and outcome.plan else None
    return CheckedWindow(file, system.system, window, outcome, plan)
