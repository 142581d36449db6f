"""The trials of a sweep by their numbers."""

from __future__ import annotations

import hashlib

import pytest

from btcli.errors import RequestError
from btcli.research.space import MOST_TRIALS, shuffled, space_of

GRID = ("a=[x, y]", "b=1..3")


def test_a_grid_counts_as_numbers_do() -> None:
    """The last key changes with every trial, the first one last; trials are numbered from 1."""
    space = space_of(GRID, None, 0)
    found = [tuple(space.changes(trial).values()) for trial in range(1, space.trials + 1)]
    assert found == [("x", 1), ("x", 2), ("x", 3), ("y", 1), ("y", 2), ("y", 3)]


def test_draws_are_points_of_the_grid_and_none_comes_twice() -> None:
    """As many draws as points are all points, in another order for another seed."""
    orders = []
    for seed in (0, 1):
        space = space_of(GRID, 6, seed)
        orders.append([tuple(space.changes(trial).values()) for trial in range(1, 7)])
        assert sorted(orders[-1]) == [("x", 1), ("x", 2), ("x", 3), ("y", 1), ("y", 2), ("y", 3)]
    assert orders[0] != orders[1]


def test_a_draw_hangs_on_seed_and_number_alone() -> None:
    """The first three of ten draws are those of three, also where a range is continuous."""
    few, many = (space_of((*GRID, "c=0.5..1.5"), draws, 7) for draws in (3, 10))
    assert [few.changes(trial) for trial in (1, 2, 3)] == [many.changes(trial) for trial in (1, 2, 3)]


def test_a_continuous_draw_is_what_the_documentation_says() -> None:
    """low + (high - low) * u, u the first 53 of the bits of sha256("seed/trial/key")."""
    space = space_of(("c=0.5..1.5", "d=0.1..0.9"), 20, 3)
    for trial in (1, 20):
        first = int.from_bytes(hashlib.sha256(f"3/{trial}/c".encode()).digest()[:8], "big") >> 11
        assert space.changes(trial)["c"] == 0.5 + first / 2**53
    assert all(0.1 <= space.changes(trial)["d"] <= 0.9 for trial in range(1, 21))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64, 1000])
def test_a_shuffle_moves_each_place_to_one_of_its_own(count: int) -> None:
    """Nothing is lost, and nothing comes twice."""
    assert sorted(shuffled(place, count, 9) for place in range(count)) == list(range(count))


def test_draws_come_from_spaces_that_nobody_could_write_out() -> None:
    """A hundred points of 10 ** 30, all different."""
    space = space_of([f"k{n}=1..1000000" for n in range(5)], 100, 0)
    assert space.points == 10**30
    assert len({tuple(space.changes(trial).values()) for trial in range(1, 101)}) == 100


@pytest.mark.parametrize(
    ("grid", "draws", "said"),
    [
        (("a=1..1000000", "b=1..1000000"), None, "1,000,000,000,000 trials; a sweep has at most 1,000,000"),
        (("a=1..100000000000000", "b=1..100000000000000", "c=1..100000000000000"), None, r"more than 10 \*\* 42"),
        (("a=0..1:1e-15", "b=0..1:1e-15"), None, "a sweep has at most"),
        (("a=1..5",), 6, "6 draws of 5 points"),
        (("a=0.5..1.5",), None, "a range without a step has no end of values"),
        (("a=0.5..1.5",), MOST_TRIALS + 1, "1,000,001 trials"),
        ((), None, "needs something that varies"),
        ((), 5, "needs something that varies"),
    ],
)
def test_what_has_no_end_is_refused_before_anything_is_made(
    grid: tuple[str, ...], draws: int | None, said: str
) -> None:
    """The count is told, and what to do."""
    with pytest.raises(RequestError, match=said):
        space_of(grid, draws, 0)


def test_a_seed_without_draws_is_refused() -> None:
    """Nobody is left to think that it did something."""
    with pytest.raises(RequestError, match="nothing is drawn that a seed could change"):
        space_of(GRID, None, 5)
