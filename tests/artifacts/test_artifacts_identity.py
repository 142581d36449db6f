"""The identity of a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from artifacts_examples import IDENTITY

from btcli.artifacts.identity import ENGINE_FOLDERS, ENGINE_MODULES, StrategyIdentity, engine_digest, engine_sources


def test_run_id_is_twelve_hex_digits_and_stable() -> None:
    """The id is the start of the sha256 of the canonical identity: the same tomorrow and elsewhere."""
    assert len(IDENTITY.run_id) == 12
    assert int(IDENTITY.run_id, 16) >= 0
    assert IDENTITY.run_id == IDENTITY._replace(config=dict(reversed(IDENTITY.config.items()))).run_id


def test_order_of_series_does_not_count() -> None:
    """Series are named, not counted: the order in which they were loaded changes nothing."""
    assert IDENTITY._replace(series=tuple(reversed(IDENTITY.series))).run_id == IDENTITY.run_id


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"venue": "sample"}},
        {"start_ms": 0},
        {"end_ms": 1_704_153_600_001},
        {"series": ()},
        {"series": (IDENTITY.series[0], IDENTITY.series[1]._replace(sha256="f" * 64))},
        {"instruments": {"BTCUSDT": "f" * 64}},
        {"strategy": StrategyIdentity("ema_rsi_atr", "f" * 64)},
        {"rules_version": "2"},
        {"engine_sha256": "f" * 64},
        {"formulas": {"maintenance_margin": [{"basis": "entry", "from": None, "until": None}]}},
    ],
)
def test_every_input_counts(change: dict[str, Any]) -> None:
    """Another value of any input is another run."""
    assert IDENTITY._replace(**change).run_id != IDENTITY.run_id


def a_package(root: Path) -> Path:
    """A package with one source in each folder that counts, and one in a folder that does not."""
    for name in (*ENGINE_FOLDERS, "cli"):
        (root / name).mkdir(parents=True)
        (root / name / "code.py").write_text("x = 1\n")
    for name in ENGINE_MODULES:
        (root / name).write_text("")
    return root


def test_engine_digest_follows_the_sources_that_decide(tmp_path: Path) -> None:
    """An edit of the engine changes the digest, an edit of the screen does not, nor does the place."""
    here, there = a_package(tmp_path / "a"), a_package(tmp_path / "b")
    assert engine_digest(here) == engine_digest(there)
    (here / "cli" / "code.py").write_text("x = 2\n")
    assert engine_digest(here) == engine_digest(there)
    (here / "exchange" / "code.py").write_text("x = 2\n")
    assert engine_digest(here) != engine_digest(there)


ROOT = Path(__file__).parents[2]
# The verbs around a run, the words of a refusal, names of files that are not whole yet, how many threads there are, and
# how they are waited for.
DECIDES_NOTHING = (
    "__init__.py",
    "drafts.py",
    "errors.py",
    "hands.py",
    "interrupts.py",
    "pressing.py",
    "processors.py",
    "scratch.py",
    "workflows",
)
MODULES_OF_A_RUN = f"""
import sys
from pathlib import Path
from btcli.market.store.where import Stores
from btcli.workflows.run.replay import ReplayRequest, replay_run
run = Path({str(ROOT / "tests" / "golden" / "timeframes")!r})
outcome = replay_run(ReplayRequest(run, Stores(Path("nowhere")), pack_only=True))
assert outcome.comparison is not None
for module in list(sys.modules.values()):
    if module.__name__.split(".")[0] == "btcli":
        print(Path(module.__file__).relative_to({str(ROOT / "btcli")!r}).as_posix())
"""


def test_every_module_of_a_run_is_covered_or_decides_nothing() -> None:
    """Whatever a simulation loads lies in an engine folder, so that an edit of it names another run."""
    told = subprocess.run([sys.executable, "-c", MODULES_OF_A_RUN], capture_output=True, text=True, check=True)
    loaded = told.stdout.split()
    covered = {Path(path).relative_to(ROOT / "btcli").as_posix() for path in engine_sources(ROOT / "btcli")}
    assert {"exchange/driver/drive.py", "engine/loop.py", "simulation/passes.py", "features/compute.py"} <= covered
    assert len(set(loaded) & covered) > 100
    outside = [name for name in loaded if name not in covered and not name.startswith(DECIDES_NOTHING)]
    assert outside == []


def test_the_engine_digest_covers_these_folders() -> None:
    """What names a run's engine, and nothing else: a folder that is taken out or added is meant to be."""
    names = {Path(path).relative_to(ROOT / "btcli").parts[0] for path in engine_sources(ROOT / "btcli")}
    folders = {
        "analysis",
        "artifacts",
        "config",
        "engine",
        "exchange",
        "expressions",
        "features",
        "market",
        "simulation",
        "strategies",
    }
    assert names == folders | {"digest.py", "frozen.py", "symbols.py", "timeframe.py"}
