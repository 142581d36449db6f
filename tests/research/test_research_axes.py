"""What `--grid` says, to the last digit, and what it is refused for."""

from __future__ import annotations

import pytest

from btcli.errors import RequestError
from btcli.research.axes import axes_of, axis_of

VALUES = (
    ("k=1..5", [1, 2, 3, 4, 5]),
    ("k=0.1..0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
    ("k=-1..1:0.5", [-1.0, -0.5, 0.0, 0.5, 1.0]),
    ("k=1..10:4", [1, 5, 9]),
    ("k=3..3", [3]),
    ("k=0.7..1:0.1", [0.7, 0.8, 0.9, 1.0]),
    ("k=1e-4..3e-4:1e-4", [0.0001, 0.0002, 0.0003]),
    ("k=1e2..3e2:1e2", [100, 200, 300]),
    ("k=[1, 2.5, yes]", [1, 2.5, "yes"]),
    ("k=[true, none]", [True, "none"]),
    ("k=[[BTCUSDT], [ETHUSDT, BTCUSDT]]", [["BTCUSDT"], ["ETHUSDT", "BTCUSDT"]]),
    ("k=[{qty: 1}]", [{"qty": 1}]),
    ("k=ema(close, {5..9:2})", ["ema(close, 5)", "ema(close, 7)", "ema(close, 9)"]),
    ("k=x * {0.1..0.3:0.1}", ["x * 0.1", "x * 0.2", "x * 0.3"]),
    (" k = [1] ", [1]),
    ("k=['x {1..3} y', z]", ["x {1..3} y", "z"]),
)
REFUSED = (
    ("k", "expected a key and its values"),
    ("=1..2", "expected a key and its values"),
    ("a..b=1..2", "expected a key and its values"),
    ("k=", "expected a key and its values"),
    ("k=5", "neither a list nor a range"),
    ("k=1..", "no range of numbers with an end"),
    ("k=..5", "no range of numbers with an end"),
    ("k=1..inf", "no range of numbers with an end"),
    ("k=1..nan:1", "no range of numbers with an end"),
    ("k=1..2..3", "no range of numbers with an end"),
    ("k=1...3", "no range of numbers with an end"),
    ("k=1....3", "no range of numbers with an end"),
    ("k=1....3:0.1", "no range of numbers with an end"),
    ("k=1..5:0", "the step is 0"),
    ("k=1..5:-1", "the step is -1"),
    ("k=5..1", "the range ends before it begins"),
    ("k=1..1e400:1", "1e400 is too large for a range, which counts from 1e-30 to 1e30"),
    ("k=0..1:1e-99999", "1e-99999 is too small for a range, which counts from 1e-30 to 1e30"),
    ("k=1e-320..2e-320:1e-320", r"1e-320 is too small for a range.*list the values: KEY="),
    ("k=0.12345678901234567..1:1", "0.12345678901234567 has 17 digits, a range counts with 15"),
    ("k=[]", "the list is empty"),
    ("k=[1, 1]", "1 is listed twice .list each value once.$"),
    ("k=[9223372036854775807, 9223372036854775808]", "is listed twice .*more than 18 digits keep about 16 of them"),
    ("k=[.nan]", "is no value"),
    ("k=[sma(close, 10), sma(close, 20)]", 'is cut at a comma: .*write "sma.close, 10."'),
    ("k=[1, 2", "neither a list nor a range"),
    ("k=ema(close, {5.5..9})", "a range inside a text needs a step"),
    ("k={1..3}", r"{1..3} is a text of a number each time .without braces: k=1..3.$"),
    ("k= {0.1..0.5:0.1} ", "without braces: k=0.1..0.5:0.1"),
    ("k=ema(close, {a..b})", "no range of numbers with an end"),
    ("k=\u0661..\u0663", "no range of numbers with an end"),  # digits of Arabic, which a list takes for a word
    ("k=0.1..0.5:0.\uff11", "no range of numbers with an end"),
    ("k=ema(close, {1..\uff13})", "no range of numbers with an end"),
    ("strategy.params." + "a." * 500 + "b=[1]", "a key has at most 64 parts, this one 503"),
)


def test_an_expression_that_has_to_be_quoted_is_told() -> None:
    """A list is read as YAML, where a bracket ends a text."""
    with pytest.raises(RequestError) as refused:
        axis_of("k=[market, {stop: high[1] * 1.001, limit: high}]")
    assert refused.value.problems[0].hint.startswith("quote an expression that has a comma, a bracket")


@pytest.mark.parametrize(("text", "values"), VALUES, ids=lambda each: str(each)[:30])
def test_values_are_those_that_one_would_write_by_hand(text: str, values: list[object]) -> None:
    """No step drifts from its decimal, whole numbers stay whole, and lists hold what YAML makes of them."""
    found = list(axis_of(text).all())
    assert found == values
    assert [type(each) for each in found] == [type(each) for each in values]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=lambda each: str(each)[:30])
def test_what_is_no_grid_is_refused(text: str, said: str) -> None:
    """The message has the text, what is wrong with it, and the forms there are."""
    with pytest.raises(RequestError, match=said.replace("(", r"\(")) as refused:
        axes_of([text])
    assert "--grid" in str(refused.value)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["k=1..2", "k=3..4"], "is varied twice"),
        (["risk.sizing=[{qty: 1}]", "risk.sizing.qty=1..2"], "replaces risk.sizing, which is varied too"),
        (["risk.sizing.qty=1..2", "risk.sizing.risk_pct=1..2"], "replaces risk.sizing.qty, which is varied too"),
        (["strategy.params.n=1..2", "strategy.params.N=1..2"], "differs from strategy.params.n in its case alone"),
    ],
)
def test_keys_that_replace_each_other_are_refused(texts: list[str], said: str) -> None:
    """A key, a key within it, two ways to size, one column for DuckDB: one would be lost in silence."""
    with pytest.raises(RequestError, match=said):
        axes_of(texts)


def test_every_wrong_text_is_told_at_once() -> None:
    """Two problems are two problems."""
    with pytest.raises(RequestError) as refused:
        axes_of(["a=1..", "b=[]", "c=1..2"])
    assert len(refused.value.problems) == 2
