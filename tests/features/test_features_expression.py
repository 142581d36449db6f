"""Reading feature expressions."""

from __future__ import annotations

import pytest

from btcli.features.catalog import FUNCTIONS
from btcli.features.expression import ExpressionError, parse_feature


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
    assert (call.function.name, call.prices, call.numbers, call.output) == (name, prices, numbers, output)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("emma(close, 9)", 1, "did you mean ema?"),
        ("EMA(close, 9)", 1, "did you mean ema?"),
        ("ema(clsoe, 9)", 5, "did you mean close?"),
        ("ema(9)", 1, "write ema(close, period)"),
        ("ema(close, open, 9)", 12, "ema reads one price, not 2"),
        ("ema(close)", 1, "ema takes 1 number, not 0"),
        ("ema(close, 9, 3)", 15, "ema takes 1 number, not 2"),
        ("ema(close, 9.5)", 12, "whole number"),
        ("ema(close, 1)", 12, "at least 2"),
        ("ema(close, -9)", 12, "at least 2"),
        ("ema(close, 1e999)", 12, "at most 100000"),
        ("rsi(14, close)", 9, "prices come before numbers"),
        ("atr(close, 14)", 5, "atr reads high, low, close by itself"),
        ("ema(close, 9).fast", 14, "takes no suffix"),
        ("macd(close, 12, 26, 9)", 23, "add one of .macd, .signal, .hist"),
        ("macd(close, 12, 26, 9).histt", 24, "did you mean hist?"),
        ("bbands(close, 20, 2, 2, 7).upper", 25, "one of 0, 1, 2, 3, 4, 5, 6, 8, 9, 12, 13"),
        ("obvv(close, volume)", 1, "did you mean obv?"),
        ("cdldojii()", 1, "did you mean cdldoji?"),
        ("add(close, open)", 1, "rules have + - * /"),
        ("mavp(close, volume, 2, 30, 0)", 1, "no price is one"),
        ("ema(close 9)", 11, "expected `,` or `)`"),
        ("ema(close, 9", 13, "found the end"),
        ("ema(close,)", 11, "expected a price or a number"),
        ("ema", 4, "expected `(`"),
        ("", 1, "expected a function"),
        ("ema(close, 9) * 2", 15, "unexpected '*'"),
        ("ema(close, 9) ema", 15, "expected nothing more"),
        ("__import__('os')", 12, "unexpected"),
    ],
)
def test_problems_name_their_column_and_the_way_out(text: str, column: int, said: str) -> None:
    """An expression that cannot be read says at which column, and what to write instead."""
    with pytest.raises(ExpressionError) as caught:
        parse_feature(text)
    assert caught.value.column == column
    assert said in str(caught.value)


def test_text_of_a_call_reads_back_to_the_same_call() -> None:
    """What is printed of a feature is a valid expression for it."""
    for text in ("ema(close, 9)", "atr(14)", "macd(close, 12, 26, 9).hist", "stddev(close, 20, 1.5)"):
        call = parse_feature(text)
        assert parse_feature(str(call)) == call


def test_every_function_shows_how_it_is_written() -> None:
    """The usage shown for a function has a place for each of its prices and numbers."""
    for function in FUNCTIONS.values():
        places = function.usage.partition("(")[2].partition(")")[0]
        count = len(places.split(", ")) if places else 0
        assert count == function.free_prices + len(function.parameters), function.name
