"""Reading back what runs left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from btcli.artifacts.manifest import RunManifest, read_manifest
from btcli.artifacts.run_dir import METRICS
from btcli.errors import AccessError
from btcli.workflows.locating import run_folders


@dataclass(frozen=True)
class RunRecord:
    """A run's folder, manifest and metrics; the metrics of an unfinished run are empty."""

    path: Path
    manifest: RunManifest
    metrics: Mapping[str, Any]


def read_record(folder: Path) -> RunRecord:
    """Read one run; raises AccessError when something of it is damaged."""
    return RunRecord(folder, read_manifest(folder), _metrics(folder / METRICS))


def all_records(runs: Path) -> tuple[RunRecord, ...]:
    """Every run below `runs`, the one written last at the end."""
    return tuple(read_record(folder) for folder in run_folders(runs))


def _metrics(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise AccessError(f"is not JSON: {error}", where=str(path), hint="btcli replay says what was changed") from None
    return found if isinstance(found, dict) else {}
