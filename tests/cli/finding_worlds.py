"""Small markets of hourly candles in which rules do as the volumes say, and runs on them that a review doubts.

A bar with a volume of 11 makes the rules enter long, 12 short, 13 leave; 0 is a bar without any.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli_worlds import Said, only_run, say

HOUR = 3_600_000
LONG, SHORT, LEAVE, NOTHING = 11, 12, 13, 10

SYSTEM = """\
system: found
venue: bybit
symbols: [BTCUSDT]
timeframes: {{exec: 1h, ltf: 1h}}
windows: {{w: {{start: {start}, end: {end}}}}}
account: {{initial_equity_usdt: 10000, leverage: {leverage}}}
costs: {{slippage_bps: {slippage_bps}, stop_slippage_bps: 0, taker_fee_rate: {fee}, funding: {funding}}}
fills: {{mark_source: last}}
risk: {{sizing: {{qty: {qty}}}, on_opposite_signal: ignore, on_liquidation: continue}}
{more}
strategy:
  rules:
    long: {{enter: "volume == 11", exit: "volume == 13"}}
    {rules}
"""


@dataclass(frozen=True)
class Market:
    """Hourly closes after one of 1,000, each bar open at the close before; volumes and extremes by the bar's place."""

    closes: Sequence[float]
    volumes: dict[int, float] = field(default_factory=dict)
    extremes: dict[int, tuple[float, float]] = field(default_factory=dict)  # low and high
    first: str = "2025-10-09"
    rate: float | None = None  # of funding, every eight hours

    @property
    def start_ms(self) -> int:
        return int(datetime.fromisoformat(self.first).replace(tzinfo=UTC).timestamp()) * 1000

    def candles(self) -> str:
        """As a file of candles."""
        before = f"{self.start_ms - HOUR},1000,1000,1000,1000,{NOTHING}"
        lines, opened = ["open_time,open,high,low,close,volume", before], 1000.0
        for place, close in enumerate(self.closes):
            low, high = self.extremes.get(place, (min(opened, close), max(opened, close)))
            volume = self.volumes.get(place, NOTHING)
            lines.append(f"{self.start_ms + place * HOUR},{opened},{high},{low},{close},{volume}")
            opened = close
        return "\n".join(lines) + "\n"

    def settlements(self) -> str:
        """As a file of funding."""
        times = range(self.start_ms, self.start_ms + (len(self.closes) + 8) * HOUR, 8 * HOUR)
        return "\n".join(("ts,rate", *(f"{ts},{self.rate}" for ts in times))) + "\n"


@dataclass(frozen=True)
class Found:
    """A run on such a market: what was said of it, and its metrics."""

    folder: Path
    said: Said
    metrics: dict[str, Any]

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.metrics["findings"]]

    def finding(self, code: str) -> dict[str, Any]:
        """The first finding of a code."""
        return next(finding for finding in self.metrics["findings"] if finding["code"] == code)


def a_run(folder: Path, market: Market, *words: str, rules: str = "", more: str = "", **system: Any) -> Found:
    """Import the market, write the system and run it; `rules` stand beside those of long."""
    folder.mkdir(parents=True, exist_ok=True)
    hours = len(market.closes)
    end = datetime.fromtimestamp((market.start_ms + hours * HOUR) / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
    values = {"leverage": 5, "slippage_bps": 0, "fee": 0, "qty": 1, "funding": "none"} | system
    values["funding"] = "settled" if market.rate is not None else "none"
    start = values.pop("start", f"{market.first}T00:00Z")
    (folder / "system.yml").write_text(SYSTEM.format(start=start, end=end, rules=rules, more=more, **values))
    (folder / "candles.csv").write_text(market.candles())
    (folder / "funding.csv").write_text(market.settlements())
    whose = ("--venue", "bybit", "--symbol", "BTCUSDT")
    taken = say(folder, "data", "import", "candles.csv", "--series", "trade", "--timeframe", "1h", *whose)
    assert taken.code == 0, taken.err
    if market.rate is not None:
        taken = say(folder, "data", "import", "funding.csv", "--series", "funding", *whose)
        assert taken.code == 0, taken.err
        more_marks = ("--series", "mark", "--timeframe", "1h")
        taken = say(folder, "data", "import", "candles.csv", *more_marks, *whose)
        assert taken.code == 0, taken.err
    said = say(folder, "run", *words)
    assert said.code in (0, 5), said.err
    return Found(folder, said, json.loads((only_run(folder) / "metrics.json").read_text()))
