"""`btcli runs`: the runs there are, those that were asked for, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from btcli.artifacts.kinds import is_moment
from btcli.config.findings import did_you_mean
from btcli.config.sections import RULES
from btcli.errors import AccessError, Problem, RequestError
from btcli.frozen import frozen
from btcli.registry.asking import guards, is_closed
from btcli.registry.counting import Count
from btcli.registry.records import Registry
from btcli.registry.tries import counts_known, registry_if_any
from btcli.story.records import RunRecord, all_records


@frozen
class RunsRequest:
    """Which runs below a folder; an empty filter lets all pass, and of several symbols a run must have each."""

    runs: Path
    system: str = ""
    window: str = ""
    strategy: str = ""
    symbols: tuple[str, ...] = ()
    sort: str = ""  # one of COLUMNS, with - in front the greatest first; without one the last written at the end


@frozen
class RunsFound:
    """The runs that were asked for, of how many, what could be asked for, and what is wrong with others."""

    records: tuple[RunRecord, ...]
    of: int
    known: Mapping[str, tuple[str, ...]]  # names of all runs by filter: system, window, strategy, symbol
    skipped: tuple[Problem, ...]
    counts: Mapping[str, Count]  # by run id; those that the registry knows
    sealed: frozenset[str]  # ids of runs inside a seal that is closed: their figures are left out
    warnings: tuple[str, ...] = ()


def list_runs(request: RunsRequest) -> RunsFound:
    """Read all of them, choose and sort; raises RequestError for a column that there is none of."""
    order = _order(request.sort)
    registry, warnings = registry_if_any(request.runs)
    records, skipped = all_records(request.runs)
    guarding = _guards(request.runs)
    sealed = frozenset(each.manifest.run_id for each in records if is_closed(guarding, each.manifest))
    chosen = [_without_figures(each, sealed) for each in records if _fits(each, request)]
    rows = tuple(_sorted(chosen, *order) if order else chosen)
    counts = counts_known(registry, [each.manifest for each in rows])
    return RunsFound(rows, len(records), _known(records), skipped, counts, sealed, warnings)


def _guards(runs: Path) -> tuple[Registry, ...]:
    try:
        return guards(runs, [runs])
    except AccessError:
        return ()  # told with the count


def _without_figures(record: RunRecord, sealed: frozenset[str]) -> RunRecord:
    return replace(record, metrics={}, rules={}) if record.manifest.run_id in sealed else record


def finished_at(record: RunRecord) -> str | None:
    """When a run was made, None where its manifest does not say."""
    said = record.manifest.environment.get("finished_at")
    return said if isinstance(said, str) and is_moment(said) else None


def overrides_of(record: RunRecord) -> tuple[str, ...]:
    """The values that were given by --set; runs of old do not tell."""
    said = record.manifest.environment.get("overrides")
    return tuple(map(str, said)) if isinstance(said, list) else ()


def strategies_of(record: RunRecord) -> tuple[str, ...]:
    """The strategy of all symbols, and those that single symbols have."""
    strategy = record.manifest.inputs.config["strategy"]
    own = (each.get("use") or (each.get("rules") and RULES) for each in strategy.get("per_symbol", {}).values())
    return tuple(dict.fromkeys(use for use in (strategy.get("use") or RULES, *own) if use))


def _known(records: Sequence[RunRecord]) -> dict[str, tuple[str, ...]]:
    names = {
        "system": {record.manifest.system for record in records},
        "window": {record.manifest.window for record in records},
        "strategy": {use for record in records for use in strategies_of(record)},
        "symbol": {symbol for record in records for symbol in record.manifest.inputs.config["symbols"]},
    }
    return {name: tuple(sorted(found)) for name, found in names.items()}


def _metric(name: str) -> Callable[[RunRecord], Any]:
    return lambda record: record.metrics.get(name)


COLUMNS: Mapping[str, Callable[[RunRecord], Any]] = MappingProxyType(
    {
        "run": lambda record: record.manifest.run_id,
        "when": finished_at,
        "system": lambda record: record.manifest.system,
        "window": lambda record: record.manifest.window,
        "return": _metric("return_pct"),
        "sharpe": _metric("sharpe"),
        "drawdown": _metric("max_drawdown_pct"),
        "trades": _metric("trades"),
        "profit": _metric("net_profit_usdt"),
    }
)


def _fits(record: RunRecord, request: RunsRequest) -> bool:
    manifest = record.manifest
    return (
        request.system in ("", manifest.system)
        and request.window in ("", manifest.window)
        and (not request.strategy or request.strategy in strategies_of(record))
        and set(request.symbols) <= set(manifest.inputs.config["symbols"])
    )


def _order(sort: str) -> tuple[str, bool] | None:
    """The column and whether the greatest comes first."""
    name = sort.removeprefix("-").lower()
    if not sort:
        return None
    if name not in COLUMNS:
        known = f"columns: {', '.join(COLUMNS)}; with - in front the greatest first"
        raise RequestError(
            f"there is no column {name!r}", where="--sort", hint=f"{did_you_mean(name, COLUMNS)} {known}".strip()
        )
    return name, sort.startswith("-")


def _sorted(records: Sequence[RunRecord], name: str, is_falling: bool) -> list[RunRecord]:
    """By a column, what has none of it at the end; equal ones keep their order."""
    value = COLUMNS[name]
    have = [record for record in records if value(record) is not None]
    have.sort(key=value, reverse=is_falling)
    return [*have, *(record for record in records if value(record) is None)]
