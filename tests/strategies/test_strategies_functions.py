"""Functions of features: what they are given, what they may give, and how one that sees the future is found out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.config.sections import PythonFeature
from btcli.errors import RequestError, StrategyError
from btcli.market.series import Bars
from btcli.strategies.functions.calling import Called
from btcli.strategies.functions.checking import checked
from btcli.strategies.functions.finding import find_functions

HOUR_MS = 3_600_000
START_MS = 1_704_067_200_000  # 2024-01-01
Function = Callable[[pl.DataFrame], object]


def bars_of(count: int, seed: int = 1) -> Bars:
    """A seeded walk of hourly bars."""
    draw = np.random.default_rng(seed)
    close = 100 + np.cumsum(draw.normal(0, 1, count))
    ts_open = START_MS + HOUR_MS * np.arange(count, dtype=np.int64)
    return Bars(ts_open, ts_open + HOUR_MS, close, close + 1, close - 1, close, draw.random(count))


def column(function: Function, back: int, count: int = 400, tolerance: float = 1e-4) -> list[float | None]:
    """What a function comes to with its checks, None where it is unknown."""
    values = checked(Called("f", "mine.py:1", function), back, tolerance)(bars_of(count))
    return [None if np.isnan(each) else float(each) for each in values]


def mean_of(bars: pl.DataFrame, n: int = 5) -> pl.Series:
    """A plain moving average."""
    return bars["close"].rolling_mean(n)


@pytest.mark.parametrize(
    "function",
    [
        mean_of,
        lambda bars: pl.col("close").rolling_mean(5),
        lambda bars: bars["close"].rolling_mean(5).to_numpy(),
        lambda bars: bars.select(pl.col("close").rolling_mean(5).alias("m"))["m"],
    ],
    ids=["series", "expression", "array", "named series"],
)
def test_a_value_for_each_bar_is_taken(function: Function) -> None:
    """A series, an expression and an array of numbers are taken alike; what is no number is unknown."""
    close = bars_of(400).close
    expected = [None] * 4 + [float(np.mean(close[place - 4 : place + 1])) for place in range(4, 400)]
    assert column(function, 4) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda bars: bars["close"][1:], "gave 399 values for 400 bars"),
        (lambda bars: pl.col("close").mean(), "gave 1 values for 400 bars"),
        (lambda bars: None, "gave NoneType"),
        (lambda bars: 3.0, "gave float"),
        (lambda bars: list(bars["close"]), "gave list"),
        (lambda bars: bars, "gave DataFrame"),
        (lambda bars: pl.col("open", "close"), "gave Expr"),
        (lambda bars: np.zeros((400, 2)), "gave ndarray"),
        (lambda bars: np.array([None] * 400), "gave ndarray"),
        (lambda bars: bars["close"].cast(pl.String), "gave String, no numbers"),
        (lambda bars: bars["ts_open"].cast(pl.Datetime("ms")), "gave Datetime"),
        (lambda bars: pl.col("price"), "raised over 400 bars: polars.exceptions.ColumnNotFoundError"),
    ],
)
def test_what_is_no_value_for_each_bar_is_refused(function: Function, said: str) -> None:
    """Each with what it gave, at the place of the function."""
    with pytest.raises(StrategyError) as refused:
        column(function, 4)
    assert said in str(refused.value)
    assert refused.value.problems[0].where.endswith(("mine.py:1", ".py:1")) or said.startswith("raised")


def test_unknown_values_are_those_without_a_finite_number() -> None:
    """Nothing, NaN and infinities are unknown, true and false are 1 and 0."""
    assert column(lambda bars: 1 / (bars["close"] * 0), 0, 9) == [None] * 9
    assert column(lambda bars: bars["close"] > 0, 0, 9) == [1.0] * 9
    assert column(lambda bars: pl.Series([None] * bars.height), 0, 9) == [None] * 9


def test_the_frame_has_the_closed_bars() -> None:
    """Its columns, their types and order are those that are promised, and nothing else."""
    seen: list[pl.DataFrame] = []

    def look(bars: pl.DataFrame) -> pl.Series:
        seen.append(bars)
        return bars["close"]

    column(look, 0, 50)
    assert dict(seen[0].schema) == {
        **dict.fromkeys(("ts_open", "ts_close"), pl.Int64),
        **dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float64),
    }
    assert seen[0].height == 50
    assert seen[0]["ts_close"][0] == START_MS + HOUR_MS


def test_what_is_done_to_the_frame_stays_in_it() -> None:
    """A function that writes into the frame, or into its arrays where it can, changes nobody's bars."""
    bars = bars_of(50)
    before = [np.array(each) for each in bars]

    def write(frame: pl.DataFrame) -> pl.Series:
        frame[0, "close"] = 7.0
        array = frame["open"].to_numpy()
        if array.flags.writeable:
            array[:] = 0
        return frame["high"]

    checked(Called("f", "", write), 0, 1e-4)(bars)
    assert all(np.array_equal(one, other) for one, other in zip(before, bars, strict=True))


