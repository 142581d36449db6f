"""TA-Lib's settings of candle patterns, which are those of the whole process: put back before patterns are computed.

Nothing tells what they are. While another thread computes or a stream is open TA-Lib refuses to set anything; then
what the patterns say of a sample tells whether they are as they were put back last.
"""

from __future__ import annotations

import time
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from btcli.errors import RequestError

ALL_SETTINGS = 11  # TA-Lib's number for each of its eleven
PATIENCE_S = 5.0  # for other threads to end a call
SAMPLE_BARS = 2000
_said: dict[str, bytes] = {}  # of the sample under the settings of TA-Lib


def settle_candles(patience_s: float = PATIENCE_S) -> None:
    """Put back TA-Lib's own settings, or see that they are. Raises RequestError where neither can be."""
    end = time.monotonic() + patience_s
    while not (_put_back() or _said.get("sample") == _of_sample()):
        if time.monotonic() > end:
            raise RequestError(
                "candle patterns cannot be computed: an open stream of TA-Lib keeps their settings from being put back",
                hint="end the stream (`del stream`) before a run begins, or leave candle settings as they are",
            )
        time.sleep(0.001)
    if not _said:
        _said["sample"] = _of_sample()


def _put_back() -> bool:
    try:
        import_module("talib")._ta_lib._ta_restore_candle_default_settings(ALL_SETTINGS)
    except RuntimeError:
        return False
    return True


def _of_sample() -> bytes:
    """What all patterns say of the sample."""
    talib: Any = import_module("talib")
    patterns = talib.get_function_groups()["Pattern Recognition"]
    return b"".join(getattr(talib, name)(*_sample()).tobytes() for name in sorted(patterns))


@cache
def _sample() -> tuple[Any, ...]:
    """A seeded walk whose candles are of every shape: open, high, low and close, float64[bars] each."""
    random = np.random.Generator(np.random.PCG64(11))
    close = 100.0 + np.cumsum(random.standard_normal(SAMPLE_BARS) * random.random(SAMPLE_BARS) ** 2)
    open_ = (
        np.concatenate(([100.0], close[:-1])) + random.standard_normal(SAMPLE_BARS) * random.random(SAMPLE_BARS) ** 4
    )
    shadows = random.random((2, SAMPLE_BARS)) ** 4
    return open_, np.maximum(open_, close) + shadows[0], np.minimum(open_, close) - shadows[1], close
