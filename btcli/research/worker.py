"""One chunk of a sweep from names alone: what whoever runs chunks elsewhere calls, by its name.

The work is done by a process of the worker's own, which lives from chunk to chunk of one sweep: strategies in Python
may do to it what they may do to btcli, and not to the engine that called.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import btcli
from btcli.errors import AccessError
from btcli.research.crossing import read
from btcli.research.engines.surroundings import ONE_THREAD

TRIES = 3
CHILD = ("-m", "btcli.research.serving")  # a file, as whatever else runs strategies: some ask what `__main__` is


def run_chunk(shared: str, digest: str, index: int) -> str:
    """Run a chunk of the plan of this digest, leave its file in the sweep's folder `shared`, and return its name.

    Nothing is read but what lies there. Raises the error of btcli that the work ends with, AccessError where its
    process is killed again and again.
    """
    status = 0
    with _lock:
        for _ in range(TRIES):
            answer = _asked(shared, digest, index)
            if isinstance(answer, dict):
                if "error" in answer:
                    raise read(answer["error"])
                return str(answer["file"])
            status = answer
            if status > 0:  # a fault of btcli's; 0 where it had just gone because nothing was asked
                break
    how = f"with exit status {status}" if status >= 0 else f"by signal {-status}"
    said = f"the process that ran chunk {index} was ended {how}, before it had an answer"
    killed = "the system kills what needs too much memory: use fewer workers"
    why = killed if status < 0 else "code that it runs may have closed its files"
    hint = f"{why}; the chunks that are done are kept"
    raise AccessError(said, where=shared, hint=hint)


class _Child:
    """A process that runs chunks of one sweep."""

    def __init__(self, shared: str, digest: str) -> None:
        self.of = shared, digest
        self._process = subprocess.Popen(
            [sys.executable, "-P", *CHILD, shared, digest, str(os.getpid())],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, index: int) -> dict[str, Any] | None:
        """What it says of a chunk; None where it ends without an answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.write(f"{index}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line.endswith("\n") else None

    def end(self) -> int:
        """End it, and give the status with which it ended by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()
        try:
            return self._process.wait(LEFT_BEHIND_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


LEFT_BEHIND_S = 10.0  # how long user code may take once everything is said
_children: list[_Child] = []  # one at most
_lock = Lock()


def _asked(shared: str, digest: str, index: int) -> dict[str, Any] | int:
    """The answer of the child, or the status with which it ended instead."""
    if _children and _children[0].of != (shared, digest):
        _children.pop().end()
    if not _children:
        _children.append(_Child(shared, digest))
    is_answered = False
    try:
        answer = _children[0].ask(index)
        is_answered = answer is not None
    finally:
        status = 0 if is_answered else _children.pop().end()
    return answer if answer is not None else status


def _environment() -> dict[str, str]:
    """The one of this process, in which the very same btcli is found."""
    place, installed = Path(btcli.__file__).resolve().parents[1], map(sysconfig.get_path, ("purelib", "platlib"))
    is_installed = any(place == Path(each).resolve() for each in installed)
    paths = ["" if is_installed else str(place), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
