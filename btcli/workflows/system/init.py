"""A folder to begin in: a system on generated data, a strategy of one's own, and the schema for the editor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from btcli.artifacts.disk import disk, write_whole
from btcli.config.loading import parse_system
from btcli.config.schema import schema_text
from btcli.workflows.data.sample import SAMPLE
from btcli.workflows.system.templates import template_named

HINT = "check the permissions and the free space, or begin in another folder: btcli init DIR"
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

from btcli.frozen import frozen

from btcli.strategies import Direction, Signal, Strategy


class Breakout(Strategy):
    features = {
        "ltf": {"top": "max(high, 24)", "bottom": "min(low, 24)", "atr": "atr(14)"},
        "htf": {"trend": "ema(close, 30)"},
    }

    @frozen
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


def first_files(folder: Path) -> Mapping[str, str]:
    """A system on generated data that uses a strategy of one's own: texts by the names of their files."""
    return {"system.yml": SYSTEM.replace("{name}", system_name(folder)), "breakout.py": STRATEGY}


def files_of_template(name: str) -> tuple[Mapping[str, str], str]:
    """The system of a template, and the command that runs it; raises RequestError for a name that is none."""
    text = template_named(name).text
    system = parse_system(text, f"{name}.yml")
    window = f" --window {next(iter(system.windows))}" if len(system.windows) > 1 else ""
    data = "btcli data sample && btcli run" if system.venue == SAMPLE else "btcli run --heal"
    return {"system.yml": text}, f"{data}{window}"


def to_be_replaced(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """The names of files that are there with another text."""
    return tuple(name for name, text in with_schema(files).items() if _differs(folder / name, text))


def start_folder(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files and the schema for the editor into a folder, also in place of what is there; the paths written.

    Each is there whole, or as it was. Raises AccessError.
    """
    with disk(folder, hint=HINT):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in with_schema(files).items():
        write_whole(folder / name, text.encode(), hint=HINT)
    return tuple(folder / name for name in with_schema(files))


def with_schema(files: Mapping[str, str]) -> dict[str, str]:
    """The same files with the schema that their first line names."""
    return {**files, "schema.json": schema_text()}


def _differs(path: Path, text: str) -> bool:
    """Whether there is something at a path that is not this text."""
    if not path.exists():
        return path.is_symlink()
    return not path.is_file() or path.read_bytes() != text.encode()
