"""Reading expressions of rules: what they mean as values, and where every mistake is."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator

import pytest

from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError, shown_at
from btcli.expressions.reading import Kind, read_rule
from btcli.expressions.scanning import MOST_LETTERS
from btcli.expressions.tree import Column, Cross, Earlier, Node, Number, Operation, Parameter
from btcli.features.catalog import FUNCTIONS

NAMES = Names(
    {"ltf": ("fast", "slow", "atr"), "mtf": ("mid",), "htf": ("trend",)},
    ("far", "near"),
    FUNCTIONS,
)
CLOSE, OPEN, FAST, SLOW = (Column("ltf", name) for name in ("close", "open", "fast", "slow"))
TREND, FAR = Column("htf", "trend"), Parameter("far")


def op(name: str, *operands: Node) -> Operation:
    """An operation, its name as the machine's."""
    return Operation(name, operands)


def number(value: float) -> Number:
    """A number as a value."""
    return Number(value)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("close", CLOSE),
        ("ltf.close", CLOSE),
        ("fast", FAST),
        ("htf.trend", TREND),
        ("exec.volume", Column("exec", "volume")),
        ("far", FAR),
        ("150", number(150.0)),
        (".5", number(0.5)),
        ("1e-4", number(0.0001)),
        ("2 * 3 + 1", number(7.0)),
        ("-(2 - 5) / 2", number(1.5)),
        ("abs(-3)", number(3.0)),
        ("min(4, 2, 3)", number(2.0)),
        ("max(4, 2, 5)", number(5.0)),
        ("-0", number(0.0)),
        ("2 * far", op("MUL", number(2.0), FAR)),
        ("+close", CLOSE),
        ("-close", op("NEG", CLOSE)),
        ("close - open - fast", op("SUB", op("SUB", CLOSE, OPEN), FAST)),
        ("close + open * fast", op("ADD", CLOSE, op("MUL", OPEN, FAST))),
        ("min(close, open, fast)", op("MIN", CLOSE, OPEN, FAST)),
        ("hl2", op("DIV", op("ADD", Column("ltf", "high"), Column("ltf", "low")), number(2.0))),
        ("htf.hlc3", op("DIV", op("ADD", op("ADD", Column("htf", "high"), Column("htf", "low")),
                                  Column("htf", "close")), number(3.0))),
        ("ohlc4", op("DIV", op("ADD", op("ADD", op("ADD", OPEN, Column("ltf", "high")), Column("ltf", "low")), CLOSE),
                     number(4.0))),
        (" close\n  + open ", op("ADD", CLOSE, OPEN)),
        ("time.hour", Column("ltf", "time.hour")),
        ("mark", Column("ltf", "market.mark")),
        ("funding_rate[2]", Earlier(Column("ltf", "market.funding_rate"), 2)),
        ("basis", op("SUB", op("DIV", Column("ltf", "market.mark"), CLOSE), number(1.0))),
        ("ema(close, 9)", Column("ltf", "ema(close, 9)")),
        ("ema(hl2, 9)", Column("ltf", "ema(hl2, 9)")),
        ("htf.sma( close,20 )", Column("htf", "sma(close, 20)")),
        ("htf.sma(htf.close, 20) - 1", op("SUB", Column("htf", "sma(close, 20)"), number(1.0))),
        ("sma( rsi(close,14),3 )", Column("ltf", "sma(rsi(close, 14), 3)")),
        ("ema(high-ltf.low, 9)", Column("ltf", "ema(high - low, 9)")),
        ("htf.sma(close - htf.trend, 20)[1]", Earlier(Column("htf", "sma(close - trend, 20)"), 1)),
        ("htf.sma(mom(close, 3)[2] / 1e-4, 20)", Column("htf", "sma(mom(close, 3)[2] / 0.0001, 20)")),
        ("max(close, 20)", op("MAX", CLOSE, number(20.0))),
        ("ltf.max(close, 20)", Column("ltf", "max(close, 20)")),
        ("sma(max(close, 20), 3)", Column("ltf", "sma(max(close, 20), 3)")),
        ("sma(ltf.max(close, 20), 3)", Column("ltf", "sma(ltf.max(close, 20), 3)")),
        ("macd(-hl2, 12, 26, 9).hist", Column("ltf", "macd(-hl2, 12, 26, 9).hist")),
        ("ema(count(close > open and not rising(low, 2), 9), 3)",
         Column("ltf", "ema(count(close > open and (not rising(low, 2)), 9), 3)")),
        ("1 + ltf.macd(close, 12, 26, 9).hist", op("ADD", number(1.0), Column("ltf", "macd(close, 12, 26, 9).hist"))),
    ],
)  # fmt: skip
def test_a_number_is_read(text: str, meaning: Node) -> None:
    """Names, numbers and arithmetic mean what they say; numbers alone come to one."""
    assert read_rule(text, NAMES, "number") == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("close > open", op("GT", CLOSE, OPEN)),
        ("close >= open", op("GE", CLOSE, OPEN)),
        ("close < open", op("LT", CLOSE, OPEN)),
        ("close <= open", op("LE", CLOSE, OPEN)),
        ("close == open", op("EQ", CLOSE, OPEN)),
        ("close != open", op("NE", CLOSE, OPEN)),
        ("open < close < fast", op("AND", op("LT", OPEN, CLOSE), op("LT", CLOSE, FAST))),
        ("not close > open", op("NOT", op("GT", CLOSE, OPEN))),
        ("not (close > open) and close > 1 or far > 2",
         op("OR", op("AND", op("NOT", op("GT", CLOSE, OPEN)), op("GT", CLOSE, number(1.0))),
            op("GT", FAR, number(2.0)))),
        ("cross_above(fast, slow)", Cross(True, FAST, SLOW)),
        ("cross_below(close, htf.trend * far)", Cross(False, CLOSE, op("MUL", TREND, FAR))),
    ],
)  # fmt: skip
def test_a_condition_is_read(text: str, meaning: Node) -> None:
    """Comparisons, chains of them, logic and crosses mean what they say."""
    assert read_rule(text, NAMES, "condition") == meaning


