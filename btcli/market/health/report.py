"""What preflight found, as values that the screen, the gate and the healing loop all read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from btcli.errors import Problem
from btcli.frozen import frozen
from btcli.market.health.findings import GapRange, SanityIssue, Severity
from btcli.market.window import LoadWindow, SeriesSpan
from btcli.timeframe import utc_text

REPORT_SCHEMA = 1


@frozen
class CoverageInfo:
    """How much of a span is there; milliseconds UTC, times of the outermost rows, None when there are none.

    `starts_in_time` and `ends_in_time` are judged in closes: nothing is missing at that edge.
    `expected_rows` is None for funding, whose grid is the venue's.
    """

    rows: int
    expected_rows: int | None
    first_ms: int | None
    last_ms: int | None
    starts_in_time: bool
    ends_in_time: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "expected_rows": self.expected_rows,
            "first": None if self.first_ms is None else utc_text(self.first_ms),
            "last": None if self.last_ms is None else utc_text(self.last_ms),
            "starts_in_time": self.starts_in_time,
            "ends_in_time": self.ends_in_time,
        }


@frozen
class SeriesHealth:
    """The findings of one series; `hint` says what else the store has when the series is not there."""

    span: SeriesSpan
    coverage: CoverageInfo
    gaps: tuple[GapRange, ...]
    issues: tuple[SanityIssue, ...]
    hint: str = ""

    @property
    def healthy(self) -> bool:
        return next(self.problems("error"), None) is None

    @property
    def missing(self) -> int:
        """Bars (or settlements) that are expected and not there."""
        return sum(gap.count for gap in self.gaps)

    def problems(self, severity: Severity) -> Iterator[Problem]:
        """One problem per finding: the series, what it is, and the hint."""
        noun = "settlement" if self.span.series.kind == "funding" else "bar"
        where = f"{self.span.series}:"
        for gap in self.gaps:
            if gap.severity == severity:
                yield Problem(gap.sentence(noun), where, self.hint or gap.hint)
        for issue in self.issues:
            if issue.severity == severity:
                yield Problem(issue.sentence(), where, issue.hint)

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.span.to_dict(),
            "healthy": self.healthy,
            "coverage": self.coverage.to_dict(),
            "missing": self.missing,
            "gaps": [gap.to_dict() for gap in self.gaps],
            "issues": [issue.to_dict() for issue in self.issues],
            "hint": self.hint,
        }


@frozen
class HealthReport:
    """Every series of a window, and what concerns the system as a whole."""

    window: LoadWindow
    series: tuple[SeriesHealth, ...]
    issues: tuple[SanityIssue, ...] = ()
    notes: tuple[str, ...] = ()  # sentences on what is read beside the store

    @property
    def healthy(self) -> bool:
        """No error anywhere; warnings do not stop a run."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Why a run must not start, one problem each."""
        return self._problems("error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is worth a look and stops nothing."""
        return self._problems("warning")

    def to_dict(self) -> dict[str, Any]:
        """Plain values in a fixed order, the same for the same data; no wall clock, no path."""
        return {
            "schema": REPORT_SCHEMA,
            "window": self.window.name,
            "start": utc_text(self.window.start_ms),
            "end": utc_text(self.window.end_ms),
            "healthy": self.healthy,
            "errors": [str(problem) for problem in self.errors],
            "warnings": [str(problem) for problem in self.warnings],
            "series": [health.to_dict() for health in self.series],
            "issues": [issue.to_dict() for issue in self.issues],
            **({"listings": list(self.window.listings)} if self.window.listings else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def _problems(self, severity: Severity) -> tuple[Problem, ...]:
        found = [Problem(issue.sentence(), "", issue.hint) for issue in self.issues if issue.severity == severity]
        return (*found, *(problem for health in self.series for problem in health.problems(severity)))
