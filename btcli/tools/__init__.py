"""The tools that change the store: imports, sample data, and the sync from a venue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import StoreWriter, open_store_for_writing
from btcli.tools.filing import import_tools
from btcli.tools.registry import SeriesRange, Tool, ToolItem, ToolRegistry, ToolReport, ToolResult, Weight
from btcli.tools.sampler import sample_tool
from btcli.tools.specs.importing import import_specs_tool
from btcli.tools.tidying import tidying_tools
from btcli.tools.venue import VENUES_WITH_SOURCE, Notice, VenueAccess, source_of

if TYPE_CHECKING:
    from btcli.sources.source import Source
    from btcli.tools.syncing import Progress

__all__ = [
    "VENUES_WITH_SOURCE",
    "SeriesRange",
    "Tool",
    "ToolItem",
    "ToolRegistry",
    "ToolReport",
    "ToolResult",
    "Weight",
    "registry_for",
]


def registry_for(
    store: Store,
    *,
    venue: str | None = None,
    find_source: Callable[[str, str, Notice | None], Source] = source_of,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> ToolRegistry:
    """The tools for a store; with a venue that has a source, also those that fetch from it.

    `progress` hears of rows and `notice` of waits. The source is made at the first call that needs it: a registry
    by itself opens no connection.
    """
    asides: list[str] = []

    @contextmanager
    def open_writer() -> Iterator[StoreWriter]:
        with open_store_for_writing(store) as writer:
            if writer.swept:
                asides.append(f"removed {', '.join(writer.swept)}, left behind by a process that was cut short")
            yield writer

    open_reader = partial(open_store, store)
    local = (
        *import_tools(open_writer, open_reader, store.options),
        sample_tool(open_writer),
        *tidying_tools(open_writer),
        import_specs_tool(store.folder),
    )
    if venue is None or venue not in VENUES_WITH_SOURCE:
        return ToolRegistry(local, asides)
    from btcli.tools.comparing import comparing_tool
    from btcli.tools.specs.snapshots import instruments_tool
    from btcli.tools.sync_tools import sync_tools
    from btcli.tools.syncing import Syncing

    access = VenueAccess(venue, partial(find_source, venue, store.env, notice))
    syncing = Syncing(open_writer, open_reader, access, progress)
    comparing = comparing_tool(open_reader, access)
    return ToolRegistry((*local, *sync_tools(syncing), instruments_tool(store.folder, access), comparing), asides)
