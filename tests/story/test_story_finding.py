"""What people mean when they name a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from btcli.errors import RequestError
from btcli.story.finding import find_run, run_folders

CONFIG = {
    "venue": "sample",
    "env": "live",
    "symbols": ["BTCUSDT"],
    "timeframes": {"exec": "5m", "ltf": "5m", "mtf": "5m", "htf": "5m"},
    "account": {"leverage": 5.0, "margin_mode": "isolated"},
    "costs": {
        "taker_fee_rate": 0.0,
        "maker_fee_rate": 0.0,
        "slippage_bps": 0.0,
        "stop_slippage_bps": 0.0,
        "impact_k": 0.0,
        "per_symbol": {},
    },
    "fills": {"path": "pessimistic", "mark_source": "mark"},
    "risk": {"sizing": {"qty": 1.0}, "costs_in_risk": True},
    "data": {"derive_from": None},
    "strategy": {"use": "mtf_trend"},
}
MANIFEST = {
    "run_id": "0" * 12,
    "system": "small",
    "window": "jan",
    "status": "complete",
    "inputs": {
        "config": CONFIG,
        "window": {"start": "2024-01-01T00:00:00.000Z", "end": "2024-02-01T00:00:00.000Z"},
        "series": [],
        "instruments": {},
        "strategy": {"name": "mtf_trend", "sha256": ""},
        "rules_version": "3",
        "engine_sha256": "",
    },
    "preflight": {"passed": None},
}


def made_run(runs: Path, name: str, age: int) -> Path:
    """A run folder whose manifest was written `age` seconds ago."""
    folder = runs / "small" / "jan" / name
    folder.mkdir(parents=True)
    (folder / "run_manifest.json").write_text(json.dumps(MANIFEST))
    os.utime(folder / "run_manifest.json", (1_700_000_000 - age, 1_700_000_000 - age))
    return folder


def test_latest_is_the_run_written_last(tmp_path: Path) -> None:
    """latest is the complete run with the youngest manifest; unfinished ones do not count."""
    made_run(tmp_path, "aaaaaaaaaaaa", age=20)
    younger = made_run(tmp_path, "bbbbbbbbbbbb", age=10)
    unfinished = made_run(tmp_path, "cccccccccccc.partial", age=0)
    assert find_run("latest", tmp_path).path == younger
    assert run_folders(tmp_path)[-1] == unfinished


def test_a_prefix_names_one_run_or_none(tmp_path: Path) -> None:
    """A beginning that two runs share is refused with both, one that no run has with the way to list them."""
    made_run(tmp_path, "abc111111111", age=2)
    made_run(tmp_path, "abd111111111", age=1)
    assert find_run("abd", tmp_path).path.name == "abd111111111"
    with pytest.raises(RequestError, match="abc111111111, abd111111111"):
        find_run("ab", tmp_path)
    with pytest.raises(RequestError, match="btcli runs"):
        find_run("x", tmp_path)
