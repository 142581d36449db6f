"""The dated table of formulas: by which value of a position each venue charged the maintenance margin, and when."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from btcli.frozen import frozen
from btcli.timeframe import utc_text

TABLE = Path(__file__).parent / "specs" / "snapshots" / "formulas.json"
Basis = Literal["entry", "mark"]


@frozen
class MaintenanceFormula:
    """The maintenance margin is that of the value at `basis` during [from_ms, until_ms), UTC; None: without a bound."""

    basis: Basis
    from_ms: int | None
    until_ms: int | None
    source: str

    def to_dict(self) -> dict[str, str | None]:
        """What a run's identity says of it: its basis and its bounds, as times."""
        bounds = {"from": self.from_ms, "until": self.until_ms}
        return {"basis": self.basis} | {name: None if ms is None else utc_text(ms) for name, ms in bounds.items()}


def maintenance_formulas(
    venue: str, start_ms: int | None = None, end_ms: int | None = None
) -> tuple[MaintenanceFormula, ...]:
    """The formulas of a venue in the order of their days; with bounds those in force in [start_ms, end_ms)."""
    return tuple(
        each
        for each in of_venue(venue)
        if (end_ms is None or each.from_ms is None or each.from_ms < end_ms)
        and (start_ms is None or each.until_ms is None or each.until_ms > start_ms)
    )


def by_entry_until_ms(venue: str) -> int:
    """Until when the venue charged by the value at entry, milliseconds UTC; 0 when it never did."""
    return max((each.until_ms or 0 for each in of_venue(venue) if each.basis == "entry"), default=0)


@cache
def of_venue(venue: str) -> tuple[MaintenanceFormula, ...]:
    """All formulas of a venue, in the order of their days."""
    written: list[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))["maintenance_margin"][venue]
    formulas = [MaintenanceFormula(each["basis"], _ms(each.get("from")), None, each["source"]) for each in written]
    ended = [replace(before, until_ms=after.from_ms) for before, after in pairwise(formulas)]
    return (*ended, formulas[-1])


def _ms(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp() * 1000)
