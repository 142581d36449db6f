"""Stores made of files of several shapes: a wave of prices on a grid, and funding every eight hours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from cli_worlds import say

MINUTE = 60_000
DAY = 1_440 * MINUTE
BEGIN = 1_709_251_200_000  # 2024-03-01T00:00Z


def wave(moment: int) -> float:
    """A price around 50,000 that turns every few days, on ticks of a dime."""
    return round(50_000 + 2_000 * math.sin(moment / (0.4 * DAY)) + 700 * math.sin(moment / (0.07 * DAY)), 1)


def candles(minutes: int, first: int, last: int) -> list[str]:
    """Lines of candles that open from the start of day `first` to the end of day `last`, counted from BEGIN."""
    lines = []
    for at in range(BEGIN + first * DAY, BEGIN + (last + 1) * DAY, minutes * MINUTE):
        begun, ended = wave(at), wave(at + minutes * MINUTE)
        lines.append(f"{at},{begun},{max(begun, ended) + 1},{min(begun, ended) - 1},{ended},10")
    return lines


def settlements(first: int, last: int) -> list[str]:
    """Lines of funding rates from the start of day `first` to the end of day `last`."""
    return [f"{at},0.0001" for at in range(BEGIN + first * DAY, BEGIN + (last + 1) * DAY, DAY // 3)]


def bring(folder: Path, series: str, lines: Iterable[str], *words: str, symbol: str = "BTCUSDT") -> None:
    """Import lines of candles ("trade 1h") or of rates ("funding") of binance, or of the venue among the words."""
    kind, _, timeframe = series.partition(" ")
    head = "ts,rate" if kind == "funding" else "ts_open,open,high,low,close,volume"
    (folder / "file.csv").write_text("\n".join((head, *lines)) + "\n")
    venue = () if "--venue" in words else ("--venue", "binance")
    frame = ("--timeframe", timeframe) if timeframe else ()
    named = (*venue, "--symbol", symbol, "--series", kind, *frame, *words)
    said = say(folder, "data", "import", "file.csv", *named)
    assert said.code == 0, said.err
