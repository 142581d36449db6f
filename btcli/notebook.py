"""A recorded run for notebooks and scripts: its frames, and the values of its JSON files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btcli.analysis.numbers import Undefined
from btcli.artifacts.config_shape import require_config
from btcli.artifacts.manifest import MANIFEST, RunManifest, read_manifest
from btcli.artifacts.metrics_shape import require_metrics
from btcli.artifacts.reading import read_object
from btcli.artifacts.recorder import EQUITY, EVENTS, TRADES
from btcli.artifacts.run_dir import METRICS
from btcli.artifacts.verification import require_as_written
from btcli.errors import AccessError, RequestError
from btcli.legible.figures import count, day, number, percent
from btcli.legible.names import shown_plainly
from btcli.registry.asking import open_for_runs, refusing
from btcli.story.finding import find_run
from btcli.timeframe import UNIT_MS

if TYPE_CHECKING:
    import polars as pl

    from btcli.analysis.numbers import Metric

DAY_MS = UNIT_MS["d"]
_AGAIN = "btcli run makes it again"


def open_run(named: str | Path = "latest", runs: str | Path = "runs") -> Run:
    """A run by its folder, its id, a unique prefix of it, or "latest": the last complete one in the folder `runs`.

    Files are read when they are asked for. Raises RequestError when there is no such run, AccessError when it cannot
    be read; warns of the runs that were passed over on the way because they are damaged. A run inside a sealed window
    is refused until `btcli show RUN --unseal` has opened it.
    """
    found = find_run(str(named), Path(runs), "runs=")
    for said in found.warnings:
        warnings.warn(said, stacklevel=2)
    open_for_runs([found.path], Path(runs), refusing)
    return run_at(found.path)


def run_at(folder: Path) -> Run:
    """The run in a folder; raises RequestError where there is none, AccessError when its manifest cannot be read."""
    manifest = read_manifest(folder)
    require_config(manifest.inputs.config, str(folder / MANIFEST))
    return Run(folder, manifest)


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """One run. Every file that is read of a complete run must be the one that its manifest names.

    The frames are described in docs/notebook.md. Raises AccessError, with file and line where there is one, for a
    file that was changed or damaged.
    """

    path: Path
    _manifest: RunManifest

    @property
    def run_id(self) -> str:
        """The digest of what went into the run, twelve hex digits."""
        return self._manifest.run_id

    @property
    def status(self) -> str:
        """complete, or started, failed or interrupted: then what the files hold is the beginning of a run."""
        return self._manifest.status

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """run_manifest.json: what went in, with digests, and what came out."""
        return self._manifest.model_dump(mode="json")

    @property
    def config(self) -> dict[str, Any]:
        """Every key of the system with the value that the run had."""
        config: dict[str, Any] = self.manifest["inputs"]["config"]
        return config

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """metrics.json; raises RequestError for a run that did not come to its end."""
        path = self.path / METRICS
        if self.status != "complete" and not path.exists():
            raise RequestError(f"the run is {self.status} and has no metrics", where=str(self.path), hint=_AGAIN)
        metrics = read_object(path)
        require_metrics(metrics, str(path))
        require_as_written(self.path, self._manifest, METRICS)
        return metrics

    @cached_property
    def trades(self) -> pl.DataFrame:
        """trades.csv in the order in which the trades ended, and the tag of the signal that opened each."""
        from btcli.artifacts.frames import trades_frame

        return self._frame(trades_frame, TRADES, EVENTS)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """equity_curve.csv: a row per close of the ltf, or per step of exec."""
        from btcli.artifacts.frames import equity_frame

        return self._frame(equity_frame, EQUITY)

    @cached_property
    def events(self) -> pl.DataFrame:
        """events.jsonl: a row per event, with a column for every field that any event can have."""
        from btcli.artifacts.frames import events_frame

        return self._frame(events_frame, EVENTS)

    @cached_property
    def returns(self) -> pl.DataFrame:
        """The daily returns that the ratios of metrics.json are made of: `date` and `return`, a fraction.

        Raises RequestError when the curve does not tell each day's end, as that of a weekly ltf does not.
        """
        return _returns(self)

    def _frame(self, read: Callable[[Path], pl.DataFrame], *files: str) -> pl.DataFrame:
        """What `read` makes of some files of the run, which must be as they were written."""
        try:
            frame = read(self.path)
        except AccessError as error:
            if self.status != "complete":
                error.problems = (replace(error.problems[0], hint=f"the run is {self.status}; {_AGAIN}"),)
            raise
        for file in files:
            require_as_written(self.path, self._manifest, file)
        return frame

    def __repr__(self) -> str:
        return "\n".join(shown_plainly(line) for line in _lines(self))


def _lines(run: Run) -> Iterator[str]:
    """What a run is, in a few lines."""
    manifest, config = run.manifest, run.config
    window = manifest["inputs"]["window"]
    yield f"Run {run.run_id}: {manifest['system']}/{manifest['window']}, {run.status}"
    yield f"{', '.join(config['symbols'])} on {config['venue']}, {day(window['start'])} to {day(window['end'])} UTC"
    try:
        yield _result(run.metrics)
    except (AccessError, RequestError) as error:
        yield error.problems[0].message
    yield "frames: trades, equity, events, returns; values: metrics, manifest, config"
    yield str(run.path)


def _result(metrics: Mapping[str, Any]) -> str:
    figures = (
        f"return {percent(metrics['return_pct'], sign=True)}",
        f"Sharpe {number(metrics['sharpe'])}",
        f"drawdown {percent(metrics['max_drawdown_pct'])}",
        count(metrics["trades"], "trade"),
    )
    return f"{metrics['status']}: {', '.join(figures)}"


def _returns(run: Run) -> pl.DataFrame:
    from btcli.analysis.definitions import daily_returns, sharpe
    from btcli.analysis.equity import EquityFold
    from btcli.analysis.returns import dated_returns

    curve, metrics, start_ms = run.equity, run.metrics, run._manifest.inputs.window.start_ms
    fold = EquityFold(metrics["initial_equity_usdt"], start_ms)
    closes = curve["ts"].dt.epoch("ms")
    fold.add(closes.to_numpy(), curve.drop("ts").to_numpy())
    facts = fold.facts()
    has_each_step = run.config["output"]["equity"] == "exec" or _has_one_timeframe(run.config)
    if not (has_each_step or _has_each_midnight(closes, start_ms)) or not _same(
        sharpe(daily_returns(facts)), metrics["sharpe"]
    ):
        raise RequestError(
            "the equity curve has no row at the end of each day, as metrics.json has",
            where=str(run.path / EQUITY),
            hint="btcli run --set output.equity=exec keeps a row for each step",
        )
    return dated_returns(facts)


def _has_one_timeframe(config: Mapping[str, Any]) -> bool:
    return bool(config["timeframes"]["exec"] == config["timeframes"]["ltf"])


def _has_each_midnight(closes: pl.Series, start_ms: int) -> bool:
    """Whether there is a row at every end of a day (UTC) between the window's start and the last row."""
    midnights = closes.filter(closes % DAY_MS == 0)
    return not len(closes) or len(midnights) == closes[-1] // DAY_MS - start_ms // DAY_MS


def _same(found: Metric, recorded: float | None) -> bool:
    if isinstance(found, Undefined) or recorded is None:
        return isinstance(found, Undefined) and recorded is None
    return isclose(found, recorded, rel_tol=1e-9)
