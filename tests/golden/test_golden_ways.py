"""Recorded runs, replayed in every way there is: quiet steps passed or not, in any chunks, compiled and interpreted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GOLDEN = sorted(path.parent.name for path in HERE.glob("*/run_manifest.json"))
CHUNKS = (1, 7, 1000, 10**9)  # steps between two times that a run hands on what it has told
IN_ONE_PROCESS = f"""
import json, os, sys
from pathlib import Path
from btcli.engine import loop
from btcli.workflows.run.replay import ReplayRequest, replay_run


def main():
    told = {{}}
    for name in json.loads(sys.argv[1]):
        for quiet in "01":
            for steps in json.loads(sys.argv[2]):
                os.environ["BTCLI_QUIET"], loop.FLUSH_STEPS = quiet, steps
                found = replay_run(ReplayRequest(Path({str(HERE)!r}) / name, Path("nowhere"), pack_only=True))
                told[f"{{name}} {{quiet}} {{steps}}"] = found.verdict
    print(json.dumps(told))


main()
"""


def _verdicts(names: list[str], chunks: tuple[int, ...], *, interpreted: bool) -> dict[str, str]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if interpreted else "0", "PYTHONPATH": str(HERE.parents[1])}
    told = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS, json.dumps(names), json.dumps(chunks)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    verdicts: dict[str, str] = json.loads(told.stdout)
    return verdicts


@pytest.mark.parametrize("interpreted", [False, True], ids=["compiled", "interpreted"])
def test_a_recorded_run_in_pieces(interpreted: bool) -> None:
    """Cut into pieces of seven steps, with quiet steps passed or run in full, a recorded run is identical."""
    verdicts = _verdicts(["reversing"], (7,), interpreted=interpreted)
    assert len(verdicts) == 2
    assert set(verdicts.values()) == {"identical"}


@pytest.mark.long
@pytest.mark.parametrize("interpreted", [False, True], ids=["compiled", "interpreted"])
def test_every_recorded_run_in_every_way(interpreted: bool) -> None:
    """Every recorded run, in pieces of 1, 7, 1000 and all steps, with quiet steps passed or not, in one process."""
    verdicts = _verdicts(GOLDEN, CHUNKS, interpreted=interpreted)
    assert len(verdicts) == len(GOLDEN) * 2 * len(CHUNKS)
    assert {way for way, verdict in verdicts.items() if verdict != "identical"} == set()