WITHIN_2 = "within takes a number of evaluations, the closes of ltf, as in within 2"
MISTAKES: list[tuple[Kind, str, int, str, str]] = [
    ("condition", "ltf.fst > 1", 1, "unknown name 'ltf.fst'", "did you mean ltf.fast?"),
    ("condition", "close > fats", 9, "unknown name 'fats'", "did you mean fast?"),
    ("condition", "trend > 1", 1, "unknown name 'trend'", "did you mean htf.trend?"),
    ("condition", "htf.atr > 1", 1, "unknown name 'htf.atr'", "did you mean ltf.atr?"),
    ("condition", "mtf.qqq > 1", 1, "unknown name 'mtf.qqq'",
     "mtf has open, high, low, close, volume, hl2, hlc3, ohlc4, mid"),
    ("condition", "close.real > 1", 1, "unknown name 'close.real'", "did you mean close?"),
    ("condition", "ltf.fast.x > 1", 1, "unknown name 'ltf.fast.x'", "did you mean ltf.fast?"),
    ("condition", "close > far > (open > 1)", 16, "a number is wanted here, and open > 1 is a condition",
     "compare numbers with numbers, and join conditions by and, or, not"),
    ("condition", "close", 1, "a condition is wanted here, and close is a number", "compare it, as in close > 0"),
    ("condition", "close > 1 and fast", 15, "a condition is wanted here, and fast is a number",
     "compare it, as in fast > 0"),
    ("condition", "not fast", 5, "a condition is wanted here, and fast is a number", "compare it, as in fast > 0"),
    ("number", "close > 1", 1, "a number is wanted here, and close > 1 is a condition",
     "compare numbers with numbers, and join conditions by and, or, not"),
    ("number", "2 * cross_above(fast, slow)", 5,
     "a number is wanted here, and cross_above(fast, slow) is a condition",
     "compare numbers with numbers, and join conditions by and, or, not"),
    ("number", "1 + htf.ema(close, 1)", 20, "period must be at least 2, not 1", ""),
    ("number", "exec.ema(close, 9)", 6, "features are computed for ltf, mtf and htf",
     "write ltf. in front of the function"),
    ("number", "sma(htf.close, 20)", 5,
     "sma of htf alone on the bars of ltf would count the same bar again and again", "write htf.sma(close, 20)"),
    ("number", "htf.sma(mtf.close, 20)", 9, "sma on the bars of htf cannot see the bars of mtf one by one",
     "write mtf.sma(close, 20)"),
    ("number", "sma(htf.ema(close, 3), 20)", 5,
     "sma of htf alone on the bars of ltf would count the same bar again and again",
     "write htf.sma(ema(close, 3), 20)"),
    ("number", "sma(htf.max(htf.close, 3), 20)", 5,
     "sma of htf alone on the bars of ltf would count the same bar again and again",
     "write htf.sma(htf.max(close, 3), 20)"),
    ("number", "1 + sma(close - htf.trend, 20)", 17, "sma reads the bars of ltf here, and htf has others",
     "give each role a function of its own, and compare what they come to"),
    ("number", "htf.sma(close - fast, 20)", 17, "unknown name 'fast'",
     "htf has open, high, low, close, volume, hl2, hlc3, ohlc4, trend"),
    ("number", "ema(close * far, 9)", 13, "far is a parameter, and ema does not change with one",
     "write the number: what features are made of decides which candles are loaded"),
    ("number", "ema(close, far)", 12, "far is a parameter, and ema does not change with one",
     "write the number: what features are made of decides which candles are loaded"),
    ("number", "ema(mark - close, 9)", 5, "mark is no series on the bars of ltf: ema cannot read it",
     "name it in a rule, outside of functions of features"),
    ("number", "sma(bars_since(close > open), 9)", 5,
     "bars_since is unknown until its condition was true, and a role whose feature is unknown decides nothing",
     "write it in a rule, outside of functions of features"),
    ("number", "sma(close > open, 9)", 5, "a number is wanted here, and close > open is a condition",
     "count(close > open, 1) is 1 where it is true, and 0 where it is not"),
    ("number", "2 * close()", 5, "close is no function", "write close, or close[1] for the bar before"),
    ("number", "ema(CLOSE, 9)", 5, "unknown name 'CLOSE'", "did you mean close?"),
    ("number", "ema(close, 09)", 12, "cannot be read from here on", "write numbers without zeros in front"),
    ("number", "ema(ema(close, 1), 9)", 16, "period must be at least 2, not 1", ""),
    ("number", "sqrt(close)", 1, "unknown function 'sqrt'", "did you mean sarext?"),
    ("condition", "sma(obv(), 20) > 5", 1,
     "sma(obv(), 20) has a level that hangs on the bar at which its history starts: no number is high or low for it",
     "compare it with its own past, as in sma(obv(), 20) > sma(obv(), 20)[20], or with an average of it"),
    ("condition", "5 < 2 * htf.ema(cumsum(close) - 7, 9)[1]", 1,
     "htf.ema(cumsum(close) - 7, 9) has a level that hangs on the bar at which its history starts: "
     "no number is high or low for it",
     "compare it with its own past, as in htf.ema(cumsum(close) - 7, 9) > htf.ema(cumsum(close) - 7, 9)[20], "
     "or with an average of it"),
    ("number", "emma(close, 9)", 1, "unknown function 'emma'", "did you mean ema?"),
    ("condition", "crossabove(fast, slow)", 1, "unknown function 'crossabove'", "did you mean cross_above?"),
    ("condition", "position.bar > 3", 1, "unknown name 'position.bar'", "did you mean position.bars?"),
    ("condition", "account > 3", 1, "unknown name 'account'",
     "account has equity_usdt, available_usdt, drawdown_pct, day_pnl_pct, losses_in_a_row, open_positions"),
    ("condition", "position > 3", 1, "unknown name 'position'",
     "position has side, qty, entry_price, bars, unrealized_pct, move_pct, mfe_pct, mae_pct, stop_price, adds, "
     "exits_done"),
    ("condition", "position.bars[1] > 3", 1,
     "position.bars is known as it stands at this close alone: nothing keeps what it was before",
     "compare it as it stands, as in position.bars > 0"),
    ("condition", "close > highest(close - position.entry_price, 3)", 17,
     "position.entry_price is known as it stands at this close alone: nothing keeps what it was before",
     "compare it as it stands, as in position.entry_price > 0"),
    ("condition", "cross_above(close, position.entry_price)", 20,
     "position.entry_price is known as it stands at this close alone: nothing keeps what it was before",
     "compare it as it stands, as in position.entry_price > 0"),
    ("condition", "count(account.drawdown_pct > 2, 3) > 1", 7,
     "account.drawdown_pct is known as it stands at this close alone: nothing keeps what it was before",
     "compare it as it stands, as in account.drawdown_pct > 0"),
    ("number", "sma(position.qty, 3)", 5, "position.qty is no series on the bars of ltf: sma cannot read it",
     "name it in a rule, outside of functions of features"),
    ("condition", "time.hours > 3", 1, "unknown name 'time.hours'", "did you mean time.hour?"),
    ("condition", "time.zzzzzzzz > 3", 1, "unknown name 'time.zzzzzzzz'", "time has hour, minute, weekday, day, month"),
    ("condition", "minutes_to_fund > 3", 1, "unknown name 'minutes_to_fund'", "did you mean minutes_to_funding?"),
    ("condition", "htf.mark > 3", 1, "unknown name 'htf.mark'", "did you mean mark?"),
    ("condition", "close > highest(high, 20)", 1,
     "close > highest(high, 20) is never true: highest includes the bar itself",
     "write highest(high, 20)[1] for the bars before it"),
    ("condition", "2 > 1 and highest(high, 20) < close", 11,
     "highest(high, 20) < close is never true: highest includes the bar itself",
     "write highest(high, 20)[1] for the bars before it"),
    ("condition", "htf.low < lowest(htf.low, 5)", 1,
     "htf.low < lowest(htf.low, 5) is never true: lowest includes the bar itself",
     "write lowest(low, 5)[1] for the bars before it"),
    ("condition", "cross_above(fast, highest(fast, 3))", 1,
     "cross_above(fast, highest(fast, 3)) never happens: highest includes the bar itself",
     "write highest(fast, 3)[1] for the bars before it"),
    ("condition", "hl2 < lowest(low, 20)", 1,
     "hl2 < lowest(low, 20) is never true: lowest includes the bar itself",
     "write lowest(low, 20)[1] for the bars before it"),
    ("condition", "close <= highest(high, 20)", 1,
     "close <= highest(high, 20) is always true: highest includes the bar itself",
     "write highest(high, 20)[1] for the bars before it"),
    ("condition", "close[-1] > close", 7, "-1 bars back is the future", "x[1] is the bar before"),
    ("condition", "close[0.5] > close", 7, "0.5 is no number of bars",
     "write a whole number, at least 0, as it is: bars are counted before the run begins"),
    ("condition", "close[far] > close", 7, "far is no number of bars",
     "write a whole number, at least 0, as it is: bars are counted before the run begins"),
    ("condition", "close[1:2] > close", 8, "unexpected ':'",
     "expressions have numbers, names, + - * /, < <= > >= == !=, and, or, not, ( and ), x[1], and functions"),
    ("condition", "close[1, 2] > close", 7, "1, 2 is no number of bars",
     "write a whole number, at least 0, as it is: bars are counted before the run begins"),
    ("condition", "rising(close, 0)", 15, "0 is no number of bars",
     "write a whole number, at least 1, as it is: bars are counted before the run begins"),
    ("number", "highest(close, 5002)", 1, "looks back over 5,001 bars; at most 5,000 are looked at",
     "a coarser role has fewer bars"),
    ("number", "close[3000][2001]", 13, "looks back over 5,001 bars; at most 5,000 are looked at",
     "a coarser role has fewer bars"),
    ("number", "highest(far, 5)", 1, "highest(far, 5) never changes: it names no price and no feature", ""),
    ("number", "far[1]", 1, "far[1] never changes: it names no price and no feature", ""),
    ("number", "count(close, 5)", 7, "a condition is wanted here, and close is a number",
     "compare it, as in close > 0"),
    ("number", "bars_since(close > 1, 5)", 1, "bars_since takes 1 condition, not 2", ""),
    ("number", "highest(close)", 1, "highest takes 2 expressions, not 1", ""),
    ("number", "(close]", 7, "`]` closes nothing", ""),
    ("number", "close[1", 6, "`[` is never closed", ""),
    ("condition", "cross_above(1, far)", 1, "cross_above(1, far) never happens: it names no price and no feature",
     ""),
    ("condition", "cross_above(fast)", 1, "cross_above takes 2 numbers, not 1", ""),
    ("number", "abs(1, 2)", 1, "abs takes 1 number, not 2", ""),
    ("number", "min(close)", 1, "min takes 2 to 64 numbers, not 1", ""),
    ("number", "min(*close)", 1, "min takes expressions alone, without = or *", ""),
    ("number", "min(**close)", 1, "min takes expressions alone, without = or *", ""),
    ("condition", "close = 1", 7, "unexpected '='", "write == to compare"),
    ("condition", "close > 1 & open > 1", 11, "unexpected '&'", "write and"),
    ("condition", "close > 1 AND open > 1", 11, "cannot be read from here on", "write and"),
    ("condition", "close > 1 then open > 1", 11, "then without within", "write A then B within 5"),
    ("condition", "close > 1 within 5", 11, "within without then", "write A then B within 5"),
    ("condition", "close > 1 within 5 then open > 1", 11, "cannot be read from here on",
     "something is missing before it"),
    ("condition", "close then open > 1 within 5", 1, "a condition is wanted here, and close is a number",
     "compare it, as in close > 0"),
    ("condition", "close > 1 then open within 5", 16, "a condition is wanted here, and open is a number",
     "compare it, as in open > 0"),
    ("number", "close > 1 then open > 1 within 5", 1,
     "a number is wanted here, and close > 1 then open > 1 within 5 is a condition",
     "compare numbers with numbers, and join conditions by and, or, not"),
    ("condition", "close > 1 then open > 1 within far", 32, "far is no number of bars",
     "write a whole number, at least 1, as it is: bars are counted before the run begins"),
    ("condition", "close > 1 then open > 1 within 0", 32, "0 is no number of bars",
     "write a whole number, at least 1, as it is: bars are counted before the run begins"),
    ("condition", "close > 1 then open > 1 within 5001", 32,
     "remembers 5,001 evaluations; at most 5,000 are remembered", ""),
    ("condition", "close > 1 then open > 1 within 5 and low > 1", 32, "5 and low > 1 is no number of evaluations",
     "write parentheses around A then B within N where more follows"),
    ("condition", "close > 1 then open > 1 within 5 then low > 1 within 3", 32,
     "5 then low > 1 within 3 is no number of evaluations",
     "write parentheses around A then B within N where more follows"),
    ("condition", "(close > 1 then open > 1 within 5)[1]", 2,
     "then … within is of one evaluation: nothing looks back at it",
     "let what it joins look back, as in A[1] then B within 5"),
    ("condition", "count(close > 1 then open > 1 within 5, 3) > 1", 7,
     "then … within is of one evaluation: nothing looks back at it",
     "let what it joins look back, as in A[1] then B within 5"),
    ("condition", "close > 1 then open > 1 within 2h", 32, "cannot be read from here on", WITHIN_2),
    ("condition", "close > 1 then open > 1 within 2 bars", 34, "cannot be read from here on", WITHIN_2),
    ("condition", "fast crosses below slow", 6, "cannot be read from here on", "write cross_below(fast, slow)"),
    ("condition", "(close > 1 and fast crosses_above htf.trend) or open > 1", 2, "cannot be read from here on",
     "write cross_above(fast, htf.trend)"),
    ("condition", "2 * fast crosses below slow", 10, "cannot be read from here on", "write cross_below(x, y)"),
    ("condition", "fast crosses slow", 6, "cannot be read from here on",
     "write cross_above(x, y) or cross_below(x, y)"),
    ("condition", "far x close > 1", 5, "cannot be read from here on", "write * to multiply"),
    ("condition", "2 × close > 1", 3, "unexpected '×'", "write * to multiply"),
    ("condition", "4h.close > 1", 1, "cannot be read from here on",
     "4h is no role: write htf.close, mtf.close or ltf.close"),
    ("condition", "close > 1 and 1d.sma(close, 20) > 1", 15, "cannot be read from here on",
     "1d is no role: write htf.sma, mtf.sma or ltf.sma"),
    ("condition", "4H.close > 1", 1, "unknown name '4H'", "roles are named, not timeframes: htf, mtf or ltf"),
    ("condition", "fast Crosses Below slow", 6, "cannot be read from here on", "write cross_below(fast, slow)"),
    ("condition", "FAST > 1", 1, "unknown name 'FAST'", "did you mean fast?"),
    ("condition", "ATR[1] > 1", 1, "unknown name 'ATR'", "did you mean atr?"),
    ("condition", "HTF.TREND > 1", 1, "unknown name 'HTF'", "did you mean htf?"),
    ("condition", "close > 1 if open > 1 else 5", 11, "if has no meaning here",
     "expressions have numbers, names, + - * /, < <= > >= == !=, and, or, not, ( and ), x[1], and functions"),
    ("condition", "close >", 8, "cannot be read from here on", "something is missing at the end"),
    ("condition", "> close", 1, "cannot be read from here on", "something is missing before it"),
    ("condition", "(close > 1", 1, "`(` is never closed", ""),
    ("condition", "close > 1)", 10, "`)` closes nothing", ""),
    ("number", "close / 0", 9, "close / 0 divides by 0: it is never known", ""),
    ("number", "1 / (2 - 2)", 6, "1 / (2 - 2) divides by 0: it is never known", ""),
    ("number", "1e300 * 1e300", 1, "1e300 * 1e300 is no number", "it divides by 0, or is too large"),
    ("number", "1e400", 1, "1e400 is too large a number", ""),
    ("number", "1e-400", 1, "1e-400 is too small a number", ""),
    ("number", "0x10", 1, "0x10 is no number", "write it in digits, such as 0.5 or 1e-4"),
    ("number", "1_000", 1, "1_000 is no number", "write it in digits, such as 0.5 or 1e-4"),
    ("number", "2j", 1, "2j is no number", "write it in digits, such as 0.5 or 1e-4"),
    ("number", "True", 1, "True is no number", "write it in digits, such as 0.5 or 1e-4"),
    ("number", "close ** 2", 1, "** has no meaning here", "there are +, -, * and /"),
    ("number", "close // 2", 1, "// has no meaning here", "there are +, -, * and /"),
    ("number", "close % 2", 7, "unexpected '%'", "percent are written as numbers: 2 % of a price is 0.02 * close"),
    ("number", "   ", 1, "is empty", "write an expression, such as ltf.close > ltf.open"),
    ("number", "close  # mine", 8, "unexpected '#'", "comments stand outside of expressions"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "column", "message", "hint"), MISTAKES)
