"""The tools that change the store: imports, sample data, and one day the sync from a venue."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from btcli.market.store.reading import LOCK_WAIT_S
from btcli.market.store.writing import open_store_for_writing
from btcli.tools.filing import import_tool
from btcli.tools.registry import SeriesRange, Tool, ToolRegistry, ToolReport, ToolResult
from btcli.tools.sampler import sample_tool

__all__ = ["SeriesRange", "Tool", "ToolRegistry", "ToolReport", "ToolResult", "registry_for"]


def registry_for(folder: Path, env: str, *, lock_wait_s: float = LOCK_WAIT_S) -> ToolRegistry:
    """The tools for the store of an environment; none of them reaches a venue, for no source is configured."""
    open_writer = partial(open_store_for_writing, folder, env, lock_wait_s=lock_wait_s)
    return ToolRegistry((import_tool(open_writer), sample_tool(open_writer)))
