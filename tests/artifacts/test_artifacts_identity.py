"""The identity of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from artifacts_examples import IDENTITY

from btcli.artifacts.identity import ENGINE_FOLDERS, ENGINE_MODULES, StrategyIdentity, engine_digest


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
