"""What a heal would fetch, before it does."""

from __future__ import annotations

from collections.abc import Sequence

from btcli.errors import AccessError
from btcli.frozen import frozen
from btcli.market.health.plan import PlannedCall
from btcli.tools.registry import ToolRegistry, Weight


@frozen
class HealPlan:
    """The calls in their order, and what each costs."""

    calls: tuple[PlannedCall, ...]
    weights: tuple[Weight, ...]

    @property
    def requests(self) -> int:
        """Requests to the venue, all calls together."""
        return sum(weight.requests for weight in self.weights)

    @property
    def rows(self) -> int:
        """Rows at most, all calls together."""
        return sum(weight.rows for weight in self.weights)


def weighed(calls: Sequence[PlannedCall], registry: ToolRegistry) -> HealPlan:
    """The calls with their costs; nothing is asked of the venue.

    Raises AccessError when a call needs a tool that the registry does not offer.
    """
    require_offered(calls, registry)
    return HealPlan(tuple(calls), tuple(registry.weigh(call.tool, **call.arguments) for call in calls))


def require_offered(calls: Sequence[PlannedCall], registry: ToolRegistry) -> None:
    """Raise AccessError unless the registry offers every tool that the calls need: then no source is configured."""
    offered = registry.names()
    for call in calls:
        if call.tool not in offered:
            raise AccessError(
                f"no source configured: nothing here offers {call.tool}",
                hint="fetch the data and use btcli data import",
            )
