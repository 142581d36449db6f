"""Programs are checked before the machine runs them, and can be read."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.exchange.book.records import LOOP_REGISTERS
from btcli.exchange.book.states import STATES
from btcli.exchange.driver.opcodes import ADD, CONST, END, FRESH, GT, LOAD, STATE
from btcli.exchange.driver.program import Group, Program, Recipe, Want, check_program, listing
from btcli.exchange.formulas.choosing import ALWAYS_MATTERS

Lines = list[tuple[int, int, int, int]]


def recipe(*lines: tuple[int, int, int, int], role: str = "closes", outputs: dict[str, int] | None = None) -> Recipe:
    """A recipe with two inputs and one constant."""
    code = np.array(lines, np.int32).reshape(-1, 4)
    return Recipe(role, code, np.array([0.5]), ("ltf.close", "htf.f"), tuple((outputs or {"x": 8}).items()))


def program(*lines: tuple[int, int, int, int], recipes: tuple[Recipe, ...] = ()) -> Program:
    """A program of one group, which reads one column, and has one constant."""
    code = np.array([*lines, (END, 0, 0, 0)], np.int32)
    return Program(recipes, (Group((Want("x", ALWAYS_MATTERS),), code, ("x",)),), np.array([2.0]))


def test_code_that_reads_what_is_there_is_taken() -> None:
    """Inputs, constants, registers written before, roles that may be fresh, and outputs of the loop."""
    closes = recipe((LOAD, 8, 1, 3), (CONST, 9, 0, 0), (FRESH, 63, 3, 0), (GT, 8, 8, 9), (END, 0, 0, 0), (99, 0, 0, 0))
    loop = ((LOAD, 0, 0, 0), (CONST, 4, 0, 0), (STATE, 127, len(STATES) - 1, 0), (ADD, 8, 127, 7))
    check_program(program(*loop, recipes=(closes,)))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([(LOAD, 8, 2, 0)], "instruction 0: LOAD 2 0, of 2"),
        ([(LOAD, 8, -1, 0)], "instruction 0: LOAD -1 0, of 2"),
        ([(LOAD, 8, 0, -1)], "instruction 0: LOAD 0 -1, of 2"),
        ([(CONST, 8, 1, 0)], "instruction 0: CONST 1 0, of 1"),
        ([(FRESH, 8, 4, 0)], "instruction 0: FRESH 4 0, of 4"),
        ([(LOAD, 8, 0, 0), (GT, 8, 8, 9)], "instruction 1: GT reads register 9 before a write"),
        ([(LOAD, 8, 0, 0), (GT, 8, 64, 8)], "instruction 1: GT reads register 64 before a write"),
        ([(LOAD, 64, 0, 0)], "instruction 0: LOAD writes register 64 of 64"),
        ([(LOAD, -1, 0, 0)], "instruction 0: LOAD writes register -1 of 64"),
        ([(24, 8, 0, 0)], "instruction 0: no opcode has the number 24"),
        ([(STATE, 8, 0, 0)], "STATE is for the code of the loop"),
        ([(LOAD, 9, 0, 0)], "x is in register 8, which no instruction writes"),
        ([(END, 0, 0, 0), (LOAD, 8, 0, 0)], "x is in register 8, which no instruction writes"),
    ],
)
def test_code_that_reads_or_writes_elsewhere_is_refused(lines: Lines, said: str) -> None:
    """The machine works on addresses: what lies beside them is no one's."""
    with pytest.raises(ValueError, match=f"^recipe 0.*{said}$"):
        check_program(program(recipes=(recipe(*lines),)))


def test_code_of_another_shape_is_refused() -> None:
    """The machine reads int32, four to an instruction."""
    closes = recipe((LOAD, 8, 0, 0))
    for code in (closes.code.astype(np.int64), closes.code[:, :3]):
        with pytest.raises(ValueError, match="code is int32"):
            check_program(program(recipes=(closes._replace(code=code),)))


def test_roles_and_places_of_instructions_are_checked() -> None:
    """Nothing is fresh on a role's own bars or in the loop, which reads columns at its own close alone."""
    fresh, given = (FRESH, 8, 0, 0), (recipe((LOAD, 8, 0, 0)),)
    for wrong, said in (
        (program(recipes=(*given, recipe(fresh, role="ltf"))), "FRESH is for closes"),
        (program(recipes=(*given, recipe((LOAD, 8, 0, 0), role="4h"))), "no role is called '4h'"),
        (program(fresh, recipes=given), "FRESH is for closes"),
        (program((LOAD, 0, 0, 1), recipes=given), "with lag 0"),
        (program((LOAD, 0, 1, 0), recipes=given), "LOAD 1 0, of 1"),
        (program((STATE, 0, len(STATES), 0), recipes=given), f"STATE {len(STATES)} is no state"),
        (program((LOAD, LOOP_REGISTERS, 0, 0), recipes=given), f"register {LOOP_REGISTERS} of {LOOP_REGISTERS}"),
    ):
        with pytest.raises(ValueError, match=said):
            check_program(wrong)


def test_columns_come_from_earlier_recipes_and_each_from_one() -> None:
    """A name read before it is made, made twice, or made by none is refused."""
    given = recipe((LOAD, 8, 0, 0))
    for recipes, said in (
        ((given._replace(inputs=("x", "ltf.close")),), "recipe 0: x comes out of it or of a later one"),
        ((given._replace(inputs=("htf.y", "z")), given._replace(role="htf", outputs=(("y", 8),))), "recipe 0: htf.y"),
        ((given, given), "two recipes of closes give x"),
        ((given._replace(role="ltf"),), "no recipe of closes gives x"),
    ):
        with pytest.raises(ValueError, match=said):
            check_program(program(recipes=recipes))


def test_code_can_be_read() -> None:
    """One line an instruction, registers by number."""
    code = np.array([(LOAD, 8, 0, 1), (FRESH, 9, 2, 0), (STATE, 9, 3, 0), (GT, 10, 8, 9), (END, 0, 0, 0)], np.int32)
    said = ["r8 = LOAD 0 lag 1", "r9 = FRESH 2", "r9 = STATE position.bars", "r10 = GT r8 r9", "END"]
    assert listing(code).splitlines() == said


def test_groups_end_and_are_not_more_than_a_row_can_name() -> None:
    """Code that would run on into that of the next group, and a twenty-sixth one, are refused."""
    closes = (recipe((LOAD, 8, 0, 0)),)
    one = program((LOAD, 0, 0, 0), recipes=closes)
    endless = one.groups[0]._replace(code=np.array([(LOAD, 0, 0, 0)], np.int32))
    for groups, said in (((endless,), "group 0: the last instruction is END"), (one.groups * 26, "26 groups")):
        with pytest.raises(ValueError, match=said):
            check_program(one._replace(groups=groups))
