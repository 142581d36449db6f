"""Reading back what runs left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from btcli.artifacts.config_shape import require_config
from btcli.artifacts.manifest import MANIFEST, RunManifest, read_manifest
from btcli.artifacts.metrics_shape import require_metrics
from btcli.artifacts.reading import read_object
from btcli.artifacts.rules_shape import require_rules
from btcli.artifacts.run_dir import METRICS, RULES
from btcli.errors import AccessError, Problem, RequestError
from btcli.frozen import frozen
from btcli.story.finding import run_folders, skipped


@frozen
class RunRecord:
    """A run's folder, manifest and metrics; the metrics of an unfinished run are empty."""

    path: Path
    manifest: RunManifest
    metrics: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)  # by symbol, of a run by rules


def read_record(folder: Path) -> RunRecord:
    """Read one run; raises RequestError or AccessError, with the place, for what no run of this version writes."""
    manifest = read_manifest(folder)
    require_config(manifest.inputs.config, str(folder / MANIFEST))
    metrics = _metrics(folder / METRICS, is_complete=manifest.status == "complete")
    return RunRecord(folder, manifest, metrics, _rules(folder / RULES, manifest))


def all_records(runs: Path) -> tuple[tuple[RunRecord, ...], tuple[Problem, ...]]:
    """Every run below `runs`, the one written last at the end; and what is wrong with each that cannot be read."""
    records: list[RunRecord] = []
    unreadable: list[Problem] = []
    for folder in run_folders(runs):
        try:
            records.append(read_record(folder))
        except (AccessError, RequestError) as error:
            unreadable += skipped(folder, error)
    return tuple(records), tuple(unreadable)


def _rules(path: Path, manifest: RunManifest) -> Mapping[str, Any]:
    if RULES not in manifest.outputs.files:  # no rules decided, or a version did that did not count
        return {}
    found = read_object(path)
    require_rules(found, str(path))
    symbols: Mapping[str, Any] = found["symbols"]
    return symbols


def _metrics(path: Path, *, is_complete: bool) -> Mapping[str, Any]:
    if not path.exists() and not is_complete:
        return {}
    found = read_object(path)
    require_metrics(found, str(path))
    return found
