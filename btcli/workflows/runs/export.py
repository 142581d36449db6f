"""`btcli export`: a run's frames, or its daily returns, as files for other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btcli.artifacts.disk import disk
from btcli.artifacts.manifest import MANIFEST
from btcli.digest import sha256_of_file
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.notebook import Run, run_at

if TYPE_CHECKING:
    import polars as pl

Frames = Mapping[Path, Callable[[], "pl.DataFrame"]]
TAKEN_FOR_PRICES = (
    "quantstats takes these returns for prices, because none is a loss and one is above 100 %: "
    "give it prices instead, as docs/notebook.md does"
)


class To(StrEnum):
    """What a run can be exported to."""

    PARQUET = "parquet"
    CSV = "csv"
    QUANTSTATS = "quantstats"


@frozen
class RunExportRequest:
    """A run, what to make of it, and where: a folder, or of quantstats the file; None has a name by the run's id."""

    run_dir: Path
    to: To
    out: Path | None = None
    overwrite: bool = False


@frozen
class ExportedFile:
    """A file that was written, its rows, and the digest of its bytes."""

    file: Path
    rows: int
    sha256: str


@frozen
class RunExported:
    """What was written of which run."""

    run_dir: Path
    run_id: str
    to: To
    files: tuple[ExportedFile, ...]
    warnings: tuple[str, ...] = ()


def export_run(request: RunExportRequest) -> RunExported:
    """Write the files of an export: all of them whole, or none.

    Raises RequestError for a run that is not complete, a place that is no place for them and files that are there,
    AccessError for files that are not those that the run wrote, and when the folder or the disk refuses.
    """
    run = run_at(request.run_dir)
    if run.status != "complete":
        raise RequestError(f"the run is {run.status}, not complete", where=str(run.path), hint="run it again")
    from btcli.artifacts.frame_files import write_frames

    frames = _returns_to(run, request.out) if request.to == To.QUANTSTATS else _frames_to(run, request)
    folder = next(iter(frames)).parent
    _require_outside_of_runs(folder)
    with _made(folder):
        rows = write_frames(frames, overwrite=request.overwrite)
    files = tuple(ExportedFile(file, count, sha256_of_file(file)) for file, count in rows.items())
    return RunExported(run.path, run.run_id, request.to, files, _warnings(run, request.to))


def _frames_to(run: Run, request: RunExportRequest) -> Frames:
    folder = request.out or Path(f"{run.run_id}-{request.to}")
    if folder.exists() and not folder.is_dir():
        raise RequestError(
            f"{folder} is a file", hint=f"--to {request.to} writes three files: name a folder with --out"
        )
    return {
        folder / f"trades.{request.to}": lambda: run.trades,
        folder / f"equity_curve.{request.to}": lambda: run.equity,
        folder / f"events.{request.to}": lambda: run.events if request.to == To.PARQUET else _flat(run.events),
    }


def _returns_to(run: Run, out: Path | None) -> Frames:
    from btcli.artifacts.frame_files import FORMATS

    file = out or Path(f"{run.run_id}-returns.csv")
    if file.suffix not in FORMATS:
        raise RequestError(
            f"{file} ends neither in .csv nor in .parquet",
            hint="--to quantstats writes one file, and its ending says the format",
        )
    return {file: lambda: run.returns}


def _flat(events: pl.DataFrame) -> pl.DataFrame:
    """The events with what is nested as JSON text, as a CSV file can hold it; what is not there is left out."""
    import orjson
    import polars as pl

    def text(value: Any) -> str:
        return orjson.dumps(_without_none(value)).decode()

    nested = [name for name, kind in events.schema.items() if kind.is_nested()]
    columns = (
        pl.Series(name, [None if value is None else text(value) for value in events[name].to_list()]) for name in nested
    )
    return events.with_columns(column.cast(pl.String) for column in columns)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: inner for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _require_outside_of_runs(folder: Path) -> None:
    """What is written into a run's folder would make it another than its manifest says."""
    for each in (folder.resolve(), *folder.resolve().parents):
        if (each / MANIFEST).exists():
            raise RequestError(f"{folder} lies in a run's folder, whose files are those of its manifest",
                               hint="name another place with --out")  # fmt: skip


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A folder that is there; one made here goes again when nothing was written into it."""
    is_new = not folder.exists()
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _warnings(run: Run, to: To) -> tuple[str, ...]:
    from btcli.analysis.returns import look_like_prices

    return (TAKEN_FOR_PRICES,) if to == To.QUANTSTATS and look_like_prices(run.returns) else ()
