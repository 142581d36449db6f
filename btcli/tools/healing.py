"""The loop that repairs data: check, heal, check again, and never more than three heals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Generic, Protocol, TypeVar

from btcli.errors import BtcliError
from btcli.frozen import frozen
from btcli.market.health.plan import PlannedCall
from btcli.tools.planning import HealPlan, require_offered, weighed
from btcli.tools.registry import ToolRegistry, ToolResult

MAX_HEAL_ATTEMPTS = 3
FRUITLESS_CALLS = 2


class Health(Protocol):
    """Anything that can say whether the data is fit for a run."""

    @property
    def healthy(self) -> bool:
        """Whether a run may use the data."""
        ...


Report = TypeVar("Report", bound=Health)


@frozen
class HealOutcome(Generic[Report]):
    """Every report, first to last, every call made, and how many heals there were.

    `ended` says in a few words why there was no further heal.
    """

    reports: tuple[Report, ...]
    calls: tuple[ToolResult, ...] = field(default=())
    attempts: int = 0
    ended: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the last report is a good one."""
        return self.reports[-1].healthy

    @property
    def errors(self) -> tuple[BtcliError, ...]:
        """What ended calls early, each once: the reason why the data is not healthy, when it is not."""
        return tuple({str(call.error): call.error for call in self.calls if call.error is not None}.values())


def heal_until_healthy(
    check: Callable[[], Report],
    plan: Callable[[Report], Sequence[PlannedCall]],
    registry: ToolRegistry,
    consent: Callable[[HealPlan], None] | None = None,
) -> HealOutcome[Report]:
    """Check, carry out the plan for what is wrong, check again; stop when healthy, useless or after three heals.

    Every call goes through the registry. `consent` sees the first plan before anything is fetched, and raises to
    refuse it. Raises AccessError when a plan needs a tool that the registry does not offer: then no source is
    configured.
    """
    reports = [check()]
    calls: list[ToolResult] = []
    for attempt in range(MAX_HEAL_ATTEMPTS):
        if reports[-1].healthy:
            return HealOutcome(tuple(reports), tuple(calls), attempt, "healthy")
        planned = plan(reports[-1])
        if not planned:
            return HealOutcome(tuple(reports), tuple(calls), attempt, "no tool can mend what is wrong")
        require_offered(planned, registry)
        if attempt == 0 and consent is not None:
            consent(weighed(planned, registry))
        made = carried_out(planned, registry)
        calls += made
        reports.append(check())
        if not reports[-1].healthy and not any(call.changed for call in made):
            return HealOutcome(tuple(reports), tuple(calls), attempt + 1, "the last heal changed nothing")
    ended = "healthy" if reports[-1].healthy else f"still not healthy after {MAX_HEAL_ATTEMPTS} heals"
    return HealOutcome(tuple(reports), tuple(calls), MAX_HEAL_ATTEMPTS, ended)


def carried_out(planned: Sequence[PlannedCall], registry: ToolRegistry) -> list[ToolResult]:
    """Call after call; a venue that twice in a row brought nothing, or has no address, is not asked for the rest."""
    made: list[ToolResult] = []
    for call in planned:
        made.append(registry.execute(call.tool, **call.arguments))
        if _leads_nowhere(made[-1].error):
            break
        if len(made) >= FRUITLESS_CALLS and all(fruitless(result) for result in made[-FRUITLESS_CALLS:]):
            break
    return made


def _leads_nowhere(error: BtcliError | None) -> bool:
    if error is None:
        return False
    from btcli.sources.unknown_host import UnknownHost  # a run that heals nothing loads no source

    return isinstance(error, UnknownHost)


def fruitless(result: ToolResult) -> bool:
    """Whether a call failed and left everything as it was."""
    return result.error is not None and not result.changed
