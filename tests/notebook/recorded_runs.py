"""Copies of recorded runs, laid out as `btcli run` lays them out."""

from __future__ import annotations

import hashlib
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


def rewrite(folder: Path, name: str, content: str) -> None:
    """Replace a file of a run and its digest in the manifest, as if the run had written it."""
    (folder / name).write_text(content, encoding="utf-8")
    written = (folder / name).read_bytes()
    files = json.loads((folder / "run_manifest.json").read_text())["outputs"]
    files["files"][name] = {"sha256": hashlib.sha256(written).hexdigest(), "size": len(written)}
    change_manifest(folder, outputs=files)


def with_equity(folder: Path, closes: list[float], **metrics: float) -> None:
    """Give a run of three days these equities all day long, and metrics.json these figures of them."""
    lines = (folder / "equity_curve.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    for row in rows:
        day = (int(row[0][8:10]) - (row[0][11:16] == "00:00")) - 5  # the run begins on the fifth
        row[1] = repr(closes[day])
    rewrite(folder, "equity_curve.csv", "\n".join([lines[0], *(",".join(row) for row in rows)]) + "\n")
    told = json.loads((folder / "metrics.json").read_text())
    rewrite(folder, "metrics.json", json.dumps({**told, **metrics}))
