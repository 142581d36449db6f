"""The curve folded step by step gives the facts that analysis draws from its rows, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.equity import EquityFacts, EquityFold
from btcli.exchange.book.records import BOOK, ROW_WIDTH
from btcli.exchange.driver.fold import fold_row
from btcli.exchange.face.score import begin_score, curve_of
from btcli.market.series import Floats, Millis
from btcli.simulation.scores import facts_of

DAY = 86_400_000
START = 19_723 * DAY + 7 * 3_600_000  # in the middle of a day

BOOKS = np.zeros(1, BOOK)


def folded(initial: float, start_ms: int, ts_close: Millis, rows: Floats) -> EquityFacts:
    """What the rules' fold makes of rows, one after the other."""
    book = BOOKS[0]
    book["account"]["initial_equity_usdt"] = initial
    end_ms = int(ts_close[-1]) if len(ts_close) else start_ms + 1
    begin_score(book, start_ms, end_ms)
    for ts, row in zip(ts_close.tolist(), rows.tolist(), strict=True):
        fold_row(book["score"], book["days"], ts, row[0], row[3], row[4])
    return facts_of(curve_of(book), initial, start_ms)


def by_rows(initial: float, start_ms: int, ts_close: Millis, rows: Floats) -> EquityFacts:
    """What analysis makes of them."""
    fold = EquityFold(initial, start_ms)
    fold.add(ts_close, rows)
    return fold.facts()


def rows_of(curve: Sequence[float], used: Sequence[float] = (), free: Sequence[float] = ()) -> Floats:
    rows = np.zeros((len(curve), ROW_WIDTH))
    rows[:, 0] = curve
    rows[:, 3] = used or 0.0
    rows[:, 4] = free or 0.0
    return rows


def evenly(steps: int, step_ms: int, start_ms: int = START) -> Millis:
    return start_ms + step_ms * np.arange(1, steps + 1, dtype=np.int64)


CURVES = {
    "only rises": [100.0, 101.0, 103.0],
    "only falls": [99.0, 90.0, 80.0],
    "stays": [100.0, 100.0, 100.0],
    "a peak reached twice": [110.0, 105.0, 110.0, 99.0, 110.0, 120.0],
    "two falls of one depth": [100.0, 90.0, 100.0, 90.0, 101.0],
    "a deeper fall after a recovery": [110.0, 100.0, 110.0, 90.0, 95.0, 109.0],
    "a deeper fall without a recovery": [110.0, 100.0, 105.0, 90.0, 95.0, 115.0, 60.0],
    "deepest in percent and in money apart": [20.0, 10.0, 200.0, 160.0],
    "equity below zero": [100.0, -20.0, 5.0, -30.0, 0.0],
    "one step": [100.0],
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_gives_the_facts_of_its_rows(name: str) -> None:
    """Each kind of curve: days, peak, falls with their moments, and margins."""
    curve = CURVES[name]
    rows = rows_of(curve, [abs(each) / 3 for each in curve], [each - 7.0 for each in curve])
    ts_close = evenly(len(curve), 9 * 3_600_000)
    assert folded(100.0, START, ts_close, rows) == by_rows(100.0, START, ts_close, rows)


def test_nothing_recorded_gives_the_initial_equity() -> None:
    """A score without a step says what rows without one say."""
    assert folded(100.0, START, evenly(0, DAY), rows_of([])) == by_rows(100.0, START, evenly(0, DAY), rows_of([]))


@pytest.mark.parametrize("first_close", [DAY, DAY + 1, 3 * DAY, 3 * DAY + 1, 3 * DAY - 1])
def test_midnight_and_holes_count_alike(first_close: int) -> None:
    """A step that closes at midnight belongs to the day that ends; days without one take the close before."""
    ts_close = 19_723 * DAY + np.array([first_close, first_close + 2 * DAY, first_close + 2 * DAY + 1])
    rows = rows_of([101.0, 99.0, 98.0])
    assert folded(100.0, 19_723 * DAY, ts_close, rows) == by_rows(100.0, 19_723 * DAY, ts_close, rows)


MONEY = st.integers(-30, 130).map(lambda tenths: tenths * 0.1)
ROWS = st.lists(st.tuples(MONEY, st.integers(0, 40).map(lambda n: n / 7), MONEY, st.integers(1, 4)), max_size=60)


@given(ROWS, st.sampled_from([1, 3_600_000, 11 * 3_600_000, DAY]))
def test_any_rows_give_their_facts(rows: list[tuple[float, float, float, int]], step_ms: int) -> None:
    """Curves with ties, holes, and equity of either sign."""
    ts_close = START + step_ms * np.cumsum([row[3] for row in rows], dtype=np.int64)
    table = rows_of([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    assert folded(6.5, START, ts_close, table) == by_rows(6.5, START, ts_close, table)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-3, 1.0, 1e6]))
def test_walks_of_any_size_give_their_facts(seed: int, scale: float) -> None:
    """A long walk whose falls and percentages need all their bits."""
    random = np.random.Generator(np.random.PCG64(seed))
    curve = 100.0 * scale + np.cumsum(random.normal(0.0, 3.0 * scale, 400))
    table = rows_of(curve.tolist(), np.abs(random.normal(0.0, scale, 400)).tolist(), (curve - scale).tolist())
    ts_close = evenly(400, 1_800_000)
    assert folded(100.0 * scale, START, ts_close, table) == by_rows(100.0 * scale, START, ts_close, table)


def test_a_score_refuses_more_days_than_it_holds() -> None:
    """A window of a hundred years is refused with both numbers."""
    book = BOOKS[0]
    with pytest.raises(ValueError, match="a score holds 32768 days, the window has 36525"):
        begin_score(book, 0, 36_525 * DAY)
