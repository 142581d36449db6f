"""One source in three forms, object code, numba and plain Python: the same bytes on recorded runs and made markets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from exchange_nowhere import without_a_place

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MARKETS = 40
OF_MARKETS = f"""
from exchange_fingerprint import fingerprint
from exchange_markets import random_scenario
from exchange_orders import order_scenario
from exchange_scenarios import run
told = {{}}
for seed in range(101, {101 + MARKETS}):
    told[seed] = fingerprint(run((random_scenario, order_scenario)[seed % 2](seed, symbols=1 + seed % 3)))
"""
OF_RECORDED_RUNS = f"""
from pathlib import Path
from btcli.workflows.run.replay import ReplayRequest, replay_run
golden = Path({str(ROOT / "tests" / "golden")!r})
told = {{}}
for path in sorted(golden.glob("*/run_manifest.json")):
    told[path.parent.name] = replay_run(ReplayRequest(path.parent, Path("nowhere"), pack_only=True)).verdict
"""
OF_RECORDED_CANDLES = """
from hashlib import sha256
from test_engine_quiet import RECORDED, _told_on_recorded
told = {}
for name in RECORDED:
    for margin_mode in ("isolated", "cross"):
        whole = _told_on_recorded(name, "ema_rsi_atr", margin_mode)
        told[f"{name} {margin_mode}"] = sha256(repr(whole).encode()).hexdigest()
"""
MAIN = "\nimport json, sys\nprint(json.dumps([told, 'numba' in sys.modules]))"


def _told(script: str, **environment: str) -> tuple[dict[str, str], bool]:
    """What a script leaves in `told`, in a process of its own, and whether that loaded numba."""
    paths = (ROOT, HERE, ROOT / "tests", ROOT / "tests" / "engine")
    done = subprocess.run(
        [sys.executable, "-c", script + MAIN],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told, compiled = json.loads(done.stdout.splitlines()[-1])
    return told, compiled


@pytest.mark.long
@pytest.mark.parametrize("script", [OF_MARKETS, OF_RECORDED_RUNS], ids=["made markets", "recorded runs"])
def test_three_forms_give_the_same_bytes(script: str, tmp_path: Path) -> None:
    """Object code, without numba; numba, without a place for object code; and the rules as they are written."""
    _told(script)  # now the object is there
    by_object, compiled = _told(script)
    assert not compiled
    by_numba, compiled = _told(script, **without_a_place(tmp_path))
    assert compiled
    assert by_object == by_numba == _told(script, NUMBA_DISABLE_JIT="1")[0]
    assert len(by_object) == MARKETS or set(by_object.values()) == {"identical"}


@pytest.mark.long
def test_object_code_and_numba_agree_on_recorded_candles(tmp_path: Path) -> None:
    """All recorded candles beside the checkout, under both margin modes, give the same events, trades and curve."""
    _told(OF_RECORDED_CANDLES)
    by_object, compiled = _told(OF_RECORDED_CANDLES)
    if not by_object:
        pytest.skip("needs shared/data, which lies beside the checkout")
    assert not compiled
    assert by_object == _told(OF_RECORDED_CANDLES, **without_a_place(tmp_path))[0]
