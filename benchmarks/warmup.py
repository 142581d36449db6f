"""Measure after how many bars the start of each indicator stops mattering: python benchmarks/warmup.py

Writes btcli/features/warmup.csv. Each function is computed over a long seeded series, and again from many later
starts; the deviation of a later start after m bars is the greatest |short - long| over all starts, divided by the
mean |long|. `measured_bars` is the least m beyond the lookback from which on it stays below 1e-4,
`planned_bars` is what the formula of the catalog allows for it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from btcli.features.catalog import FUNCTIONS, Function
from btcli.features.expression import Call, parse_feature
from btcli.features.talib_calls import evaluate, lookback
from btcli.market.series import Bars

TARGET = Path(__file__).resolve().parents[1] / "btcli" / "features" / "warmup.csv"
COLUMNS = ("expression", "tolerance", "memory_bars", "lookback_bars", "measured_bars", "planned_bars")
TOLERANCE = 1e-4
STARTS = range(4_000, 10_000, 50)
BARS = 16_000
PERIODS = {
    "fast": (12, 5, 40),
    "slow": (26, 35, 120),
    "signal": (9, 5, 30),
    "smooth": (3, 3, 5),
    "deviations": (2, 1, 3),
}


def sample_bars() -> Bars:
    """A seeded random walk whose volatility comes in clusters, as candles."""
    random = np.random.Generator(np.random.PCG64(7))
    spread = 0.001 * (1 + 2 * (np.sin(np.arange(BARS) / 300) > 0.5))
    close = 20_000 * np.cumprod(1 + spread * random.standard_normal(BARS))
    open_ = np.concatenate(([20_000.0], close[:-1]))
    high = np.maximum(open_, close) * (1 + spread * random.random(BARS))
    low = np.minimum(open_, close) * (1 - spread * random.random(BARS))
    ts_open = np.arange(BARS, dtype=np.int64) * 60_000
    return Bars(ts_open, ts_open + 60_000, open_, high, low, close, 1 + 100 * random.random(BARS))


def cases(function: Function) -> Iterator[Call]:
    """The function with short, usual and long periods."""
    for place, period in enumerate((14, 5, 50)):
        numbers = [_number(p.name, place, period) for p in function.parameters if not p.choices]
        prices = ("close", "volume")[: function.free_prices]
        chosen = iter(numbers)
        written = [next(chosen) if not p.choices else p.choices[0] for p in function.parameters]
        for suffix in [f".{output}" for output in function.outputs] or [""]:
            yield parse_feature(f"{function.name}({', '.join(map(str, (*prices, *written)))}){suffix}")
        if not function.parameters:
            return


def _number(name: str, place: int, period: int) -> float:
    return 0.7 if name == "volume_factor" else PERIODS.get(name, (period,) * 3)[place]


def measured_bars(call: Call, bars: Bars, tolerance: float = TOLERANCE) -> int:
    """The bars beyond the lookback after which no start deviates by `tolerance` any more."""
    least = lookback(call)
    planned = math.ceil(math.log(1 / tolerance) * call.function.memory(call.numbers))
    length = least + 3 * planned + 60
    long = evaluate(call, bars)
    scale = float(np.nanmean(np.abs(long[STARTS.start :])))
    worst = np.zeros(length)
    for start in STARTS:
        part = Bars(*(column[start : start + length].copy() for column in bars))
        worst = np.maximum(worst, np.nan_to_num(np.abs(evaluate(call, part) - long[start : start + length])) / scale)
    over = np.flatnonzero(worst[least:] > tolerance)
    return int(over[-1]) + 1 if len(over) else 0


def rows() -> Iterator[tuple[str, float, float, int, int, int]]:
    """One row per function and set of numbers."""
    bars = sample_bars()
    for function in FUNCTIONS.values():
        for call in cases(function):
            memory = function.memory(call.numbers)
            planned = math.ceil(math.log(1 / TOLERANCE) * memory)
            yield str(call), TOLERANCE, memory, lookback(call), measured_bars(call, bars), planned


if __name__ == "__main__":
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())
