"""What a process of the command line settles before anything heavy is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEAN = """
import gc, os
from btcli.cli.edge.starting import start_lean
start_lean()
import numpy
print(len(os.listdir("/proc/self/task")), os.environ["OPENBLAS_NUM_THREADS"], gc.get_threshold()[0] > 10_000)
"""

TELLING = """
import atexit, gc, os
settled = lambda: f"{gc.get_threshold()[0]} {os.environ['OPENBLAS_NUM_THREADS']}"
atexit.register(lambda: os.write(2, settled().encode()))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted where Linux lists them")
@pytest.mark.parametrize(("asked", "said"), [(None, "1 1 True"), ("2", "2 True")])
def test_numpy_starts_no_threads_unless_they_are_asked_for(asked: str | None, said: str) -> None:
    """One thread in all, and cycles are looked for seldom; what the user has set stays."""
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    env |= {} if asked is None else {"OPENBLAS_NUM_THREADS": asked}
    done = subprocess.run([sys.executable, "-c", LEAN], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(said)


def test_every_command_starts_lean(tmp_path: Path) -> None:
    """A command's own process has settled it: a plug-in that Python loads at its end tells."""
    (tmp_path / "sitecustomize.py").write_text(TELLING)
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    env["PYTHONPATH"] = str(tmp_path)
    command = [sys.executable, "-m", "btcli", "tools"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.endswith("50000 1")