AHEAD: dict[str, Function] = {
    "the next bar": lambda bars: bars["close"].shift(-1),
    "a centred mean": lambda bars: bars["close"].rolling_mean(5, center=True),
    "the mean of all": lambda bars: bars["close"] - bars["close"].mean(),
    "the largest of all": lambda bars: bars["close"] / bars["close"].max(),
    "ranks among all": lambda bars: bars["close"].rank(),
    "filled from behind": lambda bars: pl.when(pl.col("volume") > 0.5).then(pl.col("close")).backward_fill(),
    "the number of bars": lambda bars: pl.int_range(pl.len()) / pl.len(),
    "the last close": lambda bars: pl.col("close") - pl.col("close").last(),
    "upside down": lambda bars: bars["close"].reverse().ewm_mean(span=5).reverse(),
    "a smoothed line": lambda bars: np.convolve(bars["close"].to_numpy(), np.ones(5) / 5, "same"),
}


@pytest.mark.parametrize("kind", AHEAD)
def test_a_look_ahead_is_refused(kind: str) -> None:
    """Values that later bars change are told with the bar and both values."""
    with pytest.raises(StrategyError, match=r"f looks ahead: at the bar that closed 2024-01-") as refused:
        column(AHEAD[kind], 10)
    assert refused.value.exit_code == 4


def test_the_first_bar_that_differs_is_named() -> None:
    """Of the shortest history that is tried, one bar, the bar itself has no next one."""
    with pytest.raises(StrategyError) as refused:
        column(lambda bars: bars["close"].shift(-1), 0)
    said = str(refused.value)
    assert "at the bar that closed 2024-01-01T01:00:00.000Z it gives" in said
    assert "and nothing where no bar after that of 2024-01-01T00:00:00.000Z is there" in said


def test_a_huge_value_hides_nothing() -> None:
    """One value of 1e15 among prices makes a look ahead at the others no smaller."""
    spike = pl.when(pl.col("ts_open") == START_MS + 7 * HOUR_MS).then(1e15).otherwise(0.0)
    with pytest.raises(StrategyError, match="looks ahead"):
        column(lambda bars: pl.col("close").shift(-1) - pl.col("close") + spike, 0)
    assert column(lambda bars: pl.col("close") + spike, 0)[7] == pytest.approx(1e15)


def test_too_few_bars_are_refused() -> None:
    """A mean of twenty needs nineteen bars before its own: with eighteen it differs, with nineteen it holds."""
    assert column(lambda bars: mean_of(bars, 20), 19)[19] is not None
    with pytest.raises(StrategyError, match="looks back over more than 18 bars"):
        column(lambda bars: mean_of(bars, 20), 18)


def test_what_never_forgets_is_refused() -> None:
    """A running total needs all bars since the start, for which there is no number."""
    with pytest.raises(StrategyError, match="looks back over more than 100 bars"):
        column(lambda bars: bars["volume"].cum_sum(), 100)


def test_what_forgets_slowly_needs_bars_enough_for_the_tolerance() -> None:
    """An exponential mean of span 9 keeps 0.8 of its past a bar: 50 bars before leave 1e-5 of it, 8 leave a sixth."""
    smooth: Function = lambda bars: bars["close"].ewm_mean(span=9, adjust=False)  # noqa: E731
    assert len(column(smooth, 50)) == 400
    with pytest.raises(StrategyError, match="looks back over more than 8 bars"):
        column(smooth, 8)
    assert len(column(smooth, 8, tolerance=0.1)) == 400


def test_what_is_drawn_or_counted_is_refused() -> None:
    """Random numbers, and a function that remembers its calls, give something else each time."""
    draw, calls = np.random.default_rng(1), itertools.count()
    for function in (lambda bars: draw.random(bars.height), lambda bars: bars["close"] + next(calls)):
        with pytest.raises(StrategyError, match="f gives something else each time: at the bar that closed"):
            column(function, 0)


