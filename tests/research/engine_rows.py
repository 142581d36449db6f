"""Engines run for real: to their end in this process, or in one that is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import engine_chunks as chunks

from btcli.research.engines.choosing import Engine, finished
from btcli.research.engines.task import task_of

PATIENCE_S = 240.0  # less than what is slow takes
INTERRUPTED = """
import sys
from pathlib import Path

import engine_chunks as chunks
from engine_rows import run_all
from btcli.research.engines.choosing import Engine

if __name__ == "__main__":
    try:
        run_all(Engine(sys.argv[1], 2), chunks.write_slowly, Path(sys.argv[2]), 20)
    except KeyboardInterrupt:
        print("interrupted")
"""


class Interrupted(NamedTuple):
    """What a process said on both of its streams, and which of its processes were left."""

    said: str
    complained: str
    left: list[str]


def run_all(engine: Engine, function: Callable[[str, str, int], str], folder: Path, many: int) -> list[int]:
    """The chunks in the order in which they were told as done; the folder says that one was heard of."""
    task, order = task_of(function, str(folder), "d"), list[int]()
    with closing(finished(engine, task, range(many), lambda: chunks.there(folder))) as told:
        for index, _ in told:
            order.append(index)
            (folder / "heard").touch()
    (folder / "heard").unlink(missing_ok=True)
    return order


def interrupted(name: str, folder: Path, number: int = signal.SIGINT) -> Interrupted:
    """Press Ctrl-C, as a terminal does it, once two chunks are in work that would take long.

    Other signals than that one are sent to the calling process alone.
    """
    program = folder / "program.py"
    program.write_text(INTERRUPTED)
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    mark = f"BTCLI_TEST_OF={os.getpid()}-{folder.name}"
    process = subprocess.Popen(
        [sys.executable, str(program), name, str(folder)],
        env={**os.environ, "PYTHONPATH": path, **dict([mark.split("=")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait(lambda: len(chunks.there(folder)) >= 2 or process.poll() is not None)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        said, complained = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    _wait(lambda: not _left(mark))
    return Interrupted(said, complained, _left(mark))


def _left(mark: str) -> list[str]:
    """The processes that have this variable in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _wait(is_so: Callable[[], bool]) -> None:
    """Until it is so, or for PATIENCE_S seconds."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < until_s:
        time.sleep(0.05)
