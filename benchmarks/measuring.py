"""Measures processes and calls, and says how far repetitions of one lie apart; it judges nothing.

It imports nothing but the standard library: a process that is started from a large one inherits its peak memory.
"""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
NOISY_PCT = 15.0
PACKAGES = ("numpy", "numba", "polars", "duckdb", "TA-Lib")


class Spent(NamedTuple):
    """Seconds on the wall and of all processors, and the peak resident memory in MB (0 for a call)."""

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0


class Process(NamedTuple):
    """A process that has ended well: what it spent, and what it printed on stdout and stderr."""

    spent: Spent
    out: str
    err: str


def process(folder: Path, *command: str) -> Process:
    """Run a command in a folder, with this checkout in front of whatever is installed.

    Its memory is that of the largest process among it and its children. It may keep compiled modules, whatever this
    program was told of that. Ends this program, with what the command said, when it fails.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        said, complained = (_text(stream) for stream in (out, err))
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{said}{complained}")
    per_mb = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Process(Spent(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / per_mb), said, complained)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


def python(folder: Path, *words: str) -> Process:
    """Run this interpreter, as `process` does."""
    return process(folder, sys.executable, *words)


def call(work: Callable[[], object]) -> Spent:
    """What one call of `work` spends, without collections of garbage; the processors' seconds are of all threads."""
    gc.collect()
    gc.disable()
    begun, busy = time.perf_counter(), time.process_time()
    try:
        work()
        return Spent(time.perf_counter() - begun, time.process_time() - busy)
    finally:
        gc.enable()


def least_cpu_ms(work: Callable[[], object], repeats: int) -> float:
    """The least milliseconds of processors among so many calls: what the work takes when nothing disturbs it."""
    return min(call(work).cpu_s for _ in range(repeats)) * 1e3


def spread_pct(figures: Iterable[float]) -> float:
    """How far apart the least and the greatest figure lie, in percent of the median."""
    found = list(figures)
    return 100.0 * (max(found) - min(found)) / median(found) if median(found) else 0.0


def middle(figures: Iterable[float], unit: str, digits: int = 2) -> str:
    """The median with its unit, and a word where the figures lie too far apart to be relied on.

    >>> middle([1.0, 1.05, 1.1], "s")
    '1.05 s'
    >>> middle([1.0, 2.0], "s")
    '1.50 s (noisy: 1.00 to 2.00)'
    """
    found = list(figures)
    shown = f"{median(found):,.{digits}f} {unit}"
    if spread_pct(found) <= NOISY_PCT:
        return shown
    return f"{shown} (noisy: {min(found):,.{digits}f} to {max(found):,.{digits}f})"


def machine() -> str:
    """Processor, cores, how busy they are, and the versions that the figures hang on."""
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {os.cpu_count()} cores, load average {load:.1f} before; "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
