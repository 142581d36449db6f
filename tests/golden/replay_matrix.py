"""Replays every recorded run of this folder under every switch that must not change a byte; exit 1 when one does."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SWITCHES = {
    "POLARS_MAX_THREADS": ("1", "4"),
    "PYTHONHASHSEED": ("0", "1"),
    "NUMBA_DISABLE_JIT": ("0", "1"),
    "BTCLI_QUIET": ("1", "0"),
}


def matrix() -> list[dict[str, str]]:
    """Every combination of the switches."""
    return [dict(zip(SWITCHES, chosen, strict=True)) for chosen in itertools.product(*SWITCHES.values())]


def golden_runs() -> list[Path]:
    """The folders with a manifest in them."""
    return sorted(path.parent for path in HERE.glob("*/run_manifest.json"))


def replayed(run: Path, switches: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`btcli replay RUN --pack-only` in a process of its own."""
    environment = {**os.environ, **switches, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [sys.executable, "-m", "btcli", "replay", str(run), "--pack-only"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)


def main() -> int:
    """Print a line per replay; the first failure of each run in full."""
    failures = 0
    runs = golden_runs()
    for run in runs:
        for switches in matrix():
            begun = time.perf_counter()
            done = replayed(run, switches)
            wall_s = time.perf_counter() - begun
            named = " ".join(f"{name}={value}" for name, value in switches.items())
            print(
                f"{'identical' if done.returncode == 0 else 'DIFFERS':9}  {run.name:24} {named}  {wall_s:.1f} s",
                flush=True,
            )
            if done.returncode:
                failures += 1
                print(done.stdout + done.stderr, flush=True)
                break
    if len(runs) < 2:
        print(f"there should be recorded runs in {HERE}, found {len(runs)}")
        return 1
    print(f"golden: {'identical' if not failures else f'{failures} of {len(runs)} runs differ'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