def test_a_mistake_has_its_column_and_the_next_step(
    kind: Kind, text: str, column: int, message: str, hint: str
) -> None:
    """What is wrong is said of the very place, with the nearest known name where there is one."""
    with pytest.raises(RuleError) as caught:
        read_rule(text, NAMES, kind)
    assert (caught.value.column, caught.value.problems[0].message) == (column, message)
    assert caught.value.problems[0].hint == hint


def test_a_name_of_a_feature_that_is_a_price_is_refused() -> None:
    """Nobody could tell which of the two is meant."""
    with pytest.raises(RuleError, match=r"ltf\.hl2 is a price of the bar and a feature \(give the feature another"):
        read_rule("hl2", Names({"ltf": ("hl2",)}), "number")


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__base__.__subclasses__()",
    "close.__class__",
    "(close).__class__ > 1",
    "eval(close) > 1",
    "lambda: close",
    "lambda close",
    "f'{close}'",
    "[x for x in close]",
    "{close: 1}",
    "(yield)",
    "await close",
    "close if close else open",
    "(close := 1) > 0",
    "close > 1; import os",
    "import os",
    "...",
    "()",
    "(close, open)",
    "close,",
    "None",
    "'close' > 'open'",
    "\\x63lose > 1",
    "ｃlose > 1",
    "ﬁ > 1",
    "\x00",
    "close \u202e> 1",
    "9" * 3_999,
    "1e" + "9" * 3_000,
    "-" * 3_999 + "1",
    "not " * 900 + "close > 1",
    "close" + " + close" * 400,
    "close" + ".close" * 600,
    "1 < " * 900,
    "abs(" * 900 + "1" + ")" * 900,
    "(" * 1_000 + "close" + ")" * 1_000,
    "(" * 1_900,
    ")" * 1_900,
    "close\n" * 600,
    "close + " * 1_250_000 + "1",
]


