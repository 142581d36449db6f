"""The values of features: right, local to their slice, and blind to the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.expressions.tree import Column, Indicator
from btcli.features.catalog import FUNCTIONS
from btcli.features.compute import compute_features
from btcli.features.expression import parse_feature
from btcli.features.history import warmup_of
from btcli.features.plan import plan_features
from btcli.features.values import evaluate
from btcli.market.series import Bars
from btcli.timeframe import Timeframe

M1 = Timeframe.parse("1m")
OF_THEIR_OWN = {
    "slow": 6.0,
    "volume_factor": 0.7,
    "percent": 50.0,
    "penetration": 0.3,
    "acceleration": 0.02,
    "maximum": 0.2,
    "fast_limit": 0.5,
    "slow_limit": 0.05,
    "start": 0.0,
    "offset": 0.0,
    "first_long": 0.02,
    "step_long": 0.02,
    "most_long": 0.2,
    "first_short": 0.02,
    "step_short": 0.02,
    "most_short": 0.2,
}  # what 3 is too much for


def walk(count: int, seed: int = 1, start_ms: int = 0) -> Bars:
    """A seeded walk of one-minute candles from `start_ms` on."""
    random = np.random.Generator(np.random.PCG64(seed))
    close = 100 + np.cumsum(random.integers(-5, 6, count)) / 10
    open_ = np.concatenate(([100.0], close[:-1]))
    ts_open = start_ms + np.arange(count, dtype=np.int64) * M1.ms
    high, low = np.maximum(open_, close) + 0.1, np.minimum(open_, close) - 0.1
    return Bars(ts_open, ts_open + M1.ms, open_, high, low, close, 1 + random.random(count))


def part(bars: Bars, first: int, last: int) -> Bars:
    """The bars from index `first` up to `last`, as fresh arrays."""
    return Bars._make(column[first:last].copy() for column in bars)


def closes(*values: float) -> Bars:
    """One-minute candles that only have a close to speak of."""
    close = np.array(values)
    ts_open = np.arange(len(values), dtype=np.int64) * M1.ms
    return Bars(ts_open, ts_open + M1.ms, close, close, close, close, close)


def prices_of(call: Indicator) -> tuple[str, ...]:
    """The prices that a function reads where it reads no more than prices."""
    return tuple(each.name for each in call.inputs if isinstance(each, Column))


def every_call() -> list[str]:
    """One expression for each function of the catalog, with small periods."""
    texts = []
    for function in FUNCTIONS.values():
        numbers = [
            f"{OF_THEIR_OWN.get(p.name, max(3, p.minimum) if not p.choices else 0):g}" for p in function.parameters
        ]
        if function.name in ("apo", "ppo", "pvo"):
            numbers[-1] = "1"
        prices = ["close", "volume"][: function.free_prices]
        suffix = f".{function.outputs[-1]}" if function.outputs else ""
        texts.append(f"{function.name}({', '.join(prices + numbers)}){suffix}")
    return texts


def test_values_are_those_of_the_textbook() -> None:
    """An average, a maximum and an exponential average agree with the sums done by hand."""
    bars = closes(1, 2, 6, 4, 5)
    sma, top, ema = (evaluate(parse_feature(t), bars) for t in ("sma(close, 3)", "max(close, 3)", "ema(close, 3)"))
    assert sma[2:].tolist() == [3, 4, 5]
    assert top[2:].tolist() == [6, 6, 6]
    assert ema[2:].tolist() == [3, 3.5, 4.25]  # starts at the mean of three, then half way to each close


def test_rsi_of_wilders_smoothing_by_hand() -> None:
    """RSI of two bars: gains 1 and losses 1 balance at 50, then one more gain of 2 moves it to 100*1.25/1.5."""
    rsi = evaluate(parse_feature("rsi(close, 2)"), closes(10, 11, 10, 12))
    # averages after three closes: gain 0.5, loss 0.5; then gain (0.5+2)/2 = 1.25, loss 0.25
    assert rsi[2:] == pytest.approx([50, 100 * 1.25 / 1.5])


def test_not_available_before_its_own_warmup() -> None:
    """A feature is NaN until its warm-up is over, and available at the last bar closed at the window's start."""
    bars = walk(200)
    plan = plan_features({"ltf": {"fast": "sma(close, 5)", "slow": "sma(close, 60)"}})
    columns = compute_features(plan, {"ltf": bars}, {"ltf": M1}, window_start_ms=int(bars.ts_open[100]))["ltf"]
    for column in columns.values():
        assert np.isnan(column[:99]).all()
        assert np.isfinite(column[99:]).all()


def test_available_later_when_history_is_missing() -> None:
    """Without enough history a feature becomes available once its warm-up has passed in the bars that exist."""
    bars = walk(200)
    plan = plan_features({"ltf": {"slow": "sma(close, 60)"}})
    column = compute_features(plan, {"ltf": bars}, {"ltf": M1}, window_start_ms=int(bars.ts_open[10]))["ltf"]["slow"]
    assert int(np.flatnonzero(np.isfinite(column))[0]) == 59


