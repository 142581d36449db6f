"""How imports and the store's content are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table
from btcli.legible.figures import short_moment
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.market.picture import SeriesPicture
    from btcli.market.store.reading import Told
    from btcli.tools import ToolResult
    from btcli.workflows.data.export import Exported
    from btcli.workflows.data.stored import StoredSeries
    from btcli.workflows.provenance import Origin

WIDE = 130
SHOWN = ("venue", "symbol", "series", "timeframe", "rows", "first", "last")


def imported_answer(results: Sequence[ToolResult]) -> Answer:
    """What each tool call did, and how each file was understood."""
    parts = [part for result in results for part in result.details.get("files", (result,))]
    found = [part.details.get("detection") for part in parts]

    def show(console: Console) -> None:
        for part, detection in zip(parts, found, strict=True):
            for line in _detected(detection):
                console.print(line, style="dim", soft_wrap=True, markup=False)
            console.print(part.message, soft_wrap=True, markup=False)

    notes = tuple(note for detection in found if detection is not None for note in detection.notes)
    files = [_file(detection) for detection in found if detection is not None]
    return Answer({"tools": [result.to_dict() for result in results], "files": files}, show, warnings=notes)


def _file(detection: Any) -> dict[str, Any]:
    """How a file was understood, for programs."""
    return {
        "format": detection.format,
        "symbol": detection.symbol,
        "timeframe": detection.timeframe,
        "times": detection.times,
        "columns": dict(detection.columns),
        "ignored": list(detection.ignored),
        "meaning": [
            {"about": claim.about, "value": claim.value, "fact": claim.is_fact, "because": claim.because}
            for claim in detection.claims
        ],
    }


def _detected(detection: Any) -> list[str]:
    if detection is None:
        return []
    columns = ", ".join(f"{ours} = {theirs}" for ours, theirs in detection.columns.items() if ours != theirs)
    named = " ".join(part for part in (detection.symbol, detection.timeframe) if part)
    lines = [", ".join(part for part in (detection.format, named, f"times {detection.times}") if part)]
    lines += [claim.sentence() for claim in detection.claims]
    lines += [f"columns: {columns}"] if columns else []
    lines += [f"ignored: {', '.join(detection.ignored)}"] if detection.ignored else []
    return lines


def listed_answer(
    found: Sequence[StoredSeries], store: Path, *, provenance: bool = False, warnings: Sequence[str] = ()
) -> Answer:
    """A line per series with its rows, its span and a bar of time; with `provenance` who wrote which part."""
    rows = [_row(each, provenance) for each in found]

    def show(console: Console) -> None:
        if not rows:
            hint = "btcli data sync, btcli data import, or btcli data sample"
            console.print(f"{store} holds nothing yet: {hint}", soft_wrap=True, markup=False)
            return
        wide = console.width >= WIDE
        table = plain_table(*SHOWN, "holes", *(("coverage",) if wide else ()), right=("rows", "holes"))
        for row, each in zip(rows, found, strict=True):
            bar = (coverage_bar(each.picture),) if wide else ()
            table.add_row(*(escape(_shown(row[key])) for key in SHOWN), _holes(each), *bar)
        console.print(table)
        for each in () if wide else found:
            console.print(f"{coverage_bar(each.picture)} {escape(str(each.coverage.series))}", soft_wrap=True)
        for each in found if provenance else ():
            for origin in each.origins:
                console.print(f"{each.coverage.series}: {_origin(origin)}", style="dim", soft_wrap=True, markup=False)
            for told in each.told:
                console.print(f"{each.coverage.series}: {_told(told)}", style="dim", soft_wrap=True, markup=False)

    return Answer({"store": store, "series": rows}, show, warnings=tuple(warnings))


def coverage_bar(picture: SeriesPicture) -> str:
    """From the first row to the last: whole, nearly whole, in part, nothing."""
    marks = "".join(
        "█" if cell == 1.0 else "▓" if cell >= 0.5 else "░" if cell > 0.0 else "·" for cell in picture.cells
    )
    return f"[dim]|[/]{marks}[dim]|[/]"


def exported_answer(exported: Exported) -> Answer:
    """What was written, and the digest of its content."""
    span = f"{short_moment(utc_text(exported.first_ms))} to {short_moment(utc_text(exported.last_ms))}"

    def show(console: Console) -> None:
        said = f"{exported.file}: {exported.rows:,} rows of {exported.series}, {span}"
        console.print(said, soft_wrap=True, markup=False)

    data = {
        "file": exported.file,
        "series": str(exported.series),
        "rows": exported.rows,
        "first": utc_text(exported.first_ms),
        "last": utc_text(exported.last_ms),
        "sha256": exported.digest,
    }
    return Answer(data, show)


def _row(each: StoredSeries, provenance: bool) -> dict[str, Any]:
    coverage, series = each.coverage, each.coverage.series
    row = {
        "venue": series.venue,
        "symbol": series.symbol,
        "series": series.kind,
        "timeframe": series.timeframe,
        "rows": coverage.rows,
        "first": utc_text(coverage.first_ms),
        "last": utc_text(coverage.last_ms),
        "holes": [[utc_text(start), utc_text(end)] for start, end in each.picture.holes],
        "absent": [[utc_text(start), utc_text(end)] for start, end in each.picture.absent],
        "told": [
            {
                "start": utc_text(told.start_ms),
                "end": utc_text(told.end_ms),
                "state": told.state,
                "evidence": told.evidence,
                "at": utc_text(told.at_ms),
            }
            for told in each.told
        ],
    }
    if provenance:
        row["provenance"] = [
            {
                "tool": origin.tool,
                "source": origin.source,
                "start": utc_text(origin.start_ms),
                "end": utc_text(origin.end_ms),
                "rows": origin.rows,
                "at": utc_text(origin.last_at_ms),
                "digests": list(origin.digests),
            }
            for origin in each.origins
        ]
    return row


def _holes(each: StoredSeries) -> str:
    """As "3 (1 not given, +2 absent)": absent ones are no holes."""
    said = [f"{count} {state}" for state in ("not given", "disputed") if (count := _count(each, state))]
    said += [f"+{len(each.picture.absent)} absent"] if each.picture.absent else []
    return f"{len(each.picture.holes)}" + (f" ({', '.join(said)})" if said else "")


def _count(each: StoredSeries, state: str) -> int:
    return sum(told.state == state for told in each.told)


def _told(told: Told) -> str:
    span = f"{short_moment(utc_text(told.start_ms))} to {short_moment(utc_text(told.end_ms))}"
    return f"{span}  {told.state}  {short_moment(utc_text(told.at_ms))}  {told.evidence}"


def _origin(origin: Origin) -> str:
    span = f"{short_moment(utc_text(origin.start_ms))} to {short_moment(utc_text(origin.end_ms))}"
    digests = ", ".join(digest[:12] for digest in origin.digests[:2] if digest)
    more = f" and {len(origin.digests) - 2} more" if len(origin.digests) > 2 else ""
    at = short_moment(utc_text(origin.last_at_ms))
    return f"{span}  {origin.rows:,} rows  {origin.tool} {origin.source}  {at}  {digests}{more}"


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else short_moment(str(value))