@pytest.mark.parametrize("kind", ["condition", "number"])
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:20]!r}x{len(text)}")
def test_nothing_but_the_language_is_read(text: str, kind: Kind) -> None:
    """Other Python, deep nesting and huge texts are refused with a place inside the text, and run nothing."""
    with pytest.raises(RuleError) as caught:
        read_rule(text, NAMES, kind)
    assert 1 <= caught.value.column <= min(len(text), MOST_LETTERS) + 1
    assert len(str(caught.value)) < 400


def test_a_text_is_read_to_its_last_letter_and_no_further() -> None:
    """4,000 letters are an expression, one more is none; nothing has to be parsed to know it."""
    text = "close" + " " * (MOST_LETTERS - 5)
    assert read_rule(text, NAMES, "number") == CLOSE
    with pytest.raises(RuleError, match="has 4,001 letters; an expression has at most 4,000"):
        read_rule(text + " ", NAMES, "number")


def test_fifty_levels_are_read_and_no_more() -> None:
    """Each operation, call and name is a level; so are parentheses."""
    assert read_rule("-" * 49 + "close", NAMES, "number")
    for text in ("-" * 50 + "close", "(" * 51 + "close" + ")" * 51):
        with pytest.raises(RuleError, match="is nested more than 50 levels deep"):
            read_rule(text, NAMES, "number")
    assert read_rule("(" * 50 + "close" + ")" * 50, NAMES, "number") == CLOSE
    assert read_rule(" and ".join(["close > 1"] * 200), NAMES, "condition")


