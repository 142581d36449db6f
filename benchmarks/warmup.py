"""Measure after how many bars the start of each indicator stops mattering: python benchmarks/warmup.py

Writes btcli/features/warmup.csv. Each function is computed over a long seeded series, and again from many later
starts; the deviation of a later start after m bars is the greatest |short - long| over all starts, divided by the
mean |long|. `measured_bars` is the least m beyond the lookback from which on it stays below 1e-4,
`planned_bars` is what the catalog allows for it. Functions that are anchored never forget, and candle patterns read
a few bars: neither is measured.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from btcli.expressions.function import Function
from btcli.expressions.tree import Column, Indicator
from btcli.features.catalog import FUNCTIONS, PATTERN
from btcli.features.expression import parse_feature
from btcli.features.history import warmup_of
from btcli.features.memory import EXPONENTIAL, OF_WINDOWS
from btcli.features.talib_calls import lookback
from btcli.features.values import evaluate
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
    "first": (25, 5, 50),
    "second": (13, 3, 30),
    "bars": (2, 1, 5),
    "percent": (50, 10, 90),
    "volume_factor": (0.7, 0.7, 0.7),
    "acceleration": (0.02, 0.01, 0.05),
    "maximum": (0.2, 0.1, 0.4),
    "fast_limit": (0.5, 0.3, 0.7),
    "slow_limit": (0.05, 0.02, 0.1),
    "start": (0, 0, 0),
    "offset": (0, 0, 0.01),
    **{f"{name}_{side}": (0.02, 0.01, 0.05) for name in ("first", "step") for side in ("long", "short")},
    **{f"most_{side}": (0.2, 0.1, 0.4) for side in ("long", "short")},
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


def cases(function: Function) -> Iterator[Indicator]:
    """The function with short, usual and long periods."""
    for place, period in enumerate((14, 5, 50)):
        numbers = [PERIODS.get(p.name, (period,) * 3)[place] for p in function.parameters if not p.choices]
        prices = ("close", "volume")[: function.free_prices]
        for average in averages_of(function):
            chosen = iter(numbers)
            written = [average if p.choices else next(chosen) for p in function.parameters]
            for suffix in [f".{output}" for output in function.outputs] or [""]:
                yield parse_feature(f"{function.name}({', '.join(map(str, (*prices, *written)))}){suffix}")
        if not function.parameters:
            return


def text_of(call: Indicator) -> str:
    """How a call is written, with all its numbers."""
    prices = [each.name for each in call.inputs if isinstance(each, Column)][: call.function.free_prices]
    suffix = f".{call.function.outputs[call.output]}" if call.function.outputs else ""
    return f"{call.function.name}({', '.join((*prices, *(f'{number:g}' for number in call.numbers)))}){suffix}"


def averages_of(function: Function) -> tuple[float, ...]:
    """The averages to measure of one that takes any: the usual one, and those that remember."""
    choices = next((p.choices for p in function.parameters if p.choices), (0.0,))
    usual = EXPONENTIAL if function.defaults[-1:] == (EXPONENTIAL,) else choices[0]
    return tuple(dict.fromkeys((usual, *(kind for kind in choices if kind and kind not in OF_WINDOWS))))


def measured_bars(call: Indicator, bars: Bars, tolerance: float = TOLERANCE) -> int:
    """The bars beyond the lookback after which no start deviates by `tolerance` any more."""
    least = lookback(call)
    planned = warmup_of(call, tolerance) - least
    length = min(least + 3 * planned + 60, BARS - STARTS[-1])
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
        if function.anchored or function.name.startswith(PATTERN):
            continue
        for call in cases(function):
            memory = function.memory(call.numbers)
            planned = warmup_of(call, TOLERANCE) - lookback(call)
            yield text_of(call), TOLERANCE, memory, lookback(call), measured_bars(call, bars), planned


if __name__ == "__main__":
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())
