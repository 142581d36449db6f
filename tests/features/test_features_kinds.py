"""Of what kind each function is: held against what its values do when prices or volumes are multiplied or moved."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.expressions.function import Function
from btcli.expressions.kinds import Quantity
from btcli.expressions.reading import read_feature
from btcli.features.catalog import FUNCTIONS
from btcli.features.expression import names_of_features, parse_feature
from btcli.features.kinds import NEVER_BEYOND, quantity_of_feature, written_kind
from btcli.features.values import evaluate
from btcli.market.series import Bars, Floats

COUNT, SETTLED = 1_500, 900  # bars, and those after which no function knows its start any more
OUTPUTS = [
    pytest.param(function, output, id=f"{function.name}{output and '.'}{output}")
    for function in FUNCTIONS.values()
    for output in function.outputs or ("",)
]
NUMBERS = {"period": (10, 20, 9), "deviations": (2, 2), "percent": (50,), "volume_factor": (0.7,), "bars": (2, 2)}
LOOSE = {"accbands", "beta", "mfi", "ht_trendmode"}  # what divides by the level of prices, or decides by a share of it
HANGS_ON = {  # by kind: multiplied by 2 with prices, moved with them, multiplied with volumes
    "price": (2.0, True, 1.0),
    "distance": (2.0, False, 1.0),
    "ratio": (1.0, None, 1.0),
    "percent": (1.0, None, 1.0),
    "oscillator": (1.0, None, 1.0),
    "volume": (1.0, False, 2.0),
    "bars": (1.0, False, 1.0),
    "sign": (1.0, False, 1.0),
}


def market(times: float = 1.0, plus: float = 0.0, volumes: float = 1.0) -> Bars:
    """A drawn walk, its prices multiplied and moved, its volumes multiplied."""
    draw = np.random.default_rng(1)
    close = 1_000 + np.cumsum(draw.normal(0, 3, COUNT))
    opened = close + draw.normal(0, 2, COUNT)
    high = np.maximum(close, opened) + abs(draw.normal(0, 2, COUNT))
    low = np.minimum(close, opened) - abs(draw.normal(0, 2, COUNT))
    ts_open = np.arange(COUNT) * 60_000
    first, highest, lowest, last = (each * times + plus for each in (opened, high, low, close))
    return Bars(ts_open, ts_open + 60_000, first, highest, lowest, last, draw.uniform(10, 100, COUNT) * volumes)


PLAIN, DOUBLED, MOVED, BUSIER = market(), market(times=2.0), market(plus=512.0), market(volumes=2.0)


def written(function: Function, output: str) -> str:
    """A call of the function with numbers of its own, prices where it wants some."""
    numbers: list[str] = []
    for place, parameter in enumerate(function.parameters[: len(function.parameters) - len(function.defaults)]):
        some = NUMBERS.get(parameter.name, (0,) if parameter.choices else (5, 20, 9))
        numbers.append(f"{some[min(place, len(some) - 1)]:g}")
    prices = ("close", "open")[: function.free_prices]
    return f"{function.name}({', '.join((*prices, *numbers))})" + (f".{output}" if output else "")


def quantity_of_text(text: str) -> Quantity:
    """What kind of quantity a feature gives, as it is written."""
    return quantity_of_feature(read_feature(text, names_of_features("ltf", ()), "ltf"))


def values(text: str, bars: Bars) -> Floats:
    """What is known of a feature once its start does not matter."""
    return evaluate(parse_feature(text), bars)[SETTLED:]


@pytest.mark.parametrize("name", sorted(NEVER_BEYOND))
def test_an_average_of_an_oscillator_stays_in_its_range(name: str) -> None:
    """What jumps between 0 and 100 is averaged to something between them, and a number beyond is out of reach."""
    call = written(FUNCTIONS[name], (*FUNCTIONS[name].outputs, "")[0])
    jumping = values(call.replace("close", "100 * count(close > open, 2) / 2", 1), PLAIN)
    assert 0 <= jumping.min() < jumping.max() <= 100
    assert quantity_of_text(call.replace("close", "rsi(close, 14)", 1)).range == (0, 100)
    assert quantity_of_text("hma(rsi(close, 14), 9)").range is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("(ema(close, 9) - ema(close, 21)) / close", {"ratio"}),
        ("ema(high - low, 9)", {"distance"}),
        ("sma(volume, 9)[1]", {"volume"}),
        ("highest(hl2, 20)", {"price"}),
        ("close - atr(14)", {"price"}),
        ("mom(rsi(close, 14), 3)", {"oscillator"}),
        ("count(close > open, 9)", {"bars"}),
        ("stddev(close / open, 20, 1)", {"ratio"}),
    ],
)
def test_what_is_made_of_functions_has_a_kind_too(text: str, kinds: set[str]) -> None:
    """Differences of prices are distances, their quotients ratios, and an average is of what it averages."""
    assert quantity_of_text(text).kinds == kinds


@pytest.mark.parametrize(("function", "output"), OUTPUTS)
def test_kinds_say_what_values_hang_on(function: Function, output: str) -> None:
    """A price doubles and moves with prices, a distance only doubles, a share does neither, a volume with volumes."""
    text = written(function, output)
    quantity = quantity_of_text(text)
    if quantity.kinds is None:
        assert written_kind(function.name, output)[0] in ("other", "sum")
        return
    (kind,) = quantity.kinds
    if kind == "angle":  # of a slope in USDT a bar, or of a cycle: neither is a multiple of anything
        return
    plain = values(text, PLAIN)
    near = {"rtol": 1e-6, "atol": 1e-6 * float(np.abs(plain).max())}
    times, moves, volumes = HANGS_ON[kind]
    np.testing.assert_allclose(values(text, DOUBLED), times * plain, **near)
    np.testing.assert_allclose(values(text, BUSIER), volumes * plain, **near)
    if moves is not None and function.name not in LOOSE:
        np.testing.assert_allclose(values(text, MOVED), plain + (512.0 if moves else 0.0), **near)


@pytest.mark.parametrize(("function", "output"), OUTPUTS)
def test_values_stay_in_their_range(function: Function, output: str) -> None:
    """What is said to be between two numbers is, on the drawn walk and on candles that jump."""
    text = written(function, output)
    span = quantity_of_text(text).range
    draw = np.random.default_rng(2)
    wild = market()._replace(close=draw.uniform(1, 2_000, COUNT))
    wild = wild._replace(high=np.maximum(wild.close, wild.open) + 1, low=np.minimum(wild.close, wild.open) * 0.9)
    for bars in (PLAIN, wild) if span else ():
        found = values(text, bars)
        assert np.nanmin(found) >= span[0] - 1e-9
        assert np.nanmax(found) <= span[1] + 1e-9


def test_averages_that_overshoot_have_no_range() -> None:
    """A stochastic smoothed by a double exponential average may be beyond 100, one by a simple average may not."""
    assert quantity_of_text("stoch(14, 3, 0, 3, 0).k").range == (0.0, 100.0)
    assert quantity_of_text("stoch(14, 3, 3, 3, 0).k").range is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("sma(volume, 20)", {"volume"}),
        ("mom(volume, 5)", {"volume"}),
        ("sum(volume, 5)", {"volume"}),
        ("rsi(volume, 14)", {"oscillator"}),
        ("max(hl2, 20)", {"price"}),
        ("mom(hlc3, 5)", {"distance"}),
        ("sum(close, 5)", None),
    ],
)
def test_what_is_read_decides_where_it_has_to(text: str, kinds: set[str] | None) -> None:
    """An average is of the kind of what it averages; the sum of prices is of none."""
    found = quantity_of_text(text).kinds
    assert found == kinds
