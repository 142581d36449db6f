"""Putting series into the store, through the tools alone, and saying what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from btcli.errors import RequestError
from btcli.market.store.reading import SeriesCoverage, open_store
from btcli.tools import ToolResult, registry_for

KINDS = ("trade", "mark", "funding")


@dataclass(frozen=True)
class ImportRequest:
    """Files of one series; what a file says itself may be None. `names` maps our columns to the file's."""

    files: tuple[Path, ...]
    venue: str
    store: Path
    symbol: str | None = None
    series: str | None = None
    timeframe: str | None = None
    env: str = "live"
    names: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    lock_wait_s: float = 30.0


def import_series(request: ImportRequest) -> tuple[ToolResult, ...]:
    """Import each file by the tool `import_file`; raises what the first failing one says."""
    if request.series is not None and request.series not in KINDS:
        raise RequestError(f"{request.series!r} is not a series", hint=f"one of {', '.join(KINDS)}")
    tools = registry_for(request.store, request.env, lock_wait_s=request.lock_wait_s)
    return tuple(
        tools.execute(
            "import_file",
            path=file,
            venue=request.venue,
            symbol=request.symbol,
            series=request.series,
            timeframe=request.timeframe,
            names=request.names or None,
            dry_run=request.dry_run,
        ).checked()
        for file in request.files
    )


def stored_series(store: Path, env: str, *, lock_wait_s: float = 30.0) -> tuple[SeriesCoverage, ...]:
    """Every series of the store; none when there is no store."""
    with open_store(store, env, lock_wait_s=lock_wait_s) as reader:
        return tuple(reader.coverage())
