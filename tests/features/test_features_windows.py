"""Functions that are free of memory: what lies before their lookback changes no bit of a value."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_features_values import closes, every_call, part, prices_of, walk

from btcli.features import windows
from btcli.features.catalog import PATTERN
from btcli.features.exact import EXACT
from btcli.features.expression import parse_feature
from btcli.features.history import warmup_of
from btcli.features.talib_calls import _numbers, lookback
from btcli.features.values import evaluate
from btcli.features.windows import by_blocks
from btcli.market.series import Bars

FREE = [
    text
    for text in every_call()
    if not text.startswith(PATTERN) and warmup_of(call := parse_feature(text)) == lookback(call)
    if not call.function.anchored
]
AVERAGES = (
    "sma(close, {n})",
    "wma(close, {n})",
    "trima(close, {n})",
    "hma(close, {n})",
    "tsf(close, {n})",
    "linearreg(close, {n})",
    "linearreg_intercept(close, {n})",
    "bbands(close, {n}, 2, 2).upper",
    "bbands(close, {n}, 2, 2, 2).middle",
    "bbands(close, {n}, 2, 2, 5).lower",
    "accbands({n}).upper",
    "accbands({n}).middle",
    "accbands({n}).lower",
    "midpoint(close, {n})",
)
DISTANCES = (
    "stddev(close, {n}, 2)",
    "var(close, {n}, 1)",
    "avgdev(close, {n})",
    "linearreg_slope(close, {n})",
    "linearreg_angle(close, {n})",
    "cci({n})",
    "correl(close, open, {n})",
    "beta(close, open, {n})",
    "sum(volume, {n})",
    "sma(volume, {n})",
)


def hostile(seed: int, bars: int = 400) -> Bars:
    """Prices that were a thousand times as high, then a halt of 110 bars at one price without volume, then a walk."""
    random = np.random.Generator(np.random.PCG64(seed))
    whole = walk(bars, seed)
    close = np.round(whole.close + 100.0, 1)
    close[:60] *= 1.0 + random.random(60) * 1e3
    open_ = np.round(whole.open + 100.0, 1)
    volume = random.random(bars) * 10.0 ** random.integers(-3, 6, bars)
    for column in (open_, close):
        column[150:260] = close[149]
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    high[260:], low[260:] = high[260:] + 0.3, low[260:] - 0.3
    volume[150:260] = 0.0
    return whole._replace(open=open_, high=high, low=low, close=close, volume=volume)


@pytest.mark.parametrize("text", FREE)
def test_nothing_before_the_lookback_is_read(text: str) -> None:
    """Wherever a series begins, every later value has the same bits, in a wild market, a halted one and after it."""
    call = parse_feature(text)
    least = lookback(call)
    for seed in range(3):
        bars = hostile(seed)
        whole = evaluate(call, bars)
        for start in (1, 7, 70, 140, 155, 259):
            later = evaluate(call, part(bars, start, len(bars.close)))
            np.testing.assert_array_equal(later[least:], whole[start + least :])


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 250),
    period=st.integers(2, 60),
    seed=st.integers(0, 10_000),
    name=st.sampled_from(["sma", "sum", "wma", "trima", "linearreg_slope", "avgdev"]),
)
def test_any_start_and_any_period_give_the_same_bits(start: int, period: int, seed: int, name: str) -> None:
    """The sums of a window depend on its bars alone."""
    call, bars = parse_feature(f"{name}(close, {period})"), hostile(seed)
    whole, later = evaluate(call, bars), evaluate(call, part(bars, start, len(bars.close)))
    np.testing.assert_array_equal(later[period - 1 :], whole[start + period - 1 :])


@pytest.mark.parametrize("text", [text for text in FREE if text.partition("(")[0] in EXACT])
def test_blocks_leave_no_seam(text: str) -> None:
    """Evaluated for a few bars at a time, every output has the bits that it has for all bars at once."""
    call, bars = parse_feature(text), hostile(5)
    formula: Any = inspect.unwrap(EXACT[call.function.name])
    arguments = [*(getattr(bars, price) for price in prices_of(call)), *_numbers(call)]
    lengths: list[int] = []

    def seen(*some: Any) -> Any:
        lengths.append(len(some[0]))
        return formula(*some)

    np.testing.assert_array_equal(by_blocks(seen, 7)(*arguments), formula(*arguments))
    assert len(lengths) > 1
    assert max(lengths) < 400


@pytest.mark.parametrize("length", [2, 14, 200])
@pytest.mark.parametrize("text", [text for text in FREE if text.partition("(")[0] in EXACT])
def test_enough_bars_lead_into_a_block(text: str, length: int) -> None:
    """No function needs more bars before a value, by TA-Lib's own count, than twice the sum of its whole numbers."""
    call = parse_feature(text.replace("3", str(length)))
    assert lookback(call) <= 2 * sum(number for number in _numbers(call) if isinstance(number, int))