PIECES = [
    "close", "ltf.fast", "htf.trend", "mtf.mid", "exec.open", "far", "hl2", "nothing", "ltf.", ".", "1", "2.5", "1e3",
    "0", "+", "-", "*", "/", "**", "<", "<=", ">", "==", "!=", "=", "and", "or", "not", "(", ")", ",", "abs(", "min(",
    "cross_above(", "cross_below(", "ema(", "if", "else", "lambda", "in", "[1]",
    "[", "]", "[-1]", "highest(", "rising(", "count(", "bars_since(", "htf.sma(", ".hist", "time.hour", "mark", "basis",
    "'", "\n", "\t", "é", "__class__",
]  # fmt: skip


def problem_of(text: str, kind: Kind) -> RuleError | None:
    """What is wrong with an expression; None where it can be read."""
    try:
        read_rule(text, NAMES, kind)
    except RuleError as error:
        return error
    return None


def texts(seed: int, count: int) -> Iterator[str]:
    """Words strung together, letters strung together, and expressions of this page with some letters changed."""
    draw = random.Random(seed)
    good = [
        "cross_above(fast, htf.trend * far) and not close > open",
        "2 * abs(close - open) / max(atr, 1e-4, mtf.mid)",
        "count(close[2] > htf.sma(close, 20), 5) >= 3 or bars_since(rising(mtf.mid, 2)) < 9",
        "highest(high, 20)[1] - macd(close, 12, 26, 9).hist * funding_rate / (time.hour + 1)",
    ]
    for _ in range(count):
        words = [draw.choice(PIECES) for _ in range(draw.randrange(1, 12))]
        letters = [draw.choice(string.printable) for _ in range(draw.randrange(12))]
        changed = list(draw.choice(good))
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(changed))
            changed[at : at + draw.randrange(3)] = draw.choice([*letters, *words, ""])
        yield draw.choice([" ".join(words), "".join(words), "".join(letters), "".join(changed), "".join(changed)])


