"""A folder to begin in: a system on generated data, a strategy of one's own, and the schema for the editor."""

from __future__ import annotations

import re
from pathlib import Path

from btcli.config.schema import schema_text
from btcli.errors import RequestError

SYSTEM = """\
# yaml-language-server: $schema=schema.json
system: {name}
venue: sample                      # generated data; bybit or binance for candles of your own
symbols: [BTCUSDT]
timeframes: {exec: 5m, ltf: 1h, htf: 4h}
windows:
  q1: {start: 2024-01-01, end: 2024-03-31}
account: {initial_equity_usdt: 10000, leverage: 3}
risk: {sizing: {risk_pct: 1}, max_drawdown_pct: 30}
strategy:
  use: breakout.py:Breakout        # or a built-in: btcli strategies
  params: {atr_stop: 3.0}
"""

STRATEGY = '''\
"""Buys when the price closes above its highest high of the last day, while the trend points up."""

from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy


class Breakout(Strategy):
    features = {
        "ltf": {"top": "max(high, 24)", "bottom": "min(low, 24)", "atr": "atr(14)"},
        "htf": {"trend": "ema(close, 30)"},
    }

    @dataclass(frozen=True)
    class Params:
        atr_stop: float = 3.0

    def decide(self, snapshot):
        ltf, htf = snapshot.ltf, snapshot.htf
        if snapshot.exchange.has_position:
            return Signal(Direction.FLAT) if ltf.bar.low <= ltf["bottom"] else None
        if ltf.bar.high >= ltf["top"] and htf.bar.close > htf["trend"]:
            return Signal(Direction.LONG, stop_distance=self.params.atr_stop * ltf["atr"])
        return None
'''


def system_name(folder: Path) -> str:
    """A folder's name as a system may be called: what is neither letter, digit, - nor _ becomes _."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_")
    return name or "first"


def start_folder(folder: Path) -> tuple[Path, ...]:
    """Write the files of a new project into `folder`; the paths written.

    Raises RequestError when one of them is already there: nothing is ever replaced.
    """
    contents = {
        "system.yml": SYSTEM.replace("{name}", system_name(folder)),
        "breakout.py": STRATEGY,
        "schema.json": schema_text(),
    }
    present = [name for name in contents if (folder / name).exists()]
    if present:
        raise RequestError(f"{folder} already has {', '.join(present)}", hint="name another folder: btcli init DIR")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return tuple(folder / name for name in contents)
