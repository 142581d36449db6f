"""The recorded runs, replayed without the compiler: quick, and enough to notice a changed rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import btcli

GOLDEN = sorted(path.parent for path in Path(__file__).parent.glob("*/run_manifest.json"))


def test_there_are_recorded_runs() -> None:
    """At least one has liquidations and funding, and one has three timeframes."""
    assert {"liquidations", "ruled", "timeframes"} <= {run.name for run in GOLDEN}


@pytest.mark.parametrize("run", GOLDEN, ids=lambda run: run.name)
def test_recorded_runs_replay_interpreted(run: Path) -> None:
    """A recorded run is replayed to the byte from its pack by the interpreted exchange."""
    done = btcli("replay", run, "--pack-only", env={"NUMBA_DISABLE_JIT": "1"})
    assert done.code == 0, done.out + done.err
    assert done.out.splitlines()[-1] == "replay: identical"