@pytest.mark.parametrize(("seed", "count"), [(0, 1_000), pytest.param(1, 9_000, marks=pytest.mark.long)])
def test_any_text_has_a_meaning_or_a_place(seed: int, count: int) -> None:
    """Whatever is written: a value, or a sentence with a column that is inside and a caret below it."""
    kinds: tuple[Kind, ...] = ("condition", "number")
    read = refused = 0
    for text in texts(seed, count):
        for problem in (problem_of(text, kind) for kind in kinds):
            if problem is None:
                read += 1
                continue
            refused += 1
            assert 1 <= problem.column <= len(text) + 1, text
            assert problem.problems[0].message, text
            assert shown_at(text, problem.column).splitlines()[-1].endswith("^")
    assert min(read, refused) > count // 10


NUMBERS = ["close", "ltf.fast", "htf.trend", "exec.open", "far", "2.5", "hl2", "time.hour", "mark", "basis"]
REFUSED = (
    "is no number|divides by 0|never happens|never changes|is never true|is always true|looks back over|"
    "nested more than|letters; an expression|count the same bar again|cannot see the bars"
)


def drawn(draw: random.Random, kind: Kind, depth: int) -> str:
    """An expression that keeps to the grammar."""
    if kind == "condition":
        link = draw.choice(["compare", "compare", "logic", "not", "cross", "rising", "was"])
        if depth <= 0 or link == "compare":
            signs = draw.choices(["<", "<=", ">", ">=", "==", "!="], k=draw.choice([1, 1, 2]))
            return " ".join([drawn(draw, "number", depth - 1), *(f"{s} {drawn(draw, 'number', 0)}" for s in signs)])
        if link in ("cross", "rising"):
            one, other = (drawn(draw, "number", depth - 1) for _ in range(2))
            return f"cross_above({one}, {other})" if link == "cross" else f"falling({one}, {draw.randrange(1, 30)})"
        inner = [f"({drawn(draw, 'condition', depth - 1)})" for _ in range(3)]
        return {"logic": f" {draw.choice(['and', 'or'])} ".join(inner), "not": f"not {inner[0]}"}.get(
            link, f"{inner[0]}[{draw.randrange(9)}]"
        )
    what = draw.choice(["name", "math", "math", "function", "window", "count", "was", "feature"])
    if depth <= 0 or what == "name":
        return draw.choice(NUMBERS)
    parts = [f"({drawn(draw, 'number', depth - 1)})" for _ in range(3)]
    return {
        "math": f" {draw.choice('+-*/')} ".join(parts),
        "function": f"{draw.choice(['min', 'max'])}({', '.join(parts)})",
        "window": f"{draw.choice(['highest', 'lowest'])}({parts[0]}, {draw.randrange(1, 99)})",
        "count": f"count({drawn(draw, 'condition', depth - 1)}, {draw.randrange(1, 99)})",
        "was": f"{parts[0]}[{draw.randrange(20)}]",
        "feature": f"{draw.choice(['', 'htf.'])}sma({draw.choice(['', 'htf.'])}close, {draw.randrange(2, 99)})",
    }[what]


