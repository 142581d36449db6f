"""Reading feature expressions."""

from __future__ import annotations

import pytest

from btcli.expressions.problems import RuleError
from btcli.expressions.tree import Column
from btcli.features.catalog import FUNCTIONS
from btcli.features.expression import names_of_features, parse_feature, read_named


@pytest.mark.parametrize(
    ("text", "name", "prices", "numbers", "output"),
    [
        ("ema(close, 9)", "ema", ("close",), (9,), 0),
        ("  ema( close,9 )  ", "ema", ("close",), (9,), 0),
        ("sma(volume, 20)", "sma", ("volume",), (20,), 0),
        ("atr(14)", "atr", ("high", "low", "close"), (14,), 0),
        ("atr(high, low, close, 14)", "atr", ("high", "low", "close"), (14,), 0),
        ("macd(close, 12, 26, 9).hist", "macd", ("close",), (12, 26, 9), 2),
        ("bbands(close, 20, 2, 2.5).upper", "bbands", ("close",), (20, 2, 2.5, 0), 0),
        ("bbands(close, 20, 2, 2, 5).lower", "bbands", ("close",), (20, 2, 2, 5), 2),
        ("correl(close, volume, 30)", "correl", ("close", "volume"), (30,), 0),
        ("bop()", "bop", ("open", "high", "low", "close"), (), 0),
    ],
)
def test_reads_function_prices_numbers_and_output(
    text: str, name: str, prices: tuple[str, ...], numbers: tuple[float, ...], output: int
) -> None:
    """An expression names its function, its prices, its numbers with defaults filled in, and one output."""
    call = parse_feature(text)
    assert (call.function.name, call.numbers, call.output) == (name, numbers, output)
    assert call.inputs == tuple(Column("ltf", price) for price in prices)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("emma(close, 9)", 1, "did you mean ema?"),
        ("EMA(close, 9)", 1, "did you mean ema?"),
        ("ema(clsoe, 9)", 5, "did you mean close?"),
        ("close - fats", 9, "did you mean fast?"),
        ("ema(9)", 1, "write ema(close, period)"),
        ("ema(close, open, 9)", 12, "ema reads one series, not 2"),
        ("ema(close)", 1, "ema takes 1 number, not 0"),
        ("ema(close, 9, 3)", 15, "ema takes 1 number, not 2"),
        ("ema(close, 9.5)", 12, "whole number"),
        ("ema(close, 1)", 12, "at least 2"),
        ("ema(close, -9)", 12, "at least 2"),
        ("ema(close, 100001)", 12, "at most 100000"),
        ("ema(close, 1e999)", 12, "too large a number"),
        ("ema(close, fast)", 12, "ema reads one series, not 2"),
        ("rsi(14, close)", 9, "prices come before numbers"),
        ("atr(close, 14)", 5, "atr reads high, low, close by itself"),
        ("atr(high - low, 14)", 5, "atr reads high, low, close by itself"),
        ("ema(close, 9).fast", 15, "takes no suffix"),
        ("macd(close, 12, 26, 9)", 23, "add one of .macd, .signal, .hist"),
        ("macd(close, 12, 26, 9).histt", 24, "did you mean hist?"),
        ("bbands(close, 20, 2, 2, 7).upper", 25, "one of 0, 1, 2, 3, 4, 5, 6, 8, 9, 12, 13"),
        ("obvv(close, volume)", 1, "did you mean obv?"),
        ("cdldojii()", 1, "did you mean cdldoji?"),
        ("add(close, open)", 1, "write + - * /"),
        ("mavp(close, volume, 2, 30, 0)", 1, "no price is one"),
        ("ema(close=9)", 10, "write == to compare"),
        ("ema(*close)", 1, "without = or *"),
        ("ema(close, 9", 4, "`(` is never closed"),
        ("ema", 1, "write ema(close, period)"),
        ("", 1, "is empty"),
        ("ema(close, 9) ema", 15, "cannot be read from here on"),
        ("close > open", 1, "a number is wanted here, and close > open is a condition"),
        ("close > open", 1, "count(close > open, 1) is 1 where it is true"),
        ("ema(close, 09)", 12, "write numbers without zeros in front"),
        ("close if close > open else open", 7, "if has no meaning here"),
        ("htf.close - close", 1, "features of ltf are made of its own bars, and htf.close is of htf"),
        ("htf.sma(close, 3)", 1, "sma of htf cannot be read on the bars of ltf"),
        ("sma(htf.close, 3)", 5, "would count the same bar again and again, at column 5 (write htf.sma(close, 3))"),
        ("sma(sma(htf.close, 3), 4)", 9, "write htf.sma(sma(close, 3), 4)"),
        ("sma(exec.close, 3)", 5, "sma on the bars of ltf cannot see the bars of exec one by one"),
        ("sma(htf.close - close, 3)", 5, "sma reads the bars of ltf here, and htf has others"),
        ("sma(atr(3) * htf.close, 3)", 14, "sma reads the bars of ltf here, and htf has others"),
        ("mark - close", 1, "mark is no series on the bars of ltf"),
        ("time.hour * 2", 1, "time.hour is no series on the bars of ltf"),
        ("bars_since(close > open)", 1, "bars_since is unknown until its condition was true"),
        ("close[-1]", 7, "-1 bars back is the future"),
        ("close[fast]", 7, "fast is no number of bars"),
        ("highest(close, 5002)", 1, "at most 5,000 are looked at"),
        ("close / 0", 9, "divides by 0"),
        ("2 + 3", 1, "never changes"),
        ("count(obv() > 5, 10)", 7, "no number is high or low for it"),
        ("__import__('os')", 12, "texts have no meaning here"),
        ("close.__class__", 1, "unknown name"),
    ],
)
def test_problems_name_their_column_and_the_way_out(text: str, column: int, said: str) -> None:
    """An expression that cannot be read says at which column, and what to write instead."""
    with pytest.raises(RuleError) as caught:
        read_named("it", text, "ltf", names_of_features("ltf", ("it", "fast")))
    problem = caught.value.problems[0]
    assert caught.value.column == column
    assert said in f"{problem.message}, at column {column} ({problem.hint})"


def test_every_function_shows_how_it_is_written() -> None:
    """The usage shown for a function has a place for each of its prices and numbers."""
    for function in FUNCTIONS.values():
        places = function.usage.partition("(")[2].partition(")")[0]
        count = len(places.split(", ")) if places else 0
        assert count == function.free_prices + len(function.parameters), function.name
