"""Recipes over rows: what LOAD reads where, what is found, and that neither blocks nor forms change a bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from btcli.exchange.driver.machine import run_recipe
from btcli.exchange.driver.opcodes import AND, CONST, GT, LE, LOAD, MUL
from btcli.exchange.driver.program import Recipe
from btcli.exchange.face import recipes
from btcli.exchange.face.recipes import MOST_WANTED, Source, computed, found_by

U = float("nan")
JOB_ENDS = 1 << 40  # as if all were done
BLOCKS = (1, 7, 512, 100_000)


@pytest.fixture(params=["compiled", "interpreted"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test by both forms of the machine."""
    if request.param == "interpreted":
        monkeypatch.setattr(recipes, "run_recipe", plain(recipes.run_recipe))
    return str(request.param)


def plain(enter: Any) -> Any:
    """An entry as the Python that it is written in."""
    return getattr(enter, "__wrapped__", enter)


def reading(*lags: int, inputs: int = 1) -> Recipe:
    """A recipe whose outputs are its inputs, so many rows before."""
    code = np.array([(LOAD, 8 + k, k % inputs, lag) for k, lag in enumerate(lags)], np.int32)
    names = tuple(f"input {k}" for k in range(inputs))
    return Recipe("closes", code, np.empty(0), names, tuple((str(k), 8 + k) for k in range(len(lags))))


def same(values: Any, expected: Any) -> bool:
    """Whether numbers are the same, unknown ones at the same places."""
    return np.array_equal(values, np.array(expected, float), equal_nan=True)


@pytest.mark.parametrize("block", BLOCKS)
def test_rows_before_are_read_and_before_the_first_nothing_is_known(block: int) -> None:
    """A lag counts rows, across the borders of blocks, and a lag beyond all rows is unknown everywhere."""
    column = np.arange(1.0, 11.0)
    first, second, third = computed(reading(0, 3, 50), [Source(column)], 10, block=block)
    assert same(first, column)
    assert same(second, [U, U, U, 1, 2, 3, 4, 5, 6, 7])
    assert same(third, [U] * 10)


@pytest.mark.parametrize("block", BLOCKS)
def test_another_roles_column_is_read_at_its_last_closed_bar(block: int) -> None:
    """Its row at a row is looked up, after the lag in rows of the recipe; -1 is before its first bar."""
    column, rows = np.array([10.0, 20.0, 30.0]), np.array([-1, -1, 0, 0, 0, 1, 1, 2])
    now, before = computed(reading(0, 1), [Source(column, rows)], 8, block=block)
    assert same(now, [U, U, 10, 10, 10, 20, 20, 30])
    assert same(before, [U, U, U, 10, 10, 10, 20, 20])


@pytest.mark.parametrize("block", BLOCKS)
def test_chosen_rows_are_read_as_if_all_were(block: int) -> None:
    """At some rows alone, with lags and another role's column, come the values that all rows have there."""
    column = np.arange(100.0)
    coarse = Source(np.array([5.0, 6.0]), np.repeat([-1, 0, 1], [30, 30, 40]))
    recipe, chosen = reading(0, 0, 2, 2, inputs=2), np.array([0, 1, 2, 31, 60, 62, 99])
    everywhere = computed(recipe, [Source(column), coarse], 100, block=block)
    assert same(computed(recipe, [Source(column), coarse], chosen, block=block), everywhere[:, chosen])
    assert same(everywhere[2:, 62], [60.0, 6.0])