def test_fewer_bars_than_the_warmup_make_nothing_available() -> None:
    """A series shorter than the warm-up, or empty, gives NaN throughout."""
    plan = plan_features({"ltf": {"slow": "sma(close, 60)"}})
    for count in (0, 1, 59):
        bars = walk(200)
        column = compute_features(plan, {"ltf": part(bars, 0, count)}, {"ltf": M1}, 0)["ltf"]["slow"]
        assert len(column) == count
        assert np.isnan(column).all()


@given(extra=st.integers(0, 80), seed=st.integers(0, 50))
def test_other_features_and_more_history_change_no_bit(extra: int, seed: int) -> None:
    """Loading earlier bars for another feature leaves every bit of a feature's values as it was."""
    bars = walk(400, seed)
    window_start = int(bars.ts_open[200])
    first = {"rsi": "rsi(close, 5)", "mean": "sma(close, 7)", "dev": "stddev(close, 7, 1)"}
    need = plan_features({"ltf": first}).warmup_bars()["ltf"] + 1
    alone = compute_features(
        plan_features({"ltf": first}), {"ltf": part(bars, 200 - need, 400)}, {"ltf": M1}, window_start
    )
    with_more = compute_features(
        plan_features({"ltf": {"slow": "ema(close, 12)", **first}}),
        {"ltf": part(bars, 200 - need - extra, 400)},
        {"ltf": M1},
        window_start,
    )
    for name in first:
        assert alone["ltf"][name][-200:].tobytes() == with_more["ltf"][name][-200:].tobytes()


@pytest.mark.parametrize("text", every_call())
def test_no_feature_hangs_on_what_else_is_loaded(text: str) -> None:
    """In a run every function, anchored ones too, has the same bits with other features and with more history."""
    bars, named = walk(4200, 8), {"it": text}
    start = int(bars.ts_open[4000])
    need = plan_features({"ltf": named}).warmup_bars()["ltf"] + 1
    alone = compute_features(plan_features({"ltf": named}), {"ltf": part(bars, 4000 - need, 4200)}, {"ltf": M1}, start)
    others = plan_features({"ltf": {"slow": "sma(close, 900)", **named, "sum": "cumsum(volume)"}})
    beside = compute_features(others, {"ltf": bars}, {"ltf": M1}, start)
    assert alone["ltf"]["it"][-201:].tobytes() == beside["ltf"]["it"][-201:].tobytes()
    assert np.isfinite(alone["ltf"]["it"][-201:]).all()


def test_what_is_anchored_begins_at_the_last_bar_before_the_window() -> None:
    """A sum of volumes of 1 counts from that bar: 1 at the window's start, 2 one bar later."""
    bars = walk(50)._replace(volume=np.ones(50))
    plan = plan_features({"ltf": {"sum": "cumsum(volume)"}})
    column = compute_features(plan, {"ltf": bars}, {"ltf": M1}, int(bars.ts_open[20]))["ltf"]["sum"]
    assert np.isnan(column[:19]).all()
    assert column[19:22].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("text", every_call())
def test_no_function_looks_ahead(text: str) -> None:
    """Cutting off the future changes no bit of what was computed before it, for every function of the catalog."""
    call, bars = parse_feature(text), walk(300)
    whole = evaluate(call, bars)
    for cut in (150, 201, 299):
        assert evaluate(call, part(bars, 0, cut)).tobytes() == whole[:cut].tobytes()


@pytest.mark.parametrize("text", every_call())
def test_every_function_has_a_value_after_its_warmup(text: str) -> None:
    """After the planned warm-up every function of the catalog gives a finite value."""
    call = parse_feature(text)
    values = evaluate(call, walk(1000))
    assert np.isfinite(values[warmup_of(call) :]).all()


def test_a_value_that_is_no_number_is_not_available() -> None:
    """An infinite value is not available; the bars around it are."""
    volume = np.ones(30)
    volume[20] = np.inf
    bars = walk(30)._replace(volume=volume)
    plan = plan_features({"ltf": {"top": "max(volume, 2)"}})
    column = compute_features(plan, {"ltf": bars}, {"ltf": M1}, int(bars.ts_open[10]))["ltf"]["top"]
    assert np.flatnonzero(np.isnan(column[9:])).tolist() == [11, 12]


@pytest.mark.parametrize(("name", "parts"), [("hl2", 2), ("hlc3", 3), ("ohlc4", 4)])
def test_a_mean_of_prices_is_a_price(name: str, parts: int) -> None:
    """A feature of hl2, hlc3 or ohlc4 is that of a market whose closes they are, to the last bit."""
    bars = walk(200)
    summed = {
        "hl2": bars.high + bars.low,
        "hlc3": bars.high + bars.low + bars.close,
        "ohlc4": bars.open + bars.high + bars.low + bars.close,
    }[name]
    moved = bars._replace(close=summed / parts)
    for of in ("ema({}, 9)", "bbands({}, 20, 2, 2).upper", "rsi({}, 14)"):
        mean, close = (evaluate(parse_feature(of.format(each)), on) for each, on in ((name, bars), ("close", moved)))
        assert mean.tobytes() == close.tobytes()