def test_random_numbers_of_a_fixed_seed_are_found_out() -> None:
    """The same number at the same place of every call is the same each time, and hangs on where history begins."""
    with pytest.raises(StrategyError, match="looks back over more than 5 bars"):
        column(lambda bars: np.random.default_rng(7).random(bars.height), 5)


@settings(max_examples=25, deadline=None)
@given(ahead=st.integers(1, 30), back=st.integers(0, 30), count=st.integers(80, 300))
def test_any_shift_is_told_by_its_sign(ahead: int, back: int, count: int) -> None:
    """Earlier bars may be looked at, as many as are said; later ones never."""
    assert column(lambda bars: bars["close"].shift(back), back, count).count(None) == back
    with pytest.raises(StrategyError, match="looks ahead"):
        column(lambda bars: bars["close"].shift(-ahead), back, count)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 20, 21, 29])
def test_short_histories_are_fine(count: int) -> None:
    """With fewer bars than a value needs all are unknown, and nothing is raised."""
    assert column(lambda bars: mean_of(bars, 21), 20, count) == pytest.approx(
        [None if place < 20 else float(np.mean(bars_of(count).close[place - 20 : place + 1])) for place in range(count)]
    )


MINE = """\
import polars as pl
import helping

LIMIT = 3


class Z:
    pass


def zscore(bars, n=20):
    return helping.mean(bars, n)


def strict(bars, n, *, word):
    return bars["close"]


async def later(bars):
    return bars["close"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with functions, and a module beside them."""
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helping.py").write_text('def mean(bars, n):\n    return bars["close"].rolling_mean(n)\n')
    return tmp_path


def found(folder: Path, use: str, **args: Any) -> Any:
    """What is found for one feature of ltf."""
    feature = PythonFeature(python=use, bars=25, args=args)
    return find_functions({"ltf": {"z": feature}}, folder, lambda key: key, 1e-4)


def test_a_function_is_found_in_a_file_or_a_module(folder: Path) -> None:
    """Both are the same function of the same sources, its own module and the one that it imports."""
    of_file, of_module = found(folder, "mine.py:zscore", n=5), found(folder, "mine:zscore", n=5)
    assert of_file.sources["mine.py"].files == ("helping.py", "mine.py")
    (one,), (other,) = ([*each.features["ltf"].values()] for each in (of_file, of_module))
    assert (one.bars, one.arguments, one.source) == (other.bars, other.arguments, other.source)
    assert np.array_equal(one.compute(bars_of(60)), other.compute(bars_of(60)), equal_nan=True)


@pytest.mark.parametrize(
    ("use", "args", "where", "said"),
    [
        ("mine.py:zscor", {}, "python", "mine.py has no function 'zscor'"),
        ("mine.py:LIMIT", {}, "python", "LIMIT in mine.py is no function"),
        ("mine.py:Z", {}, "python", "Z in mine.py is no function"),
        ("mine.py:later", {}, "python", "later in mine.py is no function"),
        ("mine.py:__import__", {}, "python", "has no function '__import__'"),
        ("mine.py", {}, "python", "'mine.py' names no function"),
        ("mine.py:", {}, "python", "names no function"),
        (":zscore", {}, "python", "names no function"),
        ("mine.py:a b", {}, "python", "names no function"),
        ("other.py:zscore", {}, "python", "there is no strategy file other.py"),
        ("no.such:zscore", {}, "python", "there is no Python module no.such"),
        ("a-b:zscore", {}, "python", "'a-b' is no name of a Python module"),
        ("mine.py:zscore", {"m": 3}, "args", "zscore cannot be called with the bars and these args"),
        ("mine.py:strict", {"n": 3}, "args", "missing a required argument: 'word'"),
    ],
)
def test_what_is_no_function_is_told_with_its_key(
    folder: Path, use: str, args: dict[str, Any], where: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, modules, names and arguments each have their sentence; nothing but functions of the file is called."""
    monkeypatch.chdir(folder)
    with pytest.raises(RequestError) as refused:
        found(folder, use, **args)
    assert said in str(refused.value)
    assert refused.value.problems[0].where == f"features.ltf.z.{where}"


def test_a_file_that_raises_is_the_users(folder: Path) -> None:
    """What its import raises is told with the line."""
    (folder / "broken.py").write_text("x = 1\nraise ValueError('no')\n")
    with pytest.raises(StrategyError, match=r"broken.py:2 importing broken.py failed: ValueError: no"):
        found(folder, "broken.py:f")
    (folder / "worse.py").write_text("def f(:\n")
    with pytest.raises(RequestError, match=r"worse.py:1:\d+ not valid Python"):
        found(folder, "worse.py:f")
