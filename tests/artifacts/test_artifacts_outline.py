"""The outline of a curve: few numbers, every low and high among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from btcli.artifacts.outline import ROOM, Outline


def outline_of(*pieces: list[float]) -> tuple[float, ...]:
    """The points of a column that comes in these pieces."""
    outline = Outline()
    for piece in pieces:
        outline.add(np.array(piece, np.float64))
    return outline.points()


def test_a_short_column_is_its_own_outline() -> None:
    """Below the room a stretch is one row, whose low is its high; no rows have no points."""
    assert outline_of() == outline_of([]) == ()
    assert outline_of([3.0], [1.0, 2.0]) == (3.0, 3.0, 1.0, 1.0, 2.0, 2.0)


def test_stretches_are_joined_by_twos() -> None:
    """By hand: 512 rows are 256 stretches of two, each with its low and high in the order in which they came."""
    rows = [float(number % 3) for number in range(ROOM)]
    points = outline_of(rows)
    assert len(points) == ROOM
    assert points[:6] == (0.0, 1.0, 2.0, 0.0, 1.0, 2.0)


def test_a_single_row_of_a_million_is_not_lost() -> None:
    """The one spike up and the one down stand in the outline, which is no longer than that of a short column."""
    rows = np.full(1_000_003, 100.0)
    rows[123_457], rows[999_999] = 250.0, 1.0
    outline = Outline()
    outline.add(rows)
    points = outline.points()
    assert (max(points), min(points)) == (250.0, 1.0)
    assert points.index(250.0) < points.index(1.0)
    assert len(points) <= 2 * ROOM + 2


@given(
    size=st.integers(0, 5000),
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(0, 5000), max_size=6),
)
def test_pieces_make_no_difference(size: int, seed: int, cuts: list[int]) -> None:
    """However the rows are cut, the outline is the same, with the highest and the lowest row in it."""
    rows = np.random.default_rng(seed).integers(-50, 50, size).astype(np.float64).tolist()
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    points = outline_of(*(rows[start:end] for start, end in pairwise(edges)))
    assert points == outline_of(rows)
    if rows:
        assert (max(points), min(points)) == (max(rows), min(rows))
