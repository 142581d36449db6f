"""The tools that there are."""

from __future__ import annotations

from pathlib import Path

from btcli.frozen import frozen
from btcli.market.store.where import Store
from btcli.tools import VENUES_WITH_SOURCE, registry_for


@frozen
class OfferedTool:
    """A tool of the registry: its arguments as they are written, and whether it asks a venue."""

    name: str
    summary: str
    arguments: tuple[str, ...]
    asks_venue: bool


def all_tools() -> tuple[OfferedTool, ...]:
    """Every tool there is; those that ask a venue are offered for venues that have a source."""
    local = registry_for(Store(Path())).names()
    offered = registry_for(Store(Path()), venue=VENUES_WITH_SOURCE[0]).tools()
    return tuple(OfferedTool(tool.name, tool.summary, tool.arguments, tool.name not in local) for tool in offered)
