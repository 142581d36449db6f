"""Features made of functions of functions, of arithmetic and of each other, against TA-Lib called by hand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import talib
from test_features_talib import real_bars
from test_features_values import M1, closes, part, walk

from btcli.errors import ConfigError
from btcli.expressions.tree import Indicator
from btcli.features import values
from btcli.features.compute import compute_features
from btcli.features.plan import FeaturePlan, plan_features
from btcli.features.values import over_stretches
from btcli.market.series import Bars, Floats

ByHand = Callable[[Bars], Any]
WINDOW = 1_500  # the row at whose open the window of these tests starts


def shifted(values: Floats, bars: int) -> Floats:
    """The values so many bars before."""
    return np.concatenate([np.full(bars, np.nan), values[:-bars]])


def last_of(values: Floats, bars: int, choose: Callable[..., Any]) -> Floats:
    """The choice among each bar's last ones."""
    windows = np.lib.stride_tricks.sliding_window_view(values, bars)
    return np.concatenate([np.full(bars - 1, np.nan), choose(windows, axis=1)])


def without_head(function: Callable[..., Any], values: Floats, *numbers: Any) -> Floats:
    """A function of TA-Lib over what begins unknown."""
    head = int(np.isnan(values).sum())
    return np.concatenate([np.full(head, np.nan), function(values[head:], *numbers)])


# Each with the warm-up that is its lookbacks and memories: ln(10000) = 9.2103 times (n + 1) / 2 or n, rounded up.
COMPOSED: dict[str, tuple[str, int, ByHand]] = {
    "spread": (
        "(ema(close, 9) - ema(close, 21)) / close",
        20 + 102,
        lambda b: (talib.EMA(b.close, 9) - talib.EMA(b.close, 21)) / b.close,
    ),
    "of an oscillator": (
        "ema(rsi(close, 14), 3)",
        14 + 129 + 2 + 19,
        lambda b: without_head(talib.EMA, talib.RSI(b.close, 14), 3),
    ),
    "of a range": ("ema(high - low, 9)", 8 + 47, lambda b: talib.EMA(b.high - b.low, 9)),
    "slope": (
        "ema(close, 9) - ema(close, 9)[3]",
        3 + 8 + 47,
        lambda b: talib.EMA(b.close, 9) - shifted(talib.EMA(b.close, 9), 3),
    ),
    "breakout": ("close - highest(high, 20)[1]", 20, lambda b: b.close - shifted(last_of(b.high, 20, np.max), 1)),
    "range of an average": (
        "highest(ema(close, 5), 10) - lowest(ema(close, 5), 10)",
        9 + 4 + 28,
        lambda b: last_of(talib.EMA(b.close, 5), 10, np.max) - last_of(talib.EMA(b.close, 5), 10, np.min),
    ),
    "output of a mean": (
        "macd(hl2 * 2 - close, 12, 26, 9).hist",
        33 + 187,
        lambda b: talib.MACD((b.high + b.low) / 2 * 2 - b.close, 12, 26, 9)[2],
    ),
    "two series": (
        "correl(mom(close, 3), mom(volume, 5), 20)",
        19 + 5,
        lambda b: np.concatenate(
            [np.full(5, np.nan), talib.CORREL(talib.MOM(b.close, 3)[5:], talib.MOM(b.volume, 5)[5:], 20)]
        ),
    ),
    "count": (
        "count(close > open and not close > hl2, 10)",
        9,
        lambda b: last_of(((b.close > b.open) & ~(b.close > (b.high + b.low) / 2)).astype(float), 10, np.sum),
    ),
    "signs": (
        "-abs(min(close - open, 0.5, -low))",
        0,
        lambda b: -np.abs(np.minimum(np.minimum(b.close - b.open, 0.5), -b.low)),
    ),
    "highest by the catalog": ("max(max(high, 20), open)", 19, lambda b: np.maximum(talib.MAX(b.high, 20), b.open)),
    "three deep": (
        "wma(max(ema(close, 4) - low, 5), 6)",
        5 + 4 + 3 + 24,
        lambda b: without_head(talib.WMA, without_head(talib.MAX, talib.EMA(b.close, 4) - b.low, 5), 6),
    ),
    "volume beside prices": (
        "close * volume / sma(volume, 30)",
        29,
        lambda b: b.close * b.volume / talib.SMA(b.volume, 30),
    ),
}