@pytest.mark.parametrize(("seed", "count"), [(2, 600), pytest.param(3, 100_000, marks=pytest.mark.long)])
def test_what_keeps_to_the_grammar_is_read(seed: int, count: int) -> None:
    """A drawn expression has its kind, or is refused for what it means, never for how it is written."""
    draw = random.Random(seed)
    read = 0
    for _ in range(count):
        kind: Kind = draw.choice(["condition", "number"])
        text = drawn(draw, kind, draw.randrange(4))
        problem = problem_of(text, kind)
        assert problem is None or re.search(REFUSED, problem.problems[0].message), (text, str(problem))
        read += problem is None
        at = draw.randrange(len(text))
        changed = text[:at] + draw.choice([*PIECES, ""]) + text[at + draw.randrange(3) :]
        problem = problem_of(changed, kind)
        assert problem is None or 1 <= problem.column <= len(changed) + 1, changed
    assert read > count // 3


@pytest.mark.parametrize(
    ("text", "column", "shown"),
    [
        ("close > fats", 9, "  close > fats\n          ^"),
        ("close\n> fats", 9, "  close > fats\n          ^"),
        ("close >", 8, "  close >\n         ^"),
        ("a" * 100 + "!" + "b" * 100, 101, f"  …{'a' * 36}!{'b' * 35}…\n  {' ' * 37}^"),
        ("a" * 100 + "!", 101, f"  …{'a' * 71}!\n  {' ' * 72}^"),
    ],
)
def test_a_caret_stands_below_the_place(text: str, column: int, shown: str) -> None:
    """On one line, and of a long expression the part around the place."""
    assert shown_at(text, column) == shown
