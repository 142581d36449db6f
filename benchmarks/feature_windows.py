"""Milliseconds of the functions that slide over a window, for a year of minutes at length 20, beside TA-Lib's own.

`python benchmarks/feature_windows.py`; the least of processors among seven calls, and the digest of the values.
"""

from __future__ import annotations

import hashlib

import numpy as np
import talib
from measuring import least_cpu_ms

from btcli.expressions.tree import Column
from btcli.features.exact import EXACT
from btcli.features.expression import parse_feature
from btcli.features.talib_calls import _numbers
from btcli.features.values import evaluate
from btcli.market.series import Bars

MINUTES = 525_600
LENGTH = 20
REPEATS = 7
CALLS = (
    *(
        f"{name}(close, {LENGTH})"
        for name in ["sma", "sum", "wma", "trima", "hma", "tsf", "linearreg", "linearreg_slope", "avgdev"]
    ),
    *(f"{name}(close, {LENGTH}, 2)" for name in ("stddev", "var")),
    f"linearreg_angle(close, {LENGTH})",
    *(f"bbands(close, {LENGTH}, 2, 2, {kind}).upper" for kind in (0, 2, 5)),
    f"accbands({LENGTH}).upper",
    f"stoch({LENGTH}, {LENGTH}, 0, {LENGTH}, 0).d",
    f"stochf({LENGTH}, {LENGTH}, 0).d",
    *(f"{name}(close, open, {LENGTH})" for name in ("correl", "beta")),
    *(f"{name}({LENGTH})" for name in ("cci", "mfi")),
    f"ultosc({LENGTH}, {LENGTH}, {LENGTH})",
)


def year() -> Bars:
    """A seeded year of one-minute candles on ticks."""
    random = np.random.Generator(np.random.PCG64(7))
    close = np.round(30_000 * np.exp(np.cumsum(random.normal(0, 1e-3, MINUTES))), 1)
    open_ = np.concatenate(([close[0]], close[:-1]))
    ts_open = np.arange(MINUTES, dtype=np.int64) * 60_000
    high, low = np.maximum(open_, close) + 1.0, np.minimum(open_, close) - 1.0
    return Bars(ts_open, ts_open + 60_000, open_, high, low, close, np.round(random.random(MINUTES) * 50, 3))


def main() -> None:
    """Print a line a function, ours and TA-Lib's."""
    bars = year()
    for text in CALLS:
        call = parse_feature(text)
        assert call.function.name in EXACT
        inputs = [getattr(bars, price) for price in (each.name for each in call.inputs if isinstance(each, Column))]
        theirs = getattr(talib, call.function.name.upper())
        numbers = _numbers(call)
        ours_ms = least_cpu_ms(lambda: evaluate(call, bars), REPEATS)  # noqa: B023
        theirs_ms = least_cpu_ms(lambda: theirs(*inputs, *numbers), REPEATS)  # noqa: B023
        digest = hashlib.sha256(evaluate(call, bars).tobytes()).hexdigest()[:16]
        print(f"{text:32} {ours_ms:6.1f} ms, TA-Lib {theirs_ms:5.1f} ms, ratio {ours_ms / theirs_ms:5.1f}, {digest}")


if __name__ == "__main__":
    main()
