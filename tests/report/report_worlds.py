"""A real run of two symbols with features of two timeframes, made by the command as its user types it."""

from __future__ import annotations

from pathlib import Path

from command_line import btcli

SYSTEM = """\
system: seen
venue: sample
symbols: [BTCUSDT, ETHUSDT]
timeframes: {exec: 15m, ltf: 15m, mtf: 1h, htf: 4h}
windows:
  jan: {start: 2024-01-01, end: 2024-01-20}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {risk_pct: 1}}
strategy: {use: mtf_trend}
"""


def made(folder: Path) -> Path:
    """The folder of the run, with its page in it; the project lies in `folder`."""
    folder.mkdir(parents=True)
    (folder / "system.yml").write_text(SYSTEM)
    for words in (("data", "sample"), ("run",), ("report", "latest")):
        done = btcli(*words, cwd=folder)
        assert done.code == 0, done.err
    (run,) = (folder / "runs").glob("*/*/*")
    return run
