"""Times the verbs on a year of generated candles and prints them with the result's digest; judges nothing."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SYSTEM = """\
system: bench
venue: sample
symbols: [BTCUSDT]
timeframes: {exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}
windows:
  one: {start: 2023-01-01, end: 2023-12-31}
  two: {start: 2022-01-01, end: 2023-12-31}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {notional_pct: 50}}
strategy: {use: mtf_trend, params: {atr_stop: 3, atr_target: 5}}
"""
REPEATS = 3


class Timing(NamedTuple):
    """Seconds of wall and CPU of a process, its peak memory in MB, and what it said."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    out: str


def timed(folder: Path, *words: str) -> Timing:
    """Run btcli once and measure its process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "btcli", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment())
    wall_s = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(wall_s, cpu_s, after.ru_maxrss / 1024, done.stdout)


def environment() -> dict[str, str]:
    """This checkout, whatever is installed."""
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


def best(folder: Path, *words: str) -> Timing:
    """The fastest of a few runs."""
    return min((timed(folder, *words) for _ in range(REPEATS)), key=lambda timing: timing.wall_s)


def shown(name: str, timing: Timing, digest: str = "") -> None:
    """One line of the table; the memory is the largest of all processes so far."""
    print(
        f"{name:32} {timing.wall_s:7.2f} s wall {timing.cpu_s:7.2f} s cpu {timing.peak_mb:7.0f} MB  {digest}",
        flush=True,
    )


def digest_of(timing: Timing) -> str:
    """The run id and the digest of its events."""
    answer = json.loads(timing.out)["data"]
    return f"run {answer['run_id']}, final equity {answer['metrics']['final_equity_usdt']!r}"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "system.yml").write_text(SYSTEM)
        shown("btcli --help", best(folder, "--help"))
        shown("data sample, 2 years", timed(folder, "data", "sample"))
        shown("run 1 year, first (compiles)", timed(folder, "run", "--window", "one", "--json"))
        one = best(folder, "run", "--window", "one", "--json")
        shown("run 1 year of 5m", one, digest_of(one))
        two = best(folder, "run", "--window", "two", "--json")
        shown("run 2 years of 5m", two, digest_of(two))
        print(f"{'2 years / 1 year':32} {two.wall_s / one.wall_s:7.2f}   wall {two.cpu_s / one.cpu_s:7.2f}   cpu")
        shown("replay 1 year", best(folder, "replay", "latest", "--json"))


if __name__ == "__main__":
    main()
