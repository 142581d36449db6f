"""`btcli report`: runs as one page."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from btcli.artifacts.disk import disk, write_whole
from btcli.artifacts.frames import equity_frame, trades_frame
from btcli.artifacts.run_files import REPORT
from btcli.artifacts.verification import verify_run
from btcli.config.departures import departures
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.where import Stores
from btcli.report.booked import booked_of
from btcli.report.content import RunContent, Setting
from btcli.story.funnel import funnel_of
from btcli.workflows.runs.recorded_market import RecordedMarket, recorded_market

BOKEH = "bokeh>=3.9,<3.10"
DRAWS_WITH = "3.9."  # the bokeh whose descriptions the page's script reads
DOCTYPE = b"<!DOCTYPE html>"


@frozen
class ReportRequest:
    """Which runs, in which order, where their candles lie, and the file; None is report.html beside the first run."""

    runs: tuple[Path, ...]
    stores: Stores
    file: Path | None = None


@frozen
class Reported:
    """The page as it was written; `warnings` say what it lacks, and what is wrong with the runs."""

    path: Path
    size: int
    sha256: str
    run_ids: tuple[str, ...]
    warnings: tuple[str, ...]


def report_on(request: ReportRequest) -> Reported:
    """Make the page and write it, whole or not at all.

    Raises RequestError without bokeh, for a run that is not complete and where a file is no page, AccessError, with
    the place, for files that no run has written and a file that can't be written.
    """
    require_bokeh()
    from btcli.report.page import page_of

    path = request.runs[0] / REPORT if request.file is None else request.file
    _require_place(path, is_asked=request.file is not None)
    read = [_content(run_dir, request.stores) for run_dir in request.runs]
    contents = [content for content, _ in read]
    page = page_of(contents)
    write_whole(path, page)
    return Reported(
        path,
        len(page),
        sha256(page).hexdigest(),
        tuple(content.run_id for content in contents),
        tuple(_told(contents, [warnings for _, warnings in read])),
    )


def _require_place(path: Path, *, is_asked: bool) -> None:
    """Raises RequestError where a page would replace a folder, a device, or, where a user named it, what is no page."""
    if path.is_dir():
        raise RequestError("is a folder", where=str(path), hint="--out names the file, --runs the folder of runs")
    if path.exists() and not path.is_file():
        raise RequestError("is no file that can be replaced", where=str(path), hint="--out names the file of the page")
    if is_asked and path.exists() and not _is_page(path):
        hint = "name another file with --out, or remove this one"
        raise RequestError("is there already and is no page", where=str(path), hint=hint)


def _is_page(path: Path) -> bool:
    """Whether a file is one that btcli may have written, or is empty."""
    with disk(path, "read"), path.open("rb") as file:
        return file.read(len(DOCTYPE)) in (b"", DOCTYPE)


def require_bokeh() -> None:
    """Raises RequestError, with the command that installs it, where bokeh is missing or another than the page needs."""
    steps = (f"install it with: {shlex.quote(sys.executable)} -m pip install {shlex.quote(BOKEH)}",)
    try:
        found = version("bokeh")
    except PackageNotFoundError:
        raise RequestError("a report is drawn by bokeh, which is not installed", steps=steps) from None
    if not found.startswith(DRAWS_WITH):
        raise RequestError(f"bokeh {found} is installed, a report needs {BOKEH}", steps=steps)


def _content(run_dir: Path, stores: Stores) -> tuple[RunContent, tuple[str, ...]]:
    files = verify_run(run_dir)
    manifest, funnel, booked = files.manifest, funnel_of(run_dir), booked_of(run_dir)
    market = recorded_market(run_dir, manifest, stores)
    metrics = dict(funnel.record.metrics)
    differs = () if files.ok else (f"The run's files are not those of its manifest: {files.counts}.",)
    found = metrics.get("findings")
    content = RunContent(
        name=f"{manifest.system} / {manifest.window}",
        run_id=manifest.run_id,
        manifest=manifest.model_dump(mode="json"),
        metrics=metrics,
        trades=trades_frame(run_dir),
        equity=equity_frame(run_dir),
        funnel={name: value for name, value in funnel.to_dict().items() if name != "run_dir"},
        findings=None if found is None else tuple(found),
        paid=booked.paid,
        levels=booked.levels,
        timeframes=manifest.inputs.config["timeframes"],
        candles=market.candles,
        features=market.features,
        left_out=(*differs, *market.left_out),
        settings=tuple(Setting(*each) for each in departures(manifest.inputs.config)),
    )
    return content, _warnings(differs, market)


def _warnings(differs: Sequence[str], market: RecordedMarket) -> tuple[str, ...]:
    plain = [each for each in market.left_out if not market.causes]
    return (*differs, *plain, *market.causes)


def _told(contents: Sequence[RunContent], warnings: Sequence[Sequence[str]]) -> list[str]:
    """Each with the run it is about, where there are several."""
    if len(contents) == 1:
        return list(warnings[0])
    return [f"{content.run_id}: {said}" for content, told in zip(contents, warnings, strict=True) for said in told]
