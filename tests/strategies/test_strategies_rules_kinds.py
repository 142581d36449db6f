"""Comparisons that say nothing are warned of, with their place; sensible ones never are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from btcli.config.loading import load_system, parse_system
from btcli.simulation.ruled import ruled_strategy

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = """\
system: s
venue: sample
symbols: [BTCUSDT]
timeframes: {ltf: 5m, htf: 1h}
account: {initial_equity_usdt: 1000, leverage: 2}
risk: {sizing: {qty: 1}}
features:
  ltf: {fast: "ema(close, 9)", atr: "atr(14)", rsi: "rsi(close, 14)", macd: "macd(close, 12, 26, 9).macd"}
  htf: {trend: "ema(close, 50)", rsi: "rsi(close, 14)"}
strategy:
  rules:
    long:
      enter: '%s'
"""


def warned(condition: str, more: str = "") -> list[str]:
    """What is warned of in a system with this entry."""
    system = parse_system(SYSTEM % condition + more, "s.yml")
    found = ruled_strategy(system, system.strategy, system.where)
    assert found.assembled is not None
    return [str(each) for each in found.assembled.warnings]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("rsi(close, 14) > close", "an oscillator with a price"),
        ("rsi > htf.trend", "an oscillator with a price"),
        ("volume > close", "a volume with a price"),
        ("close < sma(volume, 20)", "a price with a volume"),
        ("atr > close", "a distance between prices with a price"),
        ("close == macd", "a price with a distance between prices"),
        ("funding_rate > close", "a ratio with a price"),
        ("minutes_to_funding < close", "a number of minutes with a price"),
        ("time.hour > close", "a part of the date or time with a price"),
        ("bars_since(close > open) > volume", "a number of bars with a volume"),
        ("roc(close, 5) > close / open", "a percentage with a ratio"),
        ("cdlhammer() > close", "a sign with a price"),
        ("linearreg_angle(close, 5) > close", "an angle with a price"),
        ("close - open > rsi", "a distance between prices with an oscillator"),
        ("2 * close > rsi", "a price or a distance between prices with an oscillator"),
        ("hl2 > volume", "a price with a volume"),
        ("cross_above(rsi, fast)", "an oscillator with a price"),
        ("max(rsi, close) > 30", "an oscillator with a price"),
        ("highest(rsi, 20)[1] > lowest(close, 5)", "an oscillator with a price"),
        ("count(rsi > close, 5) > 2", "an oscillator with a price"),
        ("30 < rsi < close", "an oscillator with a price"),
    ],
)
def test_other_kinds_are_warned_of(condition: str, says: str) -> None:
    """A comparison, a cross or a choice of quantities without a common scale says which two they are."""
    (said,) = warned(condition)
    assert f"compares {says}: they have no scale in common" in said


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("rsi > 170", "can never be true: it is between 0 and 100"),
        ("rsi > 100", "can never be true"),
        ("rsi >= 100", ""),
        ("-1 > rsi", "can never be true"),
        ("rsi < 170", "is always true where it is known"),
        ("rsi == 170", "can never be true"),
        ("rsi != 170", "is always true where it is known"),
        ("rsi < 100", ""),
        ("willr(14) > 20", "can never be true: it is between -100 and 0"),
        ("willr(14) < -80", ""),
        ("time.weekday == 0", "can never be true: it is between 1 and 7"),
        ("time.weekday == 7", ""),
        ("time.hour < 24", "is always true where it is known"),
        ("cross_above(rsi, 100)", "never happens: it is between 0 and 100"),
        ("cross_below(rsi, 100)", ""),
        ("cross_below(rsi, 0)", "never happens"),
        ("cross_above(rsi, 0)", ""),
        ("count(close > open, 10) > 10", "can never be true: it is between 0 and 10"),
        ("count(close > open, 10) == 10", ""),
        ("bars_since(close > open) < 0", "can never be true: it is 0 at least"),
        ("stoch(14, 3, 3, 3, 0).k > 100", ""),
        ("rsi - htf.rsi > 170", ""),
        ("close > 170", ""),
    ],
)
def test_numbers_out_of_reach_are_warned_of(condition: str, says: str) -> None:
    """What is known to be between two numbers is not compared with one that it never reaches, nor passes."""
    found = warned(condition)
    assert len(found) == bool(says)
    assert says in "".join(found)


def test_a_parameter_out_of_reach_is_warned_of() -> None:
    """A number with a name is looked at like one that stands there."""
    assert "can never be true" in "".join(warned("rsi > hot", "  params: {hot: 170}\n"))
    assert not warned("rsi > hot", "  params: {hot: 70}\n")


@pytest.mark.parametrize(
    "condition",
    [
        "atr > 0.01 * close",
        "close > 100 * atr",
        "close - open > 2 * atr",
        "abs(close - fast) < atr / 2",
        "close > fast + 2 * atr",
        "close > 2 * fast - htf.trend",
        "(close - fast) / atr > 1.5",
        "(close - fast) / close > 0.01 and close / open > 1.001",
        "100 * (close / close[10] - 1) > roc(close, 10)",
        "rocp(close, 10) > close / close[10] - 1",
        "100 * (close - ltf.min(low, 14)) / (ltf.max(high, 14) - ltf.min(low, 14)) > stoch(14, 3, 0, 3, 0).k",
        "volume > 2 * sma(volume, 20) and volume * close > 1000000",
        "rsi > htf.rsi and rsi - rsi[5] > 10 and 100 - rsi > rsi",
        "rsi > 50 + 10 * (close - fast) / atr",
        "natr(14) > 2 and atr / close * 100 > natr(14)",
        "plus_di(14) > minus_di(14) and adx(14) > 25",
        "macd > macd(close, 12, 26, 9).signal and macd > atr / 10",
        "mark > close and basis > 0.001 and funding_rate > basis",
        "max(close - open, 0) > max(atr, 10)",
        "max(abs(high - low), abs(high - close[1])) > atr",
        "bars_since(close > fast) < count(close > open, 20)",
        "count(close > open, 20) / 20 > 0.6",
        "minutes_to_funding < 30 or minutes_to_funding > 60 * 5",
        "obv() > obv()[20] and ad() > ad()[5]",
        "close > 30 and volume == 0",
        "bbands(close, 20, 2, 2).upper - bbands(close, 20, 2, 2).lower > 2 * stddev(close, 20, 1)",
        "sum(close, 5) / 5 > close",
        "var(close, 20, 1) > atr * atr",
        "supertrend(10, 3).trend > 0 and cdlhammer() > 0 and close > supertrend(10, 3).supertrend",
        "linearreg_slope(close, 20) > 0.1 * atr",
        "(high + low) / 2 > fast and hlc3 > fast and ohlc4 - fast > atr",
        "close * far > fast and atr * far > close - open",
        "-rsi < -30",
    ],
)
def test_sensible_comparisons_are_not(condition: str) -> None:
    """Shares and multiples of prices, moves in percent, sums of oscillators: all that a system may well say."""
    more = "  params: {far: 2}\n" if "far" in condition else ""
    assert warned(condition, more) == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("stop: close - 2 * atr", "is a price, and a distance between prices is meant here: a level is written stop:"),
        ("target: rsi", "is an oscillator, and a distance between prices is meant here"),
        ("break_even: close", "is a price, and a distance between prices is meant here"),
        ("trail: {distance: htf.trend}", "is a price, and a distance between prices is meant here"),
        ("stop: {price: atr}", "is a distance between prices, and a price is meant here"),
        ("order: {limit: volume}", "is a volume, and a price is meant here"),
        ("stop: 2 * atr", ""),
        ("stop: 0.02 * close", ""),
        ("stop: close - htf.low", ""),
        ("stop: 150", ""),
        ("stop: {price: 0.98 * close}", ""),
        ("target: {price: htf.high + atr}", ""),
        ("order: {stop: high + 0.1 * atr}", ""),
        ("trail: {pct: 2, from: close + atr}", ""),
    ],
)
def test_levels_and_distances_are_told_apart(key: str, says: str) -> None:
    """A price where a distance is meant, and the reverse: the stop would lie somewhere else altogether."""
    found = warned("close > open", f"      {key}\n")
    assert len(found) == bool(says)
    assert says in "".join(found)


def test_the_place_is_told() -> None:
    """File, line and column of the expression, the column in it and a caret below."""
    (said,) = warned("close > open and (rsi   > close)")
    assert said.startswith("s.yml:13:14 strategy.rules.long.enter: rsi > close compares an oscillator with a price")
    assert said.endswith("at column 19:\n  close > open and (rsi   > close)\n                    ^")


def test_an_expression_of_both_sides_is_warned_of_once() -> None:
    """A stop beside the sides is one expression, and one warning."""
    more = "    short: {enter: close < open}\n    stop: open\n"
    assert len(warned("close > open", more)) == 1


def test_no_system_that_comes_with_btcli_is_warned_of() -> None:
    """Neither the examples nor the systems that the pages show compare what cannot be compared."""
    systems = [load_system(path) for path in sorted((ROOT / "configs").glob("*.yml"))]
    head = SYSTEM.partition("features:")[0]
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)
        systems += [
            parse_system(head + block, page.name)
            for block in blocks
            if re.match("features:.*^strategy:", block, re.S | re.M)
        ]
    ruled = [system for system in systems if system.strategy.rules]
    assert len(ruled) >= 3
    for system in ruled:
        found = ruled_strategy(system, system.strategy, system.where)
        assert found.assembled is not None
        assert found.assembled.warnings == ()
