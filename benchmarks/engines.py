"""What the engines of sweeps cost by themselves: chunks in which nothing is done, by loky, dask and ray.

For each engine and number of chunks: seconds from the call to the first chunk (start), milliseconds a chunk after it,
seconds of processors of the calling process, and peak memory of it and of its workers. It prints and judges nothing.

    python benchmarks/engines.py [--workers 2] [--chunks 1000 10000] [--engines loky dask ray]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread

from btcli.research.engines.choosing import ENGINES, Engine, finished
from btcli.research.engines.task import task_of


def nothing(_folder: str, _digest: str, index: int) -> str:
    """The chunk is done."""
    return str(index)


def main() -> None:
    """Print a line for each engine and number of chunks, each measured in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--alone", action="store_true", help="measure in this process: one engine, one number")
    asked = parser.parse_args()
    if asked.alone:
        print(line(asked.engines[0], asked.workers, asked.chunks[0]), flush=True)
        return
    versions = ", ".join(f"{each} {version(each)}" for each in ("joblib", "distributed", "ray"))
    print(f"{asked.workers} workers, load average {os.getloadavg()[0]:.1f}, {versions}")
    print("| engine | chunks | start s | ms a chunk | cpu s here | MB here | MB of all processes at most |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in asked.engines:
        for chunks in asked.chunks:
            words = ["--alone", "--engines", name, "--workers", str(asked.workers), "--chunks", str(chunks)]
            path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
            subprocess.run([sys.executable, __file__, *words], check=True, env={**os.environ, "PYTHONPATH": path})


def line(name: str, workers: int, chunks: int) -> str:
    """The figures of one engine."""
    from engines import nothing as task  # by the name under which workers find it

    ended, most = Event(), [0.0]
    watch = Thread(target=_watch, args=(ended, most))
    watch.start()
    begun_s, first_s = time.perf_counter(), 0.0
    for number, _ in enumerate(finished(Engine(name, workers), task_of(task, "folder", "digest"), range(chunks), dict)):
        if not number:
            first_s = time.perf_counter()
        last_s = time.perf_counter()
    ended.set()
    watch.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    each_ms = (last_s - first_s) / (chunks - 1) * 1e3
    cpu_s, here_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    start_s = first_s - begun_s
    return f"| {name} | {chunks:,} | {start_s:.1f} | {each_ms:.2f} | {cpu_s:.1f} | {here_mb:.0f} | {most[0]:.0f} |"


def _watch(ended: Event, most: list[float]) -> None:
    """Keep the most memory that the processes of this session held together, shares of what they share counted once."""
    while not ended.wait(0.5):
        most[0] = max(most[0], sum(_pss_mb(folder) for folder in Path("/proc").glob("[0-9]*") if _is_ours(folder)))


def _is_ours(folder: Path) -> bool:
    """Whether it has this process's environment, which every process that it started has."""
    try:
        return f"PYTHONPATH={os.environ['PYTHONPATH']}".encode() in (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _pss_mb(folder: Path) -> float:
    try:
        rollup = (folder / "smaps_rollup").read_text().splitlines()
        return sum(int(each.split()[1]) for each in rollup if each.startswith("Pss:")) / 1024
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    main()
