"""Which of a run's inputs are no longer what they were, and from which row on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from btcli.artifacts.manifest import RunManifest, SeriesInput
from btcli.config.specs.instruments import InstrumentSpecs
from btcli.frozen import frozen
from btcli.market.loader import RunInputs, SeriesDigest, digest_of_series, read_span
from btcli.market.reader import RowReader
from btcli.market.series import Rows, Series
from btcli.market.signals.rows import Signals
from btcli.market.window import LoadWindow, SeriesSpan
from btcli.simulation.identity import series_identity
from btcli.simulation.parts import Prepared
from btcli.simulation.specs_used import formulas_used
from btcli.timeframe import utc_text

Columns = Mapping[str, Any]  # the moments of rows first, then their numbers
ROW_MARKS = "row_marks.bin"
MARK_BYTES = 2


@frozen
class Drift:
    """An input that changed: its name, and a sentence on how."""

    name: str
    said: str

    def __str__(self) -> str:
        return f"{self.name}: {self.said}"


def marks_of(inputs: RunInputs) -> bytes:
    """The content of row_marks.bin: two bytes per loaded row, series in the order of the manifest."""
    return b"".join(digest.row_marks for digest in sorted(inputs.digests, key=series_identity))


def without_marks(inputs: RunInputs) -> RunInputs:
    """The same inputs, once their marks are written."""
    return replace(inputs, digests=tuple(replace(digest, row_marks=b"") for digest in inputs.digests))


def drift_of(
    manifest: RunManifest, run_dir: Path, parts: Prepared, inputs: RunInputs, reader: RowReader
) -> tuple[Drift, ...]:
    """Every series and instrument whose content is not the recorded one, and formulas that are others."""

    def rows_of(series: Series) -> Columns:
        if parts.signals is not None and series.kind == "signals":
            return parts.signals.rows[series.symbol].content
        return read_span(reader, next(span for span in parts.spans.series if span.series == series))._asdict()

    return (
        *_drifted(manifest, run_dir, inputs.digests, rows_of),
        *_other_specs(manifest, parts.instruments),
        *_other_formulas(manifest, parts),
    )


def drift_without_run(
    manifest: RunManifest,
    run_dir: Path,
    window: LoadWindow,
    instruments: Mapping[str, InstrumentSpecs],
    reader: RowReader,
    signals: Signals | None = None,
) -> tuple[Drift, ...]:
    """As `drift_of`, for who does not know what the strategy makes the run load: `window` has no warm-up.

    Compared is what lies between the first and the last recorded row, and in the tested window.
    """
    recorded = {series.series: series for series in manifest.inputs.series}
    read = {span.series: _rows_around(reader, span, recorded.get(str(span.series))) for span in window.series}
    digests = [digest_of_series(series, rows) for series, rows in read.items()]
    digests += [] if signals is None else signals.digests
    gone = sorted(recorded.keys() - {str(digest.series) for digest in digests})
    contents = {series: rows._asdict() for series, rows in read.items()}
    contents |= {} if signals is None else {series: rows.content for series, rows in signals.series}
    return (
        *_drifted(manifest, run_dir, digests, contents.__getitem__),
        *(Drift(name, "the run read it, and its system does not ask for it") for name in gone),
        *_other_specs(manifest, instruments),
    )


def _rows_around(reader: RowReader, span: SeriesSpan, was: SeriesInput | None) -> Rows:
    start, end = span.load_start_ms, span.load_end_ms
    if was is not None and was.first_ms is not None and was.last_ms is not None:
        start, end = min(start, was.first_ms), max(end, was.last_ms + 1)
    return read_span(reader, replace(span, load_start_ms=start, load_end_ms=end))


def _drifted(
    manifest: RunManifest, run_dir: Path, digests: Iterable[SeriesDigest], rows_of: Callable[[Series], Columns]
) -> Iterator[Drift]:
    before = {series.series: series for series in manifest.inputs.series}
    marks = _recorded_marks(manifest, run_dir)
    for digest in digests:
        was = before.get(str(digest.series))
        if was is None:
            yield Drift(str(digest.series), "the run did not read this series")
        elif was.sha256 != digest.sha256:
            yield Drift(was.series, _how(was, digest, marks.get(was.series, b""), rows_of(digest.series)))


def _other_formulas(manifest: RunManifest, parts: Prepared) -> Iterator[Drift]:
    before, now = manifest.inputs.formulas, formulas_used(parts.system, parts.window)
    for name in dict.fromkeys((*before, *now)):
        was, used = list(before.get(name, ())), now.get(name, [])
        if was != used:
            yield Drift(f"formula of {name}", f"the run used {_told(was)}, this btcli {_told(used)}")


def _told(formulas: Sequence[Mapping[str, str | None]]) -> str:
    spans = (f"{each['basis']} from {each['from'] or 'the start'} to {each['until'] or 'the end'}" for each in formulas)
    return " and ".join(spans) or "none"


def _other_specs(manifest: RunManifest, instruments: Mapping[str, InstrumentSpecs]) -> Iterator[Drift]:
    for symbol, specs in instruments.items():
        if manifest.inputs.instruments.get(symbol) != specs.digest:
            yield Drift(symbol, "its trading rules are not the recorded ones")


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


def _how(was: SeriesInput, now: SeriesDigest, marks: bytes, found: Columns) -> str:
    rows = f"it had {was.rows:,} rows, it has {now.rows:,}" if was.rows != now.rows else f"{now.rows:,} rows as before"
    place = _first_difference(marks, now.row_marks)
    if place is None:
        return f"the content changed; {rows}"
    times = next(iter(found.values()))
    if place >= times.size:
        return f"the rows after {utc_text(int(times[-1]))} are gone; {rows}" if times.size else f"it is empty; {rows}"
    values = ", ".join(f"{name} {column[place]:g}" for name, column in list(found.items())[1:])
    return f"the first row that differs is now that of {utc_text(int(times[place]))} ({values}); {rows}"


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
