"""Which of a run's inputs are no longer what they were, and from which row on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from btcli.artifacts.manifest import RunManifest, SeriesInput
from btcli.market.loader import RunInputs, SeriesDigest, read_span
from btcli.market.reader import CandleReader
from btcli.timeframe import utc_text
from btcli.workflows.identifying import series_identity
from btcli.workflows.preparing import Prepared

ROW_MARKS = "row_marks.bin"
MARK_BYTES = 2


@dataclass(frozen=True)
class Drift:
    """An input that changed: its name, and a sentence on how."""

    name: str
    said: str

    def __str__(self) -> str:
        return f"{self.name}: {self.said}"


def marks_of(inputs: RunInputs) -> bytes:
    """The content of row_marks.bin: two bytes per loaded row, series in the order of the manifest."""
    return b"".join(digest.row_marks for digest in sorted(inputs.digests, key=series_identity))


def drift_of(
    manifest: RunManifest, run_dir: Path, parts: Prepared, inputs: RunInputs, reader: CandleReader
) -> tuple[Drift, ...]:
    """Every series and instrument whose content is not the recorded one."""
    before = {series.series: series for series in manifest.inputs.series}
    marks = _recorded_marks(manifest, run_dir)
    found = []
    for digest in inputs.digests:
        was = before.get(str(digest.series))
        if was is None:
            found.append(Drift(str(digest.series), "the run did not read this series"))
        elif was.sha256 != digest.sha256:
            span = next(span for span in parts.spans.series if span.series == digest.series)
            found.append(Drift(was.series, _how(was, digest, marks.get(was.series, b""), read_span(reader, span))))
    rules = {symbol: rules.digest for symbol, rules in parts.instruments.items()}
    changed = [symbol for symbol in rules if manifest.inputs.instruments.get(symbol) != rules[symbol]]
    return (*found, *(Drift(symbol, "its trading rules are not the recorded ones") for symbol in changed))


def _recorded_marks(manifest: RunManifest, run_dir: Path) -> dict[str, bytes]:
    """The marks by series; none when the file is missing or was not written for this manifest."""
    path = run_dir / ROW_MARKS
    content = path.read_bytes() if path.is_file() else b""
    ends = np.cumsum([series.rows * MARK_BYTES for series in manifest.inputs.series]).tolist()
    if not ends or ends[-1] != len(content):
        return {}
    starts = [0, *ends[:-1]]
    return {
        series.series: content[start:end]
        for series, start, end in zip(manifest.inputs.series, starts, ends, strict=True)
    }


def _how(was: SeriesInput, now: SeriesDigest, marks: bytes, frame: pl.DataFrame) -> str:
    rows = f"it had {was.rows:,} rows, it has {now.rows:,}" if was.rows != now.rows else f"{now.rows:,} rows as before"
    place = _first_difference(marks, now.row_marks)
    if place is None:
        return f"the content changed; {rows}"
    if place >= frame.height:
        return (
            f"the rows after {utc_text(int(frame[-1, 0]))} are gone; {rows}" if frame.height else f"it is empty; {rows}"
        )
    row = frame.row(place, named=True)
    values = ", ".join(f"{name} {value:g}" for name, value in row.items() if isinstance(value, float))
    return f"the first row that differs is now that of {utc_text(int(frame[place, 0]))} ({values}); {rows}"


def _first_difference(before: bytes, now: bytes) -> int | None:
    """The place of the first row whose marks differ, that of the first surplus row when one begins like the other."""
    if not before:
        return None
    old, new = np.frombuffer(before, "<u2"), np.frombuffer(now, "<u2")
    shared = min(old.size, new.size)
    differs = np.flatnonzero(old[:shared] != new[:shared])
    if differs.size:
        return int(differs[0])
    return shared if old.size != new.size else None
