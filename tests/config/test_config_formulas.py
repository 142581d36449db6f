"""Which formula of the maintenance margin a venue used, and when."""

from __future__ import annotations

import pytest

from btcli.config.formulas import MaintenanceFormula, by_entry_until_ms, maintenance_formulas
from btcli.timeframe import utc_text

CHANGE_MS = 1_756_771_200_000  # 2025-09-02T00:00Z


def spans(formulas: tuple[MaintenanceFormula, ...]) -> list[tuple[str, int | None, int | None]]:
    """Basis, first and last moment (excluded) of each."""
    return [(each.basis, each.from_ms, each.until_ms) for each in formulas]


def test_bybit_changed_its_formula() -> None:
    """Bybit's maintenance margin was that of the value at entry before 2025-09-02, that of the mark since."""
    assert utc_text(CHANGE_MS) == "2025-09-02T00:00:00.000Z"
    assert spans(maintenance_formulas("bybit")) == [("entry", None, CHANGE_MS), ("mark", CHANGE_MS, None)]
    assert by_entry_until_ms("bybit") == CHANGE_MS
    assert all(each.source for each in maintenance_formulas("bybit"))


@pytest.mark.parametrize("venue", ["binance", "sample"])
def test_no_other_venue_did(venue: str) -> None:
    """Binance and the sample venue value at the mark on every day."""
    assert spans(maintenance_formulas(venue)) == [("mark", None, None)]
    assert by_entry_until_ms(venue) == 0


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "bases"),
    [
        (CHANGE_MS - 2, CHANGE_MS - 1, ["entry"]),
        (CHANGE_MS - 1, CHANGE_MS, ["entry"]),
        (CHANGE_MS - 1, CHANGE_MS + 1, ["entry", "mark"]),
        (CHANGE_MS, CHANGE_MS + 1, ["mark"]),
    ],
)
def test_a_window_is_touched_by_the_formulas_of_its_days(start_ms: int, end_ms: int, bases: list[str]) -> None:
    """A formula touches [start, end) when it was in force at some moment of it."""
    assert [each.basis for each in maintenance_formulas("bybit", start_ms, end_ms)] == bases