def markets() -> list[Bars]:
    """A walk, and real candles where they lie beside the checkout."""
    found = [walk(3_000, 4)]
    with suppress(pytest.skip.Exception):
        found.append(part(real_bars("BTCUSDT-1h-perp-cyft"), 0, 3_000))
    return found


def column_of(plan: FeaturePlan, bars: Bars, row: int, name: str = "it") -> Floats:
    """A feature of ltf where the window starts at the open of a row."""
    return compute_features(plan, {"ltf": bars}, {"ltf": M1}, int(bars.ts_open[row]))["ltf"][name]


@pytest.mark.parametrize("name", COMPOSED)
def test_values_are_those_of_talib_by_hand_on_the_same_slice(name: str) -> None:
    """The slice begins the whole warm-up before the last bar closed at the window's start."""
    text, warmup_bars, by_hand = COMPOSED[name]
    plan = plan_features({"ltf": {"it": text}})
    assert plan.warmup_bars()["ltf"] == warmup_bars
    for bars in markets():
        found, due = column_of(plan, bars, WINDOW), by_hand(part(bars, WINDOW - 1 - warmup_bars, 3_000))
        assert np.isnan(found[: WINDOW - 1]).all()
        np.testing.assert_allclose(found[WINDOW - 1 :], due[warmup_bars:], rtol=1e-9, atol=1e-9)
        if not any(word in text for word in ("sma", "wma", "correl")):  # the sums of these are of each window alone
            np.testing.assert_array_equal(found[WINDOW - 1 :], due[warmup_bars:])


@pytest.mark.parametrize("name", COMPOSED)
def test_bar_by_bar_gives_the_bits_of_the_batch(name: str) -> None:
    """What is computed of any of 55 prefixes has the values of the whole."""
    plan = plan_features({"ltf": {"it": COMPOSED[name][0]}})
    bars = walk(900, 7)
    whole = column_of(plan, bars, 400)
    for length in np.linspace(1, 900, 55).astype(int).tolist():
        prefix = part(bars, 0, length)
        found = compute_features(plan, {"ltf": prefix}, {"ltf": M1}, int(bars.ts_open[400]))["ltf"]["it"]
        assert found.tobytes() == whole[:length].tobytes()


@pytest.mark.parametrize("name", COMPOSED)
def test_other_features_and_more_history_change_no_bit(name: str) -> None:
    """Neither what is loaded before, nor features that read more, are made of the same parts, or read this one."""
    bars = walk(3_000, 5)
    plan = plan_features({"ltf": {"it": COMPOSED[name][0]}})
    need = plan.warmup_bars()["ltf"] + 1
    alone = column_of(plan, part(bars, 2_000 - need, 3_000), need)
    others = {f"o{place}": text for place, (text, _, _) in enumerate(COMPOSED.values())}
    readers = {"of": "sma(it, 400) - it[90]", "sum": "cumsum(it)"}
    crowd = plan_features({"ltf": {**readers, **others, "it": COMPOSED[name][0]}})
    assert column_of(crowd, bars, 2_000)[-1_000:].tobytes() == alone[-1_000:].tobytes()


def test_a_feature_names_others_in_any_order() -> None:
    """Each comes to the same as with the others written out in their places."""
    bars = walk(1_000)
    named = plan_features(
        {
            "ltf": {
                "steep": "slope / width",
                "slope": "fast - ltf.fast[3]",
                "fast": "ema(close, 9)",
                "width": "ema(high - low, 9)",
            }
        }
    )
    written = plan_features({"ltf": {"it": "(ema(close, 9) - ema(close, 9)[3]) / ema(high - low, 9)"}})
    assert [feature.name for feature in named.features] == ["steep", "slope", "fast", "width"]
    assert column_of(named, bars, 500, "steep").tobytes() == column_of(written, bars, 500).tobytes()


