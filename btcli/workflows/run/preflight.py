"""The gate in front of a run: check what it would load, heal on request, and load what was checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from btcli.config.model import System
from btcli.config.specs.instruments import InstrumentSpecs
from btcli.errors import AccessError, BtcliError, Problem, UnhealthyData
from btcli.frozen import frozen
from btcli.market.digests_beside import DigestsBeside
from btcli.market.health import DataHealthCheck, HealthReport, PlannedCall, check_health, heal_plan
from btcli.market.health.check import known_of
from btcli.market.health.inside import is_spotless, odd_rows
from btcli.market.health.outside import report_with_signals
from btcli.market.health.plan import NEVER_HEALED
from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.market.reader import HoldingReader
from btcli.market.series import Series
from btcli.market.store.reading import StoreReader, SyncEntry, open_store
from btcli.market.store.where import Store, Stores
from btcli.market.window import LoadWindow
from btcli.workflows.provenance import Origin, origins

if TYPE_CHECKING:
    from btcli.market.signals.rows import Signals
    from btcli.simulation.parts import Prepared
    from btcli.tools import ToolRegistry, ToolResult
    from btcli.tools.healing import HealOutcome
    from btcli.tools.planning import HealPlan
    from btcli.tools.syncing import Progress


@frozen
class Healing:
    """`consent` sees the plan before anything is fetched and raises to refuse it; `progress` hears of rows,
    `notice` of every wait for the venue."""

    consent: Callable[[HealPlan], None] | None = None
    progress: Progress | None = None
    notice: Callable[[str], None] | None = None


UNASKED = Healing()


@frozen
class PreflightRequest:
    """One window of one system, its store, and whether what is missing may be fetched.

    `healing` says who is asked before the first fetch and who watches.
    """

    system: System
    load_window: LoadWindow
    instruments: Mapping[str, InstrumentSpecs]
    store: Store
    heal: bool = False
    healing: Healing = UNASKED
    signals: Signals | None = None

    @classmethod
    def of(cls, parts: Prepared, stores: Stores, *, heal: bool, healing: Healing) -> PreflightRequest:
        """The window of a run, with what it reads."""
        store = stores.of(parts.system.env)
        return cls(parts.system, parts.spans, parts.instruments, store, heal, healing, parts.signals)

    def with_signals(self, report: HealthReport) -> HealthReport:
        """The report of the store with what is read beside it."""
        return report_with_signals(report, self.system, self.signals)


@frozen
class PreflightOutcome:
    """Every report (without healing just one), the heals between them and their calls, and why it ended."""

    reports: tuple[HealthReport, ...]
    calls: tuple[ToolResult, ...] = ()
    attempts: int = 0
    ended: str = ""
    errors: tuple[BtcliError, ...] = ()
    provenance: Mapping[Series, tuple[Origin, ...]] = field(default_factory=dict)

    @property
    def report(self) -> HealthReport:
        """How the data stands now."""
        return self.reports[-1]

    @property
    def passed(self) -> bool:
        """Whether a run may start."""
        return self.report.healthy

    @property
    def plan(self) -> list[PlannedCall]:
        """The calls that would mend what is still wrong."""
        return heal_plan(self.report)

    def to_dict(self) -> dict[str, Any]:
        """As preflight_report.json holds it: the last report, and what was done on the way to it."""
        return {
            **self.report.to_dict(),
            "passed": self.passed,
            "attempts": self.attempts,
            "ended": self.ended,
            "tool_calls": [call.to_dict() for call in self.calls],
        }

    @property
    def can_be_mended(self) -> bool:
        """Whether a heal, or generated data written again, would mend anything."""
        ill = (health.span.series.venue for health in self.report.series if not health.healthy)
        return bool(self.plan) or NEVER_HEALED in ill

    def require_healthy(self, heal_command: str, system: System) -> None:
        """Raise UnhealthyData unless it passed: every error of the report, and the command if that can heal any."""
        if self.passed:
            return
        window = self.report.window.name
        steps = (f"repair it with: {heal_command}",) if self.can_be_mended else ()
        error = UnhealthyData(f"window {window!r} cannot be run on this data")
        first = replace(error.problems[0], steps=steps)
        error.problems = (first, *self.report.errors, *named_where(system, self.report))
        raise self.failed(error)

    def failed(self, unhealthy: UnhealthyData) -> BtcliError:
        """What to raise: where a source or the store failed, that with the findings beside it (exit code 3)."""
        if not self.errors:
            return unhealthy
        self.errors[0].problems += unhealthy.problems
        return self.errors[0]


def named_where(system: System, report: HealthReport) -> tuple[Problem, ...]:
    """The places that name a symbol which is not traded and whose candles cannot be read as they are."""
    ill = {health.span.series.symbol for health in report.series if not health.healthy}
    said = "names {}, which is not traded: its candles are read as those of the symbols are"
    return tuple(Problem(said.format(each), system.where_named(each)) for each in system.observed if each in ill)


def preflight(request: PreflightRequest, registry: ToolRegistry | None = None) -> PreflightOutcome:
    """Check; with `heal` also repair through the registry (default: the store's own tools) and check again.

    Without `heal` nothing is changed and nobody is asked anything. Raises AccessError when healing needs a source
    and none is configured, what the request's `consent` raises, StoreError or StoreLocked when the store cannot be
    read.
    """
    at, opening = request.store.options, partial(open_store, request.store)
    check = DataHealthCheck(opening, request.system, request.load_window, request.instruments, at)
    if not request.heal:
        return PreflightOutcome((request.with_signals(check()),))
    if request.system.venue == NEVER_HEALED:
        return PreflightOutcome((request.with_signals(_healthy_or_no_source(check())),))
    from btcli.tools.healing import heal_until_healthy

    tools = registry or healing_tools(request)
    healed: HealOutcome[HealthReport] = heal_until_healthy(check, heal_plan, tools, request.healing.consent)
    reports = tuple(map(request.with_signals, healed.reports))
    return PreflightOutcome(reports, healed.calls, healed.attempts, healed.ended, healed.errors)


def plan_of(request: PreflightRequest, outcome: PreflightOutcome) -> HealPlan:
    """What a heal would fetch now, with its requests and rows; nothing is asked of the venue."""
    from btcli.tools.planning import weighed

    return weighed(outcome.plan, healing_tools(request))


def healing_tools(request: PreflightRequest) -> ToolRegistry:
    """The tools of the store and of the system's venue; they open no connection before they are called."""
    from btcli.tools import registry_for

    return registry_for(
        request.store,
        venue=request.system.venue,
        progress=request.healing.progress,
        notice=request.healing.notice,
    )


def preflight_and_load(
    request: PreflightRequest,
    heal_command: str,
    registry: ToolRegistry | None = None,
    *,
    is_recorded: bool = False,
) -> tuple[PreflightOutcome, RunInputs]:
    """The gate of a run: what is loaded are the very rows that passed; for a record also who wrote them, and marks.

    Raises UnhealthyData when they do not pass, and what `preflight` raises.
    """
    outcome = preflight(request, registry) if request.heal else None
    with DigestsBeside(marks=is_recorded) as digests, open_store(request.store) as reader:
        held = HoldingReader(reader, digests.begin)
        known, at = known_of(reader, request.load_window), request.store.options
        report = check_health(held, request.system, request.load_window, request.instruments, *known, at=at)
        report = request.with_signals(report)
        passed = outcome or PreflightOutcome((report,))
        written = _provenance(reader, request) if is_recorded else {}
        passed = replace(passed, reports=(*passed.reports[:-1], report), provenance=written)
        passed.require_healthy(heal_command, request.system)
        inputs = load_run_inputs(held, request.system, request.load_window, digests.of)
        inputs = with_signals(inputs, request.signals)
        if not is_spotless(report):
            odd = odd_rows(held, request.system, request.load_window, request.instruments)
            inputs = replace(inputs, odd=odd)
        return passed, inputs


def _provenance(reader: StoreReader, request: PreflightRequest) -> dict[Series, tuple[Origin, ...]]:
    """Who wrote what is loaded."""
    written: dict[Series, list[SyncEntry]] = {span.series: [] for span in request.load_window.series}
    for entry in reader.sync_log():
        if entry.series in written:
            written[entry.series].append(entry)
    return {
        span.series: origins(
            [
                entry
                for entry in written[span.series]
                if entry.start_ms < span.load_end_ms and entry.end_ms > span.load_start_ms
            ]
        )
        for span in request.load_window.series
    }


def _healthy_or_no_source(report: HealthReport) -> HealthReport:
    if not report.healthy:
        said = f"no source configured: data of venue {NEVER_HEALED} is generated, never fetched"
        raise AccessError(said, hint=f"write it again with: btcli data {NEVER_HEALED}")
    return report
