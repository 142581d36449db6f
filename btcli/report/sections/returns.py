"""Returns by month and year, and the best and the worst day."""

from __future__ import annotations

from collections.abc import Mapping

from btcli.analysis import definitions as define
from btcli.legible.figures import number
from btcli.report.content import RunContent
from btcli.report.html import Markup, element
from btcli.report.sections.days import TOO_FAR_APART, day_text, days_of
from btcli.report.sections.parts import NOT_RECORDED, Cell, gained, note, pairs, part, table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHADES = (2.0, 5.0, 10.0)  # percent, from which on a month is drawn darker


def returns(content: RunContent) -> Markup:
    """A row per year with its months, then the best and worst day."""
    title, monthly = "Returns by month and year, %", content.metrics.get("monthly_returns_pct")
    if monthly is None:
        return part(title, note(f"Monthly returns: {NOT_RECORDED}."), kind="returns")
    days = days_of(content)
    yearly = {} if days is None else define.yearly_returns_pct(days)
    years = sorted({month[:4] for month in monthly} | set(yearly))
    rows = [_year(year, monthly, yearly.get(year)) for year in years]
    calendar = table(("", *MONTHS, "year"), rows, kind="calendar")
    said = "By UTC, from daily closes of equity; the first month and year start from the initial equity."
    if days is None:
        return part(title, calendar, note(said), note(TOO_FAR_APART), kind="returns")
    return part(title, calendar, note(said), _extremes(define.dated_returns(days)), kind="returns")


def _year(year: str, monthly: Mapping[str, float], whole: float | None) -> list[Cell]:
    months = (monthly.get(f"{year}-{month:02}") for month in range(1, 13))
    return [year, *map(_shaded, months), _shaded(whole)]


def _shaded(value: float | None) -> Markup | None:
    """A percentage on a ground that says how large it is."""
    if value is None:
        return None
    side = "up" if value > 0.0 else "down" if value < 0.0 else "even"
    shade = sum(abs(value) >= limit for limit in SHADES)
    return element("span", f"{value + 0.0:+,.2f}" if value else number(0.0), class_=f"shade {side} s{shade}")


def _extremes(by_day: Mapping[int, float]) -> Markup:
    if not by_day:
        return note("No day has a return.")
    best, worst = max(by_day, key=by_day.__getitem__), min(by_day, key=by_day.__getitem__)
    won, lost = (sum(value * sign > 0.0 for value in by_day.values()) for sign in (1, -1))
    return pairs(
        (
            ("Best day", _day(best, by_day[best])),
            ("Worst day", _day(worst, by_day[worst])),
            ("Days", f"{len(by_day):,}: {won:,} up, {lost:,} down, {len(by_day) - won - lost:,} without a move"),
        )
    )


def _day(day: int, value: float) -> Markup:
    return element("span", gained(value * 100.0), " on ", element("time", day_text(day)))
