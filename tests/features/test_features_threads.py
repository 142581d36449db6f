"""Features beside other users of TA-Lib, whose settings are those of the whole process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import talib
from talib import _ta_lib, abstract, stream
from test_features_values import closes, every_call, part

from btcli.errors import RequestError
from btcli.features import candle_settings, talib_calls
from btcli.features.candle_settings import ALL_SETTINGS
from btcli.features.catalog import FUNCTIONS, PATTERN
from btcli.features.expression import parse_feature
from btcli.features.talib_calls import UNSTABLE, _lookback, lookback
from btcli.features.values import evaluate
from btcli.market.series import Bars

BARS = 20_000
UNSEEN = (1, 9)  # body very long, which no pattern reads, and far, which none of these candles tells


def bars() -> Bars:
    """Candles of a seeded walk."""
    random = np.random.Generator(np.random.PCG64(3))
    close = 100.0 + np.cumsum(random.normal(0, 0.1, BARS))
    ts_open = np.arange(BARS, dtype=np.int64) * 60_000
    return Bars(ts_open, ts_open + 60_000, close, close + 1.0, close - 1.0, close, np.ones(BARS))


@pytest.fixture
def settings() -> Iterator[None]:
    """Puts back what a test sets."""
    yield
    talib.set_unstable_period("ALL", 0)
    talib.set_compatibility(0)
    _ta_lib._ta_restore_candle_default_settings(ALL_SETTINGS)


def test_threads_compute_features_at_once() -> None:
    """None is refused because another computes, and each gets what it gets alone."""
    candles, together = bars(), Barrier(4)
    call = parse_feature("ema(close, 12)")
    alone = evaluate(call, candles).tobytes()

    def repeatedly(_: int) -> bool:
        together.wait()
        return all(evaluate(call, candles).tobytes() == alone for _ in range(150))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(repeatedly, range(4)))


def test_a_strategy_may_hold_a_stream_of_ta_lib() -> None:
    """While one lives TA-Lib refuses to set what is set already."""
    candles = bars()
    held = stream.RSI(candles.close, 14)
    try:
        assert evaluate(parse_feature("rsi(close, 14)"), candles)[-1] == held.value
    finally:
        del held


@pytest.mark.parametrize("text", every_call())
def test_what_a_strategy_set_changes_no_feature(settings: None, text: str) -> None:
    """Unstable periods, of all functions or its own, and another compatibility are put back before any is computed."""
    shapes, call = part(candles(), 0, 1500), parse_feature(text)
    as_it_is = evaluate(call, shapes).tobytes()
    for name in ("ALL", *({call.function.name.upper()} & set(UNSTABLE))):
        talib.set_unstable_period(name, 40)
        talib.set_compatibility(1)
        assert evaluate(call, shapes).tobytes() == as_it_is


def test_what_a_strategy_set_changes_no_warm_up(settings: None) -> None:
    """The bars that a function needs before its first value are those without an unstable period."""
    call = parse_feature("ema(close, 12)")
    assert lookback(call) == 11
    talib.set_unstable_period("EMA", 40)
    assert lookback(call) == 11


def test_every_unstable_period_is_known(settings: None) -> None:
    """One that all are set to is seen under each of the names, and under no other."""
    talib.set_unstable_period("ALL", 7)
    assert {talib.get_unstable_period(name) for name in UNSTABLE} == {7}
    assert sorted(UNSTABLE) == sorted(name for name in talib.get_functions() if _is_unstable(name))


def _is_unstable(name: str) -> bool:
    flags = abstract.Function(name).function_flags or []
    return any("unstable" in str(flag).lower() for flag in flags)


PATTERNS = sorted(f"{name}()" for name in FUNCTIONS if name.startswith(PATTERN))


def candles() -> Bars:
    """Candles of every shape: bodies and shadows of no length, and of much."""
    plain, random = bars(), np.random.Generator(np.random.PCG64(5))
    open_ = plain.close + random.normal(0, 0.1, BARS) * (random.random(BARS) > 0.2)
    above, below = random.random((2, BARS)) ** 4
    return plain._replace(
        open=open_, high=np.maximum(open_, plain.close) + above, low=np.minimum(open_, plain.close) - below
    )


@pytest.mark.parametrize("setting", range(ALL_SETTINGS))
def test_candle_settings_of_a_strategy_change_no_pattern(settings: None, setting: int) -> None:
    """Each of the eleven, set to another range, length and factor, is put back; all but two would change a pattern."""
    shapes = candles()
    as_it_is = {text: evaluate(parse_feature(text), shapes).tobytes() for text in PATTERNS}
    functions = [getattr(talib, text[:-2].upper()) for text in PATTERNS]
    prices = (shapes.open, shapes.high, shapes.low, shapes.close)
    raw = [function(*prices).tobytes() for function in functions]
    _ta_lib._ta_set_candle_settings(setting, 1, 3, 1.7)
    said = [function(*prices).tobytes() for function in functions]
    assert (said != raw) == (setting not in UNSEEN)
    for text in PATTERNS:
        _ta_lib._ta_set_candle_settings(setting, 1, 3, 1.7)
        assert evaluate(parse_feature(text), shapes).tobytes() == as_it_is[text]


def test_candle_settings_of_a_strategy_change_no_warm_up(settings: None) -> None:
    """The bars before a pattern's first value are those of TA-Lib's own settings."""
    _ta_lib._ta_set_candle_settings(3, 1, 40, 0.5)
    _lookback.cache_clear()
    assert lookback(parse_feature("cdldoji()")) == 10


def test_patterns_beside_a_stream(settings: None) -> None:
    """A stream keeps settings from being put back: as TA-Lib's own they pass, any other is refused with the way out."""
    shapes, call = candles(), parse_feature("cdldoji()")
    as_it_is = evaluate(call, shapes).tobytes()
    held = stream.RSI(shapes.close, 14)
    assert evaluate(call, shapes).tobytes() == as_it_is
    del held
    _ta_lib._ta_set_candle_settings(3, 1, 10, 0.11)
    held = stream.RSI(shapes.close, 14)
    try:
        with pytest.raises(RequestError, match="stream of TA-Lib"):
            candle_settings.settle_candles(patience_s=0.0)
    finally:
        del held


def test_threads_compute_patterns_at_once(settings: None) -> None:
    """None is refused because another computes, and each gets what it gets alone."""
    shapes, together = candles(), Barrier(4)
    alone = {text: evaluate(parse_feature(text), shapes).tobytes() for text in PATTERNS}

    def repeatedly(_: int) -> bool:
        together.wait()
        return all(evaluate(parse_feature(text), shapes).tobytes() == alone[text] for text in PATTERNS)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(repeatedly, range(4)))


def test_who_computes_waits_for_who_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """TA-Lib refuses to compute while another thread sets something: it is asked again, and not for ever."""
    real, refused = talib.MOM, iter([True, True, False])

    def refusing(*arguments: Any) -> Any:
        if next(refused, True):
            raise RuntimeError("a settings change is in progress")
        return real(*arguments)

    monkeypatch.setattr(talib, "MOM", refusing)
    assert evaluate(parse_feature("mom(close, 3)"), closes(1, 2, 4, 8, 16)).tolist()[3:] == [7, 14]
    monkeypatch.setattr(talib_calls, "PATIENCE_S", 0.0)
    with pytest.raises(RuntimeError, match="in progress"):
        evaluate(parse_feature("mom(close, 3)"), closes(1, 2, 4, 8, 16))
