"""Records the golden runs anew: only after a change of the rules or of the artifacts that was meant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def btcli(*words: object, trials: Path) -> None:
    """Run btcli from this checkout, which counts in `trials`; stops here when it fails."""
    command = [sys.executable, "-m", "btcli", *map(str, words)]
    environment = {**os.environ, "BTCLI_TRIALS": str(trials)}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def record(system: Path) -> None:
    """Replace tests/golden/<system> by a packed run of it on sample data."""
    with tempfile.TemporaryDirectory() as scratch:
        store, runs = Path(scratch) / "data", Path(scratch) / "runs"
        trials = Path(scratch) / "trials.jsonl"
        btcli("data", "sample", system, "--data", store, trials=trials)
        btcli("run", system, "--data", store, "--out", runs, "--pack", trials=trials)
        (made,) = runs.glob("*/*/*/run_manifest.json")
        golden = HERE / system.stem
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(made.parent, golden)
    manifest = golden / "run_manifest.json"
    content = json.loads(manifest.read_text())
    content["environment"] = {name: content["environment"][name] for name in ("platform", "versions")}
    manifest.write_text(json.dumps(content, indent=2) + "\n")
    print(f"recorded {golden.relative_to(ROOT)}, run {content['run_id']}")


if __name__ == "__main__":
    for path in sorted((HERE / "systems").glob("*.yml")):
        record(path)
