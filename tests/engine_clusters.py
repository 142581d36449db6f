"""Clusters on the loopback interface, of the commands with which users start them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 300.0
HERE = Path(__file__).parent / "research"  # whose chunks workers import


class DaskCluster:
    """A scheduler with one process of workers."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        told = Path(folder, "scheduler.json")
        self.processes = [
            self._started("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
        ]
        _wait(lambda: told.exists() and told.read_text().rstrip().endswith("}"))
        self.address = str(json.loads(told.read_text())["address"])

    def start_workers(self, threads: int, workers: int) -> None:
        """So many processes, of so many threads each."""
        each = ("--nthreads", str(threads), "--nworkers", str(workers), "--local-directory", self.folder)
        self.processes.append(self._started("worker", self.address, *each))

    def end_scheduler(self) -> None:
        """Kill the scheduler."""
        self.processes[0].kill()

    def end(self) -> None:
        """End everything."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(PATIENCE_S)

    def _started(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
        path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, **quiet)


@contextmanager
def dask_cluster(threads: int, workers: int) -> Iterator[DaskCluster]:
    """A cluster of so many processes with so many threads each."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = DaskCluster(folder)
        try:
            if workers:
                cluster.start_workers(threads, workers)
                _has_workers(cluster.address, workers)
            yield cluster
        finally:
            cluster.end()


def free_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _has_workers(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, timeout=PATIENCE_S, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=PATIENCE_S)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _wait(is_so: Callable[[], bool]) -> None:
    """Until it is so, or for PATIENCE_S seconds."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < until_s:
        time.sleep(0.1)


@contextmanager
def ray_cluster(processors: int) -> Iterator[str]:
    """A ray cluster of one machine, with its address."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    words = ("--node-ip-address", "127.0.0.1", "--port", str(port), "--num-cpus", str(processors), "--num-gpus", "0")
    bare = ("--include-dashboard", "false", "--disable-usage-stats", "--temp-dir", folder, "--block")
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", *words, *bare]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, start_new_session=True, **quiet)
    try:
        _wait(lambda: _listens(port))
        time.sleep(2)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)
