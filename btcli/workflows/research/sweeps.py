"""`btcli sweep show`, `best` and `export`: what became of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.registry.asking import guards, open_for, spans_of_run
from btcli.registry.records import read_registry
from btcli.registry.seals import Consent
from btcli.registry.where import RUNS, registries_around
from btcli.research.counted import OnData, inputs_of, on_data, sweep_name
from btcli.research.figures import BY, require_figure
from btcli.research.finding import FoundSweep, find_sweep, read_sweep
from btcli.research.folder import SweepDir
from btcli.research.mapping import Map, map_of
from btcli.research.ranking import Spread, counted, ranked, spread
from btcli.research.table import DAYS, FLOAT, INTEGER, RETURNS, TEXT, TRUTH, schema_of

SHOWN_BEST = 5
TYPES: Mapping[str, Any] = {
    TEXT: pl.String,
    TRUTH: pl.Boolean,
    INTEGER: pl.Int64,
    FLOAT: pl.Float64,
    DAYS: pl.List(pl.Float32),
}


class SweepLook(NamedTuple):
    """A sweep and what is shown of it: counts, the spread of one figure, the best trials, a map of two parameters."""

    found: FoundSweep
    counted: Mapping[str, Any]
    spread: Spread
    best: tuple[Mapping[str, Any], ...]
    map: Map | None
    on_data: OnData

    @property
    def keys(self) -> tuple[str, ...]:
        """What was varied."""
        return self.found.plan.keys


def open_sweep(named: str, sweeps: Path, consent: Consent) -> SweepDir:
    """The sweep that is meant, once whatever of its data was sealed is open; raises what finding and asking raise."""
    folder = find_sweep(named, sweeps)
    plan, guarding = folder.plan(), guards(RUNS, [folder.path])
    if plan is not None and guarding:
        spans = [span for inputs in inputs_of(plan) for span in spans_of_run(inputs)]
        for registry in guarding:
            open_for(registry, spans, sweep_name(plan), consent)
    return folder


def look_at_sweep(folder: SweepDir, by: str = BY, most: int = SHOWN_BEST, pair: str = "") -> SweepLook:
    """A sweep with its best trials by a figure. Raises RequestError and AccessError."""
    require_figure(by)
    found = read_sweep(folder)
    best = tuple(ranked(found.files, by, most))
    drawn = map_of(found.files, found.plan.space, pair, by) if pair else None
    ends = counted(found.files, found.plan.keys)
    return SweepLook(found, ends, spread(found.files, by), best, drawn, _on_data(found))


def _on_data(found: FoundSweep) -> OnData:
    """What is counted here and in the project that the sweep lies in."""
    registries = map(read_registry, registries_around(RUNS, [found.folder.path]))
    told = [on_data(registry, found.plan) for registry in registries]
    return OnData(max(each.results for each in told), any(each.after_reveal for each in told))


class SweepExported(NamedTuple):
    """The file that a sweep was written to, its rows, and whether daily returns are in it."""

    found: FoundSweep
    file: Path
    rows: int
    has_returns: bool
    on_data: OnData


def export_sweep(folder: SweepDir, file: Path, *, overwrite: bool = False) -> SweepExported:
    """Write the rows of a sweep to a .parquet or .csv file; a CSV has no daily returns.

    Raises RequestError for another ending and for a file that is there, AccessError when it cannot be written.
    """
    from btcli.artifacts.frame_files import FORMATS, write_frames

    if file.suffix not in FORMATS:
        raise RequestError(f"{file.name!r} is neither .parquet nor .csv", where="--to", hint="name the file so")
    found = read_sweep(folder)
    has_returns = file.suffix == ".parquet"
    rows = write_frames({file: partial(_frame, found, has_returns=has_returns)}, overwrite=overwrite)
    return SweepExported(found, file, rows[file], has_returns, _on_data(found))


def _frame(found: FoundSweep, *, has_returns: bool) -> pl.DataFrame:
    """The rows that there are, sorted by trial."""
    frame = pl.DataFrame(schema={name: TYPES[kind] for name, kind in schema_of(found.plan.space).items()})
    if found.files:
        frame = pl.read_parquet(list(found.files), glob=False, hive_partitioning=False).sort("trial")
    return frame if has_returns else frame.drop(RETURNS)
