"""Every function beside TA-Lib itself, and beside itself bar by bar."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared
from test_features_values import every_call, part, prices_of, walk
from test_features_windows import hostile

from btcli.expressions.tree import Indicator
from btcli.features.catalog import FUNCTIONS, LEFT_OUT
from btcli.features.exact import EXACT
from btcli.features.expression import parse_feature
from btcli.features.history import warmup_of
from btcli.features.talib_calls import _numbers, lookback
from btcli.features.values import evaluate
from btcli.market.series import Bars

INDEX_OF_BARS = ("maxindex", "minindex", "minmaxindex")  # TA-Lib counts from the first bar, and takes any of equal ones
REAL = ("BTCUSDT-1h-perp-cyft", "ETHUSDT-15m-perp-saam2024h1", "DOGEUSDT-1m-perp-alper", "SUIUSDT-1h-perp-cyft")
REAL_BARS = 4000
SHORT, LONG = 3.0, 14.0  # windows of three bars often stand still, where rounding is all that TA-Lib's sums hold
PREFIXES, FEW_PREFIXES = 55, 6


def calls_of_all_outputs() -> Iterator[Indicator]:
    """Every output of every function, and every average of those that take any."""
    for text in every_call():
        usual = parse_feature(text)
        function = usual.function
        averages = next((p.choices for p in function.parameters if p.choices), (None,))
        for average in averages:
            numbers = tuple(
                (average if average is not None else n) if p.choices else LONG if n == SHORT else n
                for n, p in zip(usual.numbers, function.parameters, strict=True)
            )
            for output in range(max(1, len(function.outputs))):
                yield Indicator(function, usual.inputs, numbers, output)


def text_of(call: Indicator) -> str:
    """How a call of prices and numbers is written."""
    prices = prices_of(call)[: call.function.free_prices]
    suffix = f".{call.function.outputs[call.output]}" if call.function.outputs else ""
    return f"{call.function.name}({', '.join((*prices, *(f'{number:g}' for number in call.numbers)))}){suffix}"


CALLS = {text_of(call): call for call in calls_of_all_outputs()}


def is_exact(call: Indicator) -> bool:
    """Whether the sums are of each window alone, so that TA-Lib's last bits are not to be had."""
    return call.function.name in EXACT and not call.function.memory(call.numbers)


def of_talib(call: Indicator, bars: Bars) -> Any:
    """What TA-Lib's own function says of the bars."""
    result = getattr(import_module("talib"), call.function.name.upper())(
        *(getattr(bars, price) for price in prices_of(call)), *_numbers(call)
    )
    return result[call.output] if call.function.outputs else result


def assert_talibs(call: Indicator, bars: Bars) -> None:
    """To the last bit, or to nine digits where sums are of each window alone."""
    ours, theirs, least = evaluate(call, bars), of_talib(call, bars), lookback(call)
    assert np.isnan(ours[:least]).all()
    if call.function.name in INDEX_OF_BARS:
        ago = ours[least:].astype(int)
        values, places = getattr(bars, prices_of(call)[0]), np.arange(least, len(ours))
        np.testing.assert_array_equal(values[places - ago], values[theirs[least:]])
        assert (places - ago >= theirs[least:]).all()
        return
    if is_exact(call):
        size = max(float(np.nanmean(np.abs(theirs))), 1e-9)
        np.testing.assert_allclose(ours[least:], theirs[least:], rtol=1e-8, atol=1e-8 * size)
    else:
        np.testing.assert_array_equal(ours[least:], theirs[least:].astype(np.float64))


def assert_prefixes(call: Indicator, bars: Bars, count: int) -> None:
    """What is computed of the first bars alone are the bits of what is computed of all."""
    whole = evaluate(call, bars)
    for last in np.linspace(1, len(whole) - 1, count).astype(int):
        assert evaluate(call, part(bars, 0, int(last))).tobytes() == whole[:last].tobytes()


def real_bars(name: str) -> Bars:
    """The last candles of a file of real ones."""
    table = pl.read_parquet(shared(f"data/{name}.parquet")).tail(REAL_BARS)
    columns = [
        table[column].cast(pl.Float64).to_numpy().copy() for column in ("open", "high", "low", "close", "volume")
    ]
    ts_open = np.arange(len(table), dtype=np.int64) * 60_000
    return Bars(ts_open, ts_open + 60_000, *columns)


def test_every_function_of_talib_is_offered_or_left_out_with_a_reason() -> None:
    """None is forgotten, and none is both."""
    names = {name.lower() for name in import_module("talib").get_functions()}
    assert set(FUNCTIONS) | set(LEFT_OUT) == names
    assert not set(FUNCTIONS) & set(LEFT_OUT)
    assert all(len(reason.split()) > 5 for reason in LEFT_OUT.values())


@pytest.mark.parametrize("text", CALLS)
def test_values_are_talibs_own_on_the_same_slice(text: str) -> None:
    """To the last bit for every output, but for the functions whose sums are of each window alone."""
    bars = walk(2000, 9)
    scaled = {name: np.round(getattr(bars, name) + 400.0, 1) for name in ("open", "high", "low", "close")}
    assert_talibs(CALLS[text], bars._replace(**scaled))