@pytest.mark.parametrize("block", BLOCKS)
def test_rows_where_any_wanted_output_is_true_are_found(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """In the span alone, in order, however few fit at a time; unknown is not true."""
    first = np.array([1, 0, U, 1, 0, 0, 0, U, 0, 1.0])
    second = np.array([0, 0, 1, 1, U, 0, -2.5, 0, 0, 1.0])
    monkeypatch.setattr(recipes, "FOUND_AT_A_TIME", 3)
    recipe, sources = reading(0, 0, inputs=2), [Source(first), Source(second)]
    assert found(recipe, sources, ["0", "1"], (1, 9), block) == [(2, 2), (3, 3), (6, 2)]
    assert found(recipe, sources, ["1", "0"], (1, 9), block) == [(2, 1), (3, 3), (6, 1)]
    assert found(recipe, sources, ["0"], (0, 10), block) == [(0, 1), (3, 1), (9, 1)]
    assert found(recipe, [Source(np.ones(10))] * 2, ["0"], (0, 10), block) == [(row, 1) for row in range(10)]
    assert found(recipe, sources, [], (0, 10), block) == []
    assert found(recipe, sources, ["1"], (4, 4), block) == []


def found(recipe: Recipe, sources: list[Source], wanted: list[str], span: tuple[int, int], block: int) -> list[Any]:
    """Each row that is found, and the bits of what is true there."""
    return list(zip(*map(np.ndarray.tolist, found_by(recipe, sources, wanted, span, block=block)), strict=True))


def test_as_many_outputs_are_looked_for_as_an_integer_has_bits() -> None:
    """The last of them has the highest bit; one more is refused."""
    names = [str(n) for n in range(MOST_WANTED)]
    code = [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0)]
    last = dict.fromkeys(names, 8) | {names[-1]: 9}
    recipe = Recipe("closes", np.array(code, np.int32), np.empty(0), ("ltf.f", "ltf.s"), tuple(last.items()))
    sources = [Source(np.array([0.0, 0.0])), Source(np.array([0.0, 1.0]))]
    assert found(recipe, sources, names, (0, 2), 2) == [(1, 2 ** (MOST_WANTED - 1))]
    with pytest.raises(ValueError, match="at most 62"):
        found_by(recipe, sources, [*names, names[0]], (0, 2))


def test_a_cross_is_found_where_one_column_comes_to_lie_above_another() -> None:
    """Above now, and not above one row before; equal before counts, an unknown row before does not."""
    fast = np.array([2, 1, 3, 3, 2, 2, 3, U, 3, 1, 3.0])
    slow = np.array([1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2.0])
    code = [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (LOAD, 10, 0, 1), (LOAD, 11, 1, 1)]
    code += [(GT, 12, 8, 9), (LE, 13, 10, 11), (AND, 14, 12, 13)]
    recipe = Recipe("closes", np.array(code, np.int32), np.empty(0), ("ltf.f", "ltf.s"), (("up", 14),))
    assert found_by(recipe, [Source(fast), Source(slow)], ["up"], (0, 11))[0].tolist() == [2, 6, 10]


def test_constants_change_what_the_same_code_gives() -> None:
    """A parameter is a constant by index."""
    code = np.array([(LOAD, 8, 0, 0), (CONST, 9, 1, 0), (MUL, 10, 8, 9)], np.int32)
    recipe = Recipe("ltf", code, np.array([9.0, 2.0]), ("close",), (("twice", 10),))
    column = Source(np.array([1.0, 4.0]))
    assert computed(recipe, [column], 2).tolist() == [[2.0, 8.0]]
    assert computed(recipe._replace(constants=np.array([9.0, 3.0])), [column], 2).tolist() == [[3.0, 12.0]]


def test_columns_that_addresses_would_misread_are_refused() -> None:
    """Every other number, another type, or rows of 32 bits."""
    for wrong in (
        Source(np.arange(20.0)[::2]),
        Source(np.arange(10)),  # type: ignore[arg-type]
        Source(np.arange(10.0), np.arange(10, dtype=np.int32)),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match="after the other"):
            computed(reading(0), [wrong], 10)


def test_the_proof_of_the_machine_code_says_the_same_in_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every instruction makes of a few numbers, at all rows and at some, and what is found among them."""
    told = recipes.mini_recipe()
    monkeypatch.setattr(recipes, "run_recipe", plain(run_recipe))
    assert recipes.mini_recipe() == told
    monkeypatch.setattr(recipes, "run_recipe", lambda address: JOB_ENDS)
    assert recipes.mini_recipe() != told
