"""Which specs a run used: from which snapshot, how old and how far from the window, by which formulas."""

from __future__ import annotations

from collections.abc import Mapping

from btcli.config.formulas import maintenance_formulas
from btcli.config.model import System, Window
from btcli.config.specs.dating import age_days, days_beyond
from btcli.config.specs.instruments import InstrumentSpecs
from btcli.config.specs.snapshots import packaged_snapshot
from btcli.frozen import frozen


@frozen
class SpecsUsed:
    """Specs of one origin and day: `packaged`, a snapshot `file`, or written in the `config`.

    `file` is the packaged one's name or the path in the system file, `sha256` that of all the snapshot says; both are
    "" for specs in the config. `days_beyond_window` is above 0 for specs of a day after the window, below 0 before it.
    """

    origin: str
    venue: str
    file: str
    sha256: str
    as_of: str
    symbols: tuple[str, ...]
    age_days: int | None
    days_beyond_window: int | None


def specs_used(
    system: System, window: Window, instruments: Mapping[str, InstrumentSpecs], started_ms: int
) -> tuple[SpecsUsed, ...]:
    """The specs of a run by origin and day, in the order of its symbols."""
    groups: dict[tuple[str, str], list[str]] = {}
    for symbol, specs in instruments.items():
        groups.setdefault((_origin(system, symbol), specs.as_of), []).append(symbol)
    return tuple(
        SpecsUsed(
            origin,
            *_snapshot(system, origin),
            as_of=as_of,
            symbols=tuple(symbols),
            age_days=age_days(as_of, started_ms),
            days_beyond_window=days_beyond(as_of, window.start_ms, window.end_ms),
        )
        for (origin, as_of), symbols in groups.items()
    )


def formulas_used(system: System, window: Window) -> dict[str, list[dict[str, str | None]]]:
    """The dated formulas of the venue that were in force in the window, by what they compute, in the order of days.

    Each has a `basis` (maintenance_margin: the value at "entry" or at the "mark") and its bounds `from` and `until`
    as times, None where there is none.
    """
    formulas = maintenance_formulas(system.venue, window.start_ms, window.end_ms)
    return {"maintenance_margin": [each.to_dict() for each in formulas]}


def _origin(system: System, symbol: str) -> str:
    if symbol not in system.instruments:
        return "packaged"
    return "config" if system.snapshot is None else "file"


def _snapshot(system: System, origin: str) -> tuple[str, str, str]:
    """Venue, file and digest."""
    if origin == "config":
        return system.venue, "", ""
    snapshot = packaged_snapshot(system.venue) if origin == "packaged" else system.snapshot
    assert snapshot is not None
    file = snapshot.path.name if origin == "packaged" else snapshot.path.as_posix()
    return snapshot.venue or system.venue, file, snapshot.digest
