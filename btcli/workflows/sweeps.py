"""`btcli sweep show`, `best` and `export`: what became of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.registry.asking import RUNS, open_for, spans_of_run
from btcli.registry.records import read_registry
from btcli.registry.seals import Consent
from btcli.registry.where import registry_of
from btcli.research.counted import inputs_of, sweep_name
from btcli.research.figures import BY, require_figure
from btcli.research.finding import FoundSweep, find_sweep, read_sweep
from btcli.research.folder import SweepDir
from btcli.research.mapping import Map, map_of
from btcli.research.ranking import Spread, counted, ranked, spread
from btcli.research.table import RETURNS

SHOWN_BEST = 5


class SweepLook(NamedTuple):
    """A sweep and what is shown of it: counts, the spread of one figure, the best trials, a map of two parameters."""

    found: FoundSweep
    counted: Mapping[str, Any]
    spread: Spread
    best: tuple[Mapping[str, Any], ...]
    map: Map | None

    @property
    def keys(self) -> tuple[str, ...]:
        """What was varied."""
        return self.found.plan.keys


def open_sweep(named: str, sweeps: Path, consent: Consent) -> SweepDir:
    """The sweep that is meant, once whatever of its data was sealed is open; raises what finding and asking raise."""
    folder = find_sweep(named, sweeps)
    plan, registry = folder.plan(), read_registry(registry_of(RUNS))
    if plan is not None and registry.seals:
        spans = [span for inputs in inputs_of(plan) for span in spans_of_run(inputs)]
        open_for(registry, spans, sweep_name(plan), consent)
    return folder


def look_at_sweep(folder: SweepDir, by: str = BY, most: int = SHOWN_BEST, pair: str = "") -> SweepLook:
    """A sweep with its best trials by a figure. Raises RequestError and AccessError."""
    require_figure(by)
    found = read_sweep(folder)
    best = tuple(ranked(found.frame, by, most).drop(RETURNS).to_dicts())
    drawn = map_of(found.frame, found.plan.space, pair, by) if pair else None
    return SweepLook(found, counted(found.frame, found.plan.keys), spread(found.frame, by), best, drawn)


class SweepExported(NamedTuple):
    """The file that a sweep was written to, its rows, and whether daily returns are in it."""

    folder: Path
    file: Path
    rows: int
    has_returns: bool


def export_sweep(folder: SweepDir, file: Path, *, overwrite: bool = False) -> SweepExported:
    """Write the rows of a sweep to a .parquet or .csv file; a CSV has no daily returns.

    Raises RequestError for another ending and for a file that is there, AccessError when it cannot be written.
    """
    from btcli.artifacts.frame_files import FORMATS, write_frames

    if file.suffix not in FORMATS:
        raise RequestError(f"{file.name!r} is neither .parquet nor .csv", where="--to", hint="name the file so")
    found = read_sweep(folder)
    has_returns = file.suffix == ".parquet"
    frame = found.frame if has_returns else found.frame.drop(RETURNS)
    rows = write_frames({file: partial(_itself, frame)}, overwrite=overwrite)
    return SweepExported(found.folder.path, file, rows[file], has_returns)


def _itself(frame: pl.DataFrame) -> pl.DataFrame:
    return frame
