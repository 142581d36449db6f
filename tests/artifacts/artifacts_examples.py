"""Small values that the tests of artifacts share."""

from __future__ import annotations

from pathlib import Path

from btcli.artifacts.identity import Identity, SeriesIdentity, StrategyIdentity
from btcli.artifacts.manifest import Inputs, PreflightRecord, RunManifest

FILES = {
    "events.jsonl": b'{"seq":1,"ts":"2024-01-01T00:00:00.000Z","event":"run_started","symbol":null}\n'
    b'{"seq":2,"ts":"2024-01-01T00:05:00.000Z","event":"order_filled","symbol":"BTCUSDT","price":42000.0}\n',
    "equity_curve.csv": b"ts,equity_usdt\n2024-01-01T00:05:00.000Z,10000.0\n2024-01-01T00:10:00.000Z,10001.5\n",
    "trades.csv": b"trade_id,exit_ts,net_pnl_usdt\n1,2024-01-01T00:10:00.000Z,1.5\n",
    "metrics.json": b'{\n  "trades": 1\n}\n',
    "system.resolved.yml": b"venue: sample\n",
}

IDENTITY = Identity(
    config={"venue": "sample", "symbols": ["BTCUSDT"], "risk": {"sizing": {"risk_pct": 1.0}}},
    start_ms=1_704_067_200_000,
    end_ms=1_704_153_600_000,
    series=(
        SeriesIdentity("sample BTCUSDT trade 5m", 288, 1_704_067_200_000, 1_704_153_300_000, "a" * 64),
        SeriesIdentity("sample BTCUSDT funding", 0, None, None, "b" * 64),
    ),
    instruments={"BTCUSDT": "c" * 64},
    strategy=StrategyIdentity("ema_rsi_atr", "d" * 64),
    rules_version="1",
    engine_sha256="e" * 64,
    formulas={"maintenance_margin": [{"basis": "mark", "from": None, "until": None}]},
)


def a_manifest() -> RunManifest:
    """The manifest of a run that has just started."""
    return RunManifest(
        run_id=IDENTITY.run_id,
        system="demo",
        window="q1",
        status="started",
        inputs=Inputs.model_validate(IDENTITY.to_dict()),
        preflight=PreflightRecord(passed=True, attempts=1),
    )


def write_files(folder: Path, **changed: bytes) -> Path:
    """A folder with the compared files; `changed` by name with _ for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(changed.get(name.replace(".", "_"), content))
    return folder
