"""Copies of recorded runs, laid out as `btcli run` lays them out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"


def recorded_run(runs: Path, name: str, at_s: int = 1_700_000_000, suffix: str = "") -> Path:
    """A copy of a recorded run below `runs`; its manifest was written at `at_s`."""
    manifest = json.loads((GOLDEN / name / "run_manifest.json").read_text())
    folder = runs / manifest["system"] / manifest["window"] / (manifest["run_id"] + suffix)
    shutil.copytree(GOLDEN / name, folder, ignore=shutil.ignore_patterns("pack"))
    os.utime(folder / "run_manifest.json", (at_s, at_s))
    return folder


def change_manifest(folder: Path, **changed: Any) -> None:
    """Replace some top-level parts of a run's manifest."""
    path = folder / "run_manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