@pytest.mark.parametrize("text", CALLS)
def test_bar_by_bar_gives_the_bits_of_the_batch(text: str) -> None:
    """Prefixes of a wild market, a halted one and an ordinary one have the values of the whole."""
    assert_prefixes(CALLS[text], hostile(2), FEW_PREFIXES)


@pytest.mark.long
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("text", CALLS)
def test_real_candles_give_talibs_values_bar_by_bar(text: str, name: str) -> None:
    """On real candles every output has TA-Lib's values, and those of 55 prefixes."""
    bars = real_bars(name)
    assert_talibs(CALLS[text], bars)
    assert_prefixes(CALLS[text], bars, PREFIXES)


@pytest.mark.parametrize("text", every_call())
def test_no_market_is_too_poor(text: str) -> None:
    """No bars, one, a flat price without volume, NaN at the start or throughout: values, and no error."""
    call, market = parse_feature(text), walk(700)
    flat = market._replace(
        **{name: np.full(700, 5.0) for name in ("open", "high", "low", "close")}, volume=np.zeros(700)
    )
    late = market._replace(
        **{name: np.where(np.arange(700) < 9, np.nan, getattr(market, name)) for name in market._fields[2:]}
    )
    never = market._replace(**{name: np.full(700, np.nan) for name in market._fields[2:]})
    for bars in (part(market, 0, 0), part(market, 0, 1), part(market, 0, 2), flat, late, never):
        values = evaluate(call, bars)
        assert len(values) == len(bars.close)
        assert values.dtype == np.float64
    assert np.isnan(evaluate(call, never)[:-1]).all()
    assert np.isnan(evaluate(call, late)[: 9 + lookback(call)]).all()


@pytest.mark.parametrize("text", every_call())
def test_holes_in_a_market_cost_no_error(text: str) -> None:
    """A bar without prices in the midst gives values of the right length."""
    market = walk(700)
    holed = market._replace(
        **{name: np.where(np.arange(700) == 300, np.nan, getattr(market, name)) for name in market._fields[2:]}
    )
    assert len(evaluate(parse_feature(text), holed)) == 700


def test_an_index_is_bars_ago_and_of_equal_ones_the_newest() -> None:
    """Closes 1 7 7 2 3: the highest of the last four was three and two bars ago, the lowest is 2, one bar ago."""
    close = np.array([1.0, 7.0, 7.0, 2.0, 3.0])
    bars = walk(5)._replace(close=close)
    assert evaluate(parse_feature("maxindex(close, 4)"), bars)[3:].tolist() == [1.0, 2.0]
    assert evaluate(parse_feature("minindex(close, 4)"), bars)[3:].tolist() == [3.0, 1.0]
    assert evaluate(parse_feature("minmaxindex(close, 4).max"), bars)[3:].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("text", [text for text in every_call() if parse_feature(text).function.anchored])
def test_what_is_anchored_hangs_on_its_first_bar_alone(text: str) -> None:
    """Its slice begins at the last bar before the window; begun at another bar the level is another."""
    call, bars = parse_feature(text), walk(300)
    assert warmup_of(call) == 0
    whole, later = evaluate(call, bars), evaluate(call, part(bars, 100, 300))
    assert (whole[150:] != later[50:]).any()


@pytest.mark.parametrize("text", every_call())
def test_every_number_that_is_let_through_is_one_that_talib_takes(text: str) -> None:
    """At the least and the greatest of each number, and where those that may be left out are, values come of it."""
    usual, few = parse_feature(text), walk(60)
    parameters, defaults = usual.function.parameters, usual.function.defaults
    written = [usual.numbers[: len(parameters) - len(defaults)]] if defaults else []
    for place, parameter in enumerate(parameters):
        for edge in parameter.choices or (parameter.minimum, parameter.maximum):
            written.append((*usual.numbers[:place], edge, *usual.numbers[place + 1 :]))
    suffix = text.partition(")")[2]
    for numbers in written:
        prices = prices_of(usual)[: usual.function.free_prices]
        call = parse_feature(f"{usual.function.name}({', '.join(map(str, (*prices, *numbers)))}){suffix}")
        assert warmup_of(call) >= lookback(call) >= 0
        assert len(evaluate(call, few)) == 60


@st.composite
def any_call(draw: st.DrawFn) -> Indicator:
    """Any output of any function with numbers of any size that it takes, mostly small ones."""
    usual = draw(st.sampled_from(list(CALLS.values())))
    numbers = []
    for parameter in usual.function.parameters:
        least, most = parameter.minimum, min(parameter.maximum, parameter.minimum + 40)
        whole = st.integers(int(least), int(most)).map(float)
        anything = whole if parameter.whole else st.floats(least, most, allow_nan=False)
        numbers.append(float(draw(st.sampled_from(parameter.choices) if parameter.choices else anything)))
    return Indicator(usual.function, usual.inputs, tuple(numbers), usual.output)


@given(call=any_call(), seed=st.integers(0, 1000), bars=st.integers(0, 400), first=st.integers(0, 399))
def test_any_numbers_and_any_market_give_the_bits_of_the_batch(
    call: Indicator, seed: int, bars: int, first: int
) -> None:
    """Whatever the numbers and however few the bars, those that come first have the values that they have alone."""
    market = part(hostile(seed), 400 - bars, 400)
    whole, alone = evaluate(call, market), evaluate(call, part(market, 0, min(first, bars)))
    assert len(whole) == bars
    assert alone.tobytes() == whole[: len(alone)].tobytes()