def test_names_are_those_of_the_role() -> None:
    """The same name is another feature in another role."""
    bars = walk(1_000)
    plan = plan_features({"ltf": {"a": "close", "b": "a * 2"}, "htf": {"a": "open", "b": "a * 2"}})
    found = compute_features(plan, {"ltf": bars, "htf": bars}, {"ltf": M1, "htf": M1}, 0)
    np.testing.assert_array_equal(found["ltf"]["b"], 2 * bars.close)
    np.testing.assert_array_equal(found["htf"]["b"], 2 * bars.open)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"a": "a + 1"}, ["a: is made of itself: a -> a"]),
        ({"x": "close", "a": "b * x", "b": "sma(c, 3)", "c": "a[1]"}, ["a: is made of itself: a -> b -> c -> a"]),
        (
            {"a": "b", "b": "a", "c": "d", "d": "c"},
            ["a: is made of itself: a -> b -> a", "c: is made of itself: c -> d -> c"],
        ),
        (
            {f"f{n}": f"f{(n + 1) % 9_000}" for n in range(9_000)},
            [f"f0: is made of itself: {' -> '.join(f'f{n}' for n in range(12))} -> … -> f0"],
        ),
        ({"z": "a", "a": "b", "b": "a"}, ["a: is made of itself: a -> b -> a"]),
        ({"a": "emma(close, 3)", "b": "a + 1"}, ["a: unknown function 'emma'"]),
        ({"a": "close + fats", "fast": "low"}, ["a: unknown name 'fats'"]),
    ],
)
def test_what_a_feature_cannot_be_made_of(features: dict[str, str], said: list[str]) -> None:
    """A circle is told once, with the names around it; what names a feature with a mistake is not told beside it."""
    with pytest.raises(ConfigError) as caught:
        plan_features({"ltf": features}, locate=lambda key: "system.yml:3:1")
    told = [problem.message.partition(", at column")[0] for problem in caught.value.problems]
    assert told == [f"features.ltf.{each}" for each in said]


def test_a_mistake_shows_the_expression_and_a_caret() -> None:
    """As for rules: file, line, column, the expression, the place in it, and the nearest name."""
    with pytest.raises(ConfigError) as caught:
        plan_features({"ltf": {"it": "ema(high - lwo, 9)"}}, locate=lambda key: "system.yml:3:12")
    assert str(caught.value) == (
        "system.yml:3:12 features.ltf.it: unknown name 'lwo', at column 12:\n"
        "  ema(high - lwo, 9)\n"
        "             ^ (did you mean low?)"
    )


def test_after_something_unknown_a_function_begins_anew() -> None:
    """close / (close - 3) has no value at the close of 3: an average of three is there again three bars after it."""
    bars = closes(5, 6, 9, 6, 3, 5, 6, 9, 6)  # ratios 2.5 2 1.5 2 - 2.5 2 1.5 2
    plan = plan_features({"ltf": {"it": "sma(close / (close - 3), 3)", "top": "max(close / (close - 3), 2)"}})
    found = compute_features(plan, {"ltf": bars}, {"ltf": M1}, 0)["ltf"]
    np.testing.assert_allclose(found["it"], [np.nan, np.nan, 2, 5.5 / 3, np.nan, np.nan, np.nan, 2, 5.5 / 3])
    np.testing.assert_array_equal(found["top"], [np.nan, 2.5, 2, 2, np.nan, np.nan, 2.5, 2, 2])


def test_what_is_recursive_settles_again() -> None:
    """After a hole an average of 9 is that of the bars after it alone, from its warm-up of 55 bars on."""
    bars = walk(400, 3)
    low = bars.low.copy()
    low[200] = bars.high[200]
    bars = bars._replace(low=low)
    plan = plan_features({"ltf": {"it": "ema((close - open) / (high - low), 9)"}})
    found = column_of(plan, bars, 100)
    position = (bars.close - bars.open) / np.where(bars.high == bars.low, np.nan, bars.high - bars.low)
    assert np.isfinite(found[99:200]).all()
    assert np.isnan(found[200 : 201 + 55]).all()
    np.testing.assert_array_equal(found[256:], talib.EMA(position[201:], 9)[55:])


def test_what_is_anchored_stays_unknown_after_a_hole() -> None:
    """Its level would jump, and nobody could compare it with its own past."""
    plan = plan_features({"ltf": {"it": "cumsum(6 / (close - 3))"}})
    found = compute_features(plan, {"ltf": closes(5, 6, 9, 3, 5, 6)}, {"ltf": M1}, M1.ms)["ltf"]["it"]
    np.testing.assert_array_equal(found, [3, 5, 6, np.nan, np.nan, np.nan])


