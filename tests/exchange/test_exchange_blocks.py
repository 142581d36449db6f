"""Any code over any numbers: neither the size of blocks nor the form of the machine changes a bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.exchange.driver.machine import run_recipe
from btcli.exchange.driver.opcodes import CONST, LOAD, OPCODES
from btcli.exchange.driver.program import Recipe
from btcli.exchange.face import recipes
from btcli.exchange.face.recipes import Source, computed

BLOCKS = (1, 7, 512, 2000)
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, float("nan"), 5e-324, 2.0**53, 1e308, -1e308, float("inf")]),
    st.floats(width=64),
    st.integers(-3, 3).map(float),
)
LINES = st.tuples(
    st.sampled_from([opcode.number for opcode in OPCODES.values() if opcode.arity]),
    *[st.integers(0, 7)] * 3,
)


@settings(max_examples=60)
@given(
    st.lists(NUMBERS, min_size=1, max_size=40),
    st.lists(LINES, min_size=1, max_size=20),
    st.lists(st.integers(0, 50), min_size=4, max_size=4),
)
def test_neither_blocks_nor_forms_change_a_bit(numbers: list[float], lines: Any, lags: list[int]) -> None:
    """Any code over any numbers gives the same bytes by blocks of 1, 7, 512 and all, and compiled and interpreted."""
    column = Source(np.array(numbers))
    begin = [(LOAD, k, 0, lag) for k, lag in enumerate(lags)] + [(CONST, 4 + k, k, 0) for k in range(4)]
    outputs = tuple((str(register), register) for register in range(8))
    recipe = Recipe("ltf", np.array([*begin, *lines], np.int32), np.array([0.0, -1.5, 3.0, 1e300]), ("a",), outputs)
    many = Source(np.tile(column.column, 30))
    told = [computed(recipe, [many], len(many.column), block=block).tobytes() for block in BLOCKS]
    assert len(set(told)) == 1
    once = computed(recipe, [column], len(numbers), block=len(numbers)).tobytes()
    with pytest.MonkeyPatch.context() as interpreted:
        interpreted.setattr(recipes, "run_recipe", getattr(run_recipe, "__wrapped__", run_recipe))
        assert computed(recipe, [column], len(numbers), block=len(numbers)).tobytes() == once
