"""The healing loop, with tools that the test gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from btcli.errors import AccessError, SourceError
from btcli.market.health.plan import PlannedCall
from btcli.tools.healing import MAX_HEAL_ATTEMPTS, heal_until_healthy
from btcli.tools.registry import Tool, ToolRegistry, ToolReport


@dataclass(frozen=True)
class Seen:
    """A report that counts the holes."""

    holes: int

    @property
    def healthy(self) -> bool:
        return self.holes == 0


@dataclass
class Patient:
    """Data with holes, of which a heal closes `per_heal`; writes down what happens to it."""

    holes: int
    per_heal: int = 1
    diary: list[str] = field(default_factory=list)

    def check(self) -> Seen:
        self.diary.append(f"check {self.holes}")
        return Seen(self.holes)

    def fill(self, start_ms: int, end_ms: int) -> ToolReport:
        self.diary.append(f"fill {start_ms}-{end_ms}")
        closed = min(self.per_heal, self.holes)
        self.holes -= closed
        return ToolReport(closed, (), f"{closed} holes closed", bool(closed))

    def registry(self) -> ToolRegistry:
        return ToolRegistry([Tool("fill_gaps", self.fill)])


def one_call(report: Seen) -> list[PlannedCall]:
    return [PlannedCall("fill_gaps", {"start_ms": 0, "end_ms": report.holes})]


def test_healthy_data_is_checked_once_and_never_touched() -> None:
    """Without a hole there is one check and no tool call."""
    patient = Patient(holes=0)
    outcome = heal_until_healthy(patient.check, one_call, patient.registry())
    assert patient.diary == ["check 0"]
    assert (outcome.healthy, outcome.attempts, outcome.calls) == (True, 0, ())


def test_recheck_after_each_heal() -> None:
    """Every heal is followed by a check, and the next plan is made from that check."""
    patient = Patient(holes=2)
    outcome = heal_until_healthy(patient.check, one_call, patient.registry())
    assert patient.diary == ["check 2", "fill 0-2", "check 1", "fill 0-1", "check 0"]
    assert outcome.healthy
    assert outcome.attempts == 2
    assert [report.holes for report in outcome.reports] == [2, 1, 0]


def test_hard_failure_after_three_heals() -> None:
    """A fourth heal is never tried: the outcome is not healthy and says how often it was tried."""
    patient = Patient(holes=9)
    outcome = heal_until_healthy(patient.check, one_call, patient.registry())
    assert MAX_HEAL_ATTEMPTS == 3
    assert [line for line in patient.diary if line.startswith("fill")] == ["fill 0-9", "fill 0-8", "fill 0-7"]
    assert patient.diary[-1] == "check 6"
    assert not outcome.healthy
    assert outcome.attempts == 3
    assert "3 heals" in outcome.ended


def test_the_third_heal_may_be_the_one_that_succeeds() -> None:
    """Health after the last allowed heal is health."""
    patient = Patient(holes=3)
    outcome = heal_until_healthy(patient.check, one_call, patient.registry())
    assert outcome.healthy
    assert outcome.attempts == 3


def test_stops_early_when_a_heal_changed_nothing() -> None:
    """A heal without effect is not repeated."""
    patient = Patient(holes=2, per_heal=0)
    outcome = heal_until_healthy(patient.check, one_call, patient.registry())
    assert patient.diary == ["check 2", "fill 0-2", "check 2"]
    assert not outcome.healthy
    assert outcome.attempts == 1
    assert "changed nothing" in outcome.ended


def test_stops_when_there_is_nothing_to_call() -> None:
    """An empty plan ends the loop without a heal."""
    patient = Patient(holes=2)
    outcome = heal_until_healthy(patient.check, lambda _: [], patient.registry())
    assert patient.diary == ["check 2"]
    assert outcome.attempts == 0
    assert not outcome.healthy


def test_heal_goes_through_the_registry() -> None:
    """Each planned call is made by ToolRegistry.execute and nothing else, and its result is kept."""

    class Recording(ToolRegistry):
        def execute(self, name: str, **arguments: Any) -> Any:
            executed.append((name, arguments))
            return super().execute(name, **arguments)

    executed: list[tuple[str, dict[str, Any]]] = []
    patient = Patient(holes=1)
    outcome = heal_until_healthy(patient.check, one_call, Recording([Tool("fill_gaps", patient.fill)]))
    assert executed == [("fill_gaps", {"start_ms": 0, "end_ms": 1})]
    assert [(call.name, call.arguments, call.rows, call.ok) for call in outcome.calls] == [
        ("fill_gaps", {"start_ms": 0, "end_ms": 1}, 1, True)
    ]


def test_without_a_source_healing_says_so_and_changes_nothing() -> None:
    """A plan that needs a tool which is not offered ends with exit code 3, before any call is made."""
    patient = Patient(holes=1)
    calls = [*one_call(Seen(1)), PlannedCall("sync_range", {})]
    with pytest.raises(AccessError, match="no source configured") as caught:
        heal_until_healthy(patient.check, lambda _: calls, patient.registry())
    assert caught.value.exit_code == 3
    assert patient.diary == ["check 1"]


def test_a_failing_tool_is_in_the_outcome_and_ends_the_loop() -> None:
    """A source that does not deliver changes nothing, so there is no second try."""

    def fails(start_ms: int, end_ms: int) -> ToolReport:
        raise SourceError("no answer")

    patient = Patient(holes=1)
    outcome = heal_until_healthy(patient.check, one_call, ToolRegistry([Tool("fill_gaps", fails)]))
    assert patient.diary == ["check 1", "check 1"]
    assert [(call.ok, call.message) for call in outcome.calls] == [(False, "no answer")]
