"""Signals at closes: a row holds from the moment it became known to the next one, and no close sees a later one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.signals.rows import Seen, SignalRows, seen_in


def rows(*moments: int, max_age_ms: int | None = None) -> SignalRows:
    """Rows whose score is their moment."""
    ts = np.array(moments, np.int64)
    return SignalRows(ts, {"score": ts.astype(np.float64)}, max_age_ms)


def at(known: SignalRows, *closes: int) -> list[float | None]:
    """The score at closes, None where it is unknown."""
    values = known.at("score", np.array(closes, np.int64)).tolist()
    return [None if value != value else value for value in values]  # noqa: PLR0124  # NaN


def test_a_close_sees_the_last_row_that_was_known_by_then() -> None:
    """Before the first row nothing is known, a row at the very close counts, and each holds to the next."""
    assert at(rows(10, 25), 9, 10, 11, 24, 25, 26, 99) == [None, 10, 10, 10, 25, 25, 25]


def test_an_old_row_is_unknown() -> None:
    """A row is known up to its greatest age, that age included, and an older one does not stand in for it."""
    assert at(rows(10, 25, max_age_ms=5), 10, 15, 16, 24, 25, 30, 31) == [10, 10, None, None, 25, 25, None]


def test_an_empty_value_is_unknown_until_the_next_row() -> None:
    """A row without a number is no reason to go on believing the one before it."""
    known = SignalRows(np.array([10, 20, 30]), {"score": np.array([1.0, np.nan, 3.0])})
    assert at(known, 15, 20, 29, 30) == [1, None, None, 3]


def test_nothing_is_known_without_rows() -> None:
    """A symbol of which the file has no row knows nothing at any close, whatever the greatest age."""
    assert at(rows(), 1, 2) == at(rows(max_age_ms=5), 1, 2) == [None, None]


def test_rows_that_no_close_sees_are_counted() -> None:
    """Two of the four rows inside are followed by another before a close; the one before the window counts nowhere."""
    assert seen_in(rows(5, 12, 13, 20, 21), 10, np.array([20, 30, 40])) == Seen(4, 2, 3, 3)


def test_closes_without_a_row_are_counted() -> None:
    """The first close comes before every row, the last one is too old."""
    assert seen_in(rows(15, max_age_ms=10), 0, np.array([10, 20, 30])) == Seen(1, 0, 3, 1)


@given(
    moments=st.lists(st.integers(0, 60), unique=True, max_size=12),
    closes=st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=12),
    age=st.none() | st.integers(1, 30),
    cut=st.integers(0, 60),
)
def test_no_close_sees_what_became_known_later(
    moments: list[int], closes: list[int], age: int | None, cut: int
) -> None:
    """Closes up to a moment are the same without what became known after it, and are those of a plain search."""
    moments, closes = sorted(moments), sorted(closes)
    whole = at(rows(*moments, max_age_ms=age), *closes)
    until = at(rows(*(each for each in moments if each <= cut), max_age_ms=age), *closes)
    for close, seen, seen_until in zip(closes, whole, until, strict=True):
        last = max((each for each in moments if each <= close), default=None)
        is_known = last is not None and (age is None or close - last <= age)
        assert seen == (last if is_known else None)
        assert close > cut or seen == seen_until


def test_a_column_that_is_not_there_is_an_error() -> None:
    """It is never taken for an unknown one."""
    with pytest.raises(KeyError, match="rank"):
        rows(1).at("rank", np.array([1]))