def test_a_hole_before_the_first_value_counts_as_one() -> None:
    """A bar without a value inside the warm-up is no beginning of history: the average settles after it."""
    bars = walk(400, 3)
    low = bars.low.copy()
    low[50] = bars.high[50]
    plan = plan_features({"ltf": {"it": "ema(6 / (high - low), 9)"}})
    found = column_of(plan, bars._replace(low=low), 100)  # its slice begins at row 99 - 55 = 44
    assert np.isnan(found[: 51 + 55]).all()
    assert np.isfinite(found[51 + 55 :]).all()


@pytest.mark.parametrize(
    ("text", "override", "expected"),
    [("ema(rsi(close, 14), 3)", 300, 300), ("ema(rsi(close, 14), 3)", 3, 16), ("cumsum(rsi(close, 14))[2]", None, 145)],
)
def test_a_warm_up_that_the_file_gives_replaces_the_sum(text: str, override: int | None, expected: int) -> None:
    """But never goes below the lookbacks; what is anchored asks for nothing beyond what it is made of."""
    plan = plan_features({"ltf": {"it": text}}, overrides={} if override is None else {"ltf": override})
    assert plan.features[0].warmup_bars == expected


def test_features_of_features_have_a_size() -> None:
    """What doubles at each step is refused before it is made, at the first too large one; so is what is too deep."""
    doubling = {"f0": "close - open", **{f"f{n}": f"f{n - 1} * f{n - 1}" for n in range(1, 40)}}
    chain = {"f0": "close - open", **{f"f{n}": f"-f{n - 1}" for n in range(1, 10_000)}}
    for features, said in (
        (doubling, "f9: has 2,047 parts with the features that it names"),
        (chain, "f49: is nested more than 50"),
    ):
        with pytest.raises(ConfigError) as caught:
            plan_features({"ltf": features}, locate=lambda key: "system.yml:3:1")
        (problem,) = caught.value.problems
        assert said in problem.message


def test_a_hundred_mistakes_are_told_and_that_there_are_more() -> None:
    """Thirty thousand of them would be read by nobody."""
    with pytest.raises(ConfigError) as caught:
        plan_features({"ltf": {f"f{n}": "clse" for n in range(30_000)}})
    assert len(caught.value.problems) == 101
    assert str(caught.value.problems[-1]) == "more features of ltf were not read (mend these first)"


def test_a_hole_in_either_series_is_one() -> None:
    """A correlation of three bars is unknown where any of the six values is."""
    bars = walk(60)
    close = bars.close.copy()
    close[[20, 40]] = 100.0
    bars = bars._replace(close=close)
    texts = ("correl(volume, 1 / (close - 100), 3)", "correl(1 / (close - 100), volume, 3)")
    plan = plan_features({"ltf": dict(zip("ab", texts, strict=True))})
    found = compute_features(plan, {"ltf": bars}, {"ltf": M1}, 0)["ltf"]
    holes = np.flatnonzero(close == 100.0).tolist()
    due = sorted({0, 1, *(row + ago for row in holes for ago in range(3))})
    for column in found.values():
        assert np.flatnonzero(np.isnan(column)).tolist() == [row for row in due if row < 60]


def test_what_features_have_in_common_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one slice: an average with another warm-up is another one."""
    computed: list[str] = []

    def counted(indicator: Indicator, inputs: list[Floats], tolerance: float) -> Floats:
        computed.append(indicator.function.name)
        return over_stretches(indicator, inputs, tolerance)

    monkeypatch.setattr(values, "over_stretches", counted)
    same = {"a": "ema(close, 9)", "b": "a * 2 - ema(close, 9)", "c": "abs(a)"}
    plan = plan_features({"ltf": {**same, "d": "a[1]", "e": "sma(low, 3) - sma(low, 3)"}})
    compute_features(plan, {"ltf": walk(200)}, {"ltf": M1}, 150 * M1.ms)
    assert sorted(computed) == ["ema", "ema", "sma"]