@pytest.mark.parametrize("bars", [1, 13, 16, 17, 31, 32, 33, 400])
def test_every_bar_is_in_one_block(bars: int) -> None:
    """Sums of two by blocks of 32 bars stand at their bars, whether the last block is whole, short or the only one."""
    values = np.arange(float(bars)) ** 2
    expected = [float("nan"), *(values[1:] + values[:-1])]
    np.testing.assert_array_equal(by_blocks(windows.window_sum, 32)(values, 2), expected)


def halted(price: float) -> Bars:
    """A wild market that stops at one price, for 80 bars without volume."""
    bars = hostile(1)
    columns: dict[str, Any] = {}
    for name in ("open", "high", "low", "close"):
        columns[name] = getattr(bars, name).copy()
        columns[name][320:] = price
    volume = bars.volume.copy()
    volume[320:] = 0.0
    return bars._replace(**columns, volume=volume)


@settings(max_examples=40, deadline=None)
@given(ticks=st.integers(1, 10**7), decimals=st.integers(0, 6), period=st.sampled_from([2, 3, 5, 14, 20, 33]))
def test_a_flat_window_gives_the_flat_price(ticks: int, decimals: int, period: int) -> None:
    """Every average of a halted market is its price and every distance 0, to the last bit, whatever went before."""
    price = ticks / 10**decimals
    bars = halted(price)
    for text, expected in _of_a_halt(price, period):
        assert set(evaluate(parse_feature(text), bars)[-10:].tolist()) == {expected}, text


def _of_a_halt(price: float, period: int) -> Iterator[tuple[str, float]]:
    yield from ((text.format(n=period), price) for text in AVERAGES)
    yield from ((text.format(n=period), 0.0) for text in DISTANCES)


def test_volumes_that_end_leave_nothing_behind() -> None:
    """After 0.3, 0.2 and 0.1 comes nothing: the average is 0 and no volume is above or below it."""
    volume = np.array([0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0])
    bars = closes(*([1.0] * 7))._replace(volume=volume)
    assert evaluate(parse_feature("sma(volume, 3)"), bars)[-2:].tolist() == [0.0, 0.0]


def test_values_worked_out_by_hand() -> None:
    """Closes 1, 2, 6, 4: weights, line, variance and bands of the last three, 2, 6 and 4.

    Mean 4; line with slope (4 - 2) / 2 = 1 through 3, 4, 5; variance (4 + 4 + 0) / 3; weighted (2 + 12 + 12) / 6.
    """
    bars = closes(1, 2, 6, 4)
    expected = {
        "sma(close, 3)": 4.0,
        "sum(close, 3)": 12.0,
        "wma(close, 3)": 26 / 6,
        "trima(close, 3)": (2 + 12 + 4) / 4,
        "linearreg(close, 3)": 5.0,
        "linearreg_intercept(close, 3)": 3.0,
        "tsf(close, 3)": 6.0,
        "linearreg_slope(close, 3)": 1.0,
        "linearreg_angle(close, 3)": 45.0,
        "var(close, 3, 1)": 8 / 3,
        "stddev(close, 3, 2)": 2 * (8 / 3) ** 0.5,
        "avgdev(close, 3)": 4 / 3,
        "bbands(close, 3, 2, 1).upper": 4 + 2 * (8 / 3) ** 0.5,
        "bbands(close, 3, 2, 1).lower": 4 - (8 / 3) ** 0.5,
    }
    for text, value in expected.items():
        assert evaluate(parse_feature(text), bars)[-1] == pytest.approx(value, rel=1e-14), text


@pytest.mark.parametrize("text", [text for text in FREE if text.partition("(")[0] in EXACT and "index" not in text])
def test_they_are_talibs_functions(text: str) -> None:
    """Over 14 bars of an ordinary market the values are TA-Lib's to nine digits, and begin at the same bar."""
    call = parse_feature(text.replace("3", "14"))
    bars = walk(3000, 4)
    bars = bars._replace(
        **{name: np.round(getattr(bars, name) + 400.0, 1) for name in ("open", "high", "low", "close")}
    )
    function = getattr(import_module("talib"), call.function.name.upper())
    numbers = [int(n) if p.whole else n for n, p in zip(call.numbers, call.function.parameters, strict=True)]
    result = function(*(getattr(bars, price) for price in prices_of(call)), *numbers)
    theirs, ours = result[call.output] if call.function.outputs else result, evaluate(call, bars)
    size = np.nanmean(np.abs(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * size)


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("text", FREE)
def test_fewer_bars_than_a_window_give_nothing(text: str, count: int) -> None:
    """A series shorter than the lookback has no values, and is no error."""
    call = parse_feature(text)
    values = evaluate(call, part(walk(10), 0, count))
    assert len(values) == count
    assert np.isnan(values[: lookback(call)]).all()
