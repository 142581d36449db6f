"""What every instruction gives, written by hand, in each of the forms in which it runs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.records import BOOK
from btcli.exchange.driver import machine
from btcli.exchange.driver.opcodes import BY_NUMBER, CONST, END, FRESH, LOAD, OPCODES, apply
from btcli.exchange.driver.program import Recipe
from btcli.exchange.driver.ruled import evaluated
from btcli.exchange.face import recipes
from btcli.exchange.face.first_state import fresh_books
from btcli.exchange.face.recipes import Source, computed
from btcli.exchange.formulas.choosing import FIRST_GROUP
from btcli.exchange.machine.compiled import entry
from btcli.exchange.machine.views import record_at

Z, N, U, I = 0.0, -0.0, float("nan"), float("inf")  # noqa: E741
BOOKS = fresh_books()
T = 5e-324  # the smallest number above 0
B = 9007199254740992.0  # 2^53: no odd number above it is a double
M = 1.7976931348623157e308  # the greatest number
W = struct.unpack("<d", bytes.fromhex("010000000000f8ff"))[0]  # an unknown one with a sign and other bits

ONE = {
    "MOVE": [(Z, Z), (N, N), (U, U), (W, U), (I, U), (-I, U), (T, T), (-T, -T), (B + 2, B + 2), (M, M)],
    "NEG": [(Z, N), (N, Z), (U, U), (W, U), (I, U), (-I, U), (T, -T), (-B, B), (M, -M)],
    "ABS": [(Z, Z), (N, Z), (U, U), (W, U), (I, U), (-I, U), (-T, T), (-B - 2, B + 2), (-M, M)],
    "KNOWN": [(Z, 1.0), (N, 1.0), (U, Z), (W, Z), (I, Z), (-I, Z), (T, 1.0), (M, 1.0)],
    "NOT": [(Z, 1.0), (N, 1.0), (U, U), (W, U), (I, Z), (-T, Z), (1.0, Z), (B, Z)],
}
NUMBERS = {
    "ADD": [
        (Z, N, Z), (N, N, N), (U, 1.0, U), (1.0, W, U), (W, U, U), (I, -I, U), (I, 1.0, U), (M, M, U), (B, 1.0, B),
        (B, 3.0, B + 4), (T, T, 1e-323), (T, -T, Z), (0.1, 0.2, 0.30000000000000004),
    ],
    "SUB": [
        (Z, Z, Z), (N, Z, N), (N, N, Z), (1.0, U, U), (W, 1.0, U), (I, I, U), (-M, M, U), (B + 2, 1.0, B), (T, T, Z),
        (0.3, 0.1, 0.19999999999999998),
    ],
    "MUL": [
        (Z, I, U), (N, 5.0, N), (Z, -5.0, N), (U, Z, U), (Z, W, U), (T, 0.5, Z), (T, 2.0, 1e-323), (M, 2.0, U),
        (1e200, -1e200, U), (B, B, 2.0**106), (B + 2, 3.0, 27021597764222984.0), (0.1, 3.0, 0.30000000000000004),
    ],
    "DIV": [
        (1.0, Z, U), (1.0, N, U), (Z, Z, U), (I, Z, U), (Z, -5.0, N), (U, 1.0, U), (1.0, W, U), (1.0, I, Z),
        (-1.0, I, N), (I, 1.0, U), (I, I, U), (T, 2.0, Z), (M, 0.5, U), (1.0, 3.0, 0.3333333333333333),
        (B + 2, 2.0, 4503599627370497.0),
    ],
    "MIN": [
        (Z, N, Z), (N, Z, N), (U, 1.0, U), (1.0, W, U), (I, 1.0, 1.0), (-I, 1.0, U), (1.0, -I, U), (T, Z, Z),
        (B, B + 2, B), (2.0, 1.0, 1.0), (I, I, U), (-M, M, -M),
    ],
    "MAX": [
        (Z, N, Z), (N, Z, N), (W, 1.0, U), (1.0, U, U), (I, 1.0, U), (1.0, I, U), (-I, 1.0, 1.0), (T, Z, T),
        (B, B + 2, B + 2), (2.0, 1.0, 2.0), (-I, -I, U), (-M, M, M),
    ],
}  # fmt: skip
RELATIONS = [
    (Z, N, "="), (N, Z, "="), (T, Z, ">"), (-T, N, "<"), (Z, T, "<"), (B, B + 1.0, "="), (B + 2, B, ">"),
    (M, I, "<"), (I, I, "="), (-I, I, "<"), (-I, -M, "<"), (U, 1.0, "?"), (1.0, W, "?"), (U, U, "?"), (I, U, "?"),
    (0.1 + 0.2, 0.3, ">"), (1.0, 1.0, "="),
]  # fmt: skip
TOLD = {
    "GT": {"<": Z, "=": Z, ">": 1.0, "?": U},
    "GE": {"<": Z, "=": 1.0, ">": 1.0, "?": U},
    "LT": {"<": 1.0, "=": Z, ">": Z, "?": U},
    "LE": {"<": 1.0, "=": 1.0, ">": Z, "?": U},
    "EQ": {"<": Z, "=": 1.0, ">": Z, "?": U},
    "NE": {"<": 1.0, "=": Z, ">": 1.0, "?": U},
}
KLEENE = {
    "AND": [
        (Z, Z, Z), (Z, 1.0, Z), (1.0, Z, Z), (1.0, 1.0, 1.0), (Z, U, Z), (U, N, Z), (1.0, U, U), (W, 1.0, U), (U, W, U),
        (N, I, Z), (T, -T, 1.0), (B, -I, 1.0), (I, U, U),
    ],
    "OR": [
        (Z, Z, Z), (N, N, Z), (Z, 1.0, 1.0), (1.0, Z, 1.0), (1.0, 1.0, 1.0), (Z, U, U), (W, N, U), (1.0, U, 1.0),
        (U, -T, 1.0), (U, W, U), (I, N, 1.0), (B, -I, 1.0), (U, -I, 1.0),
    ],
}  # fmt: skip


def cases() -> Iterator[tuple[str, float, float, float]]:
    """Every instruction with what it reads and what it gives; of one register the second is whatever lies there."""
    for name, rows in ONE.items():
        yield from ((name, a, other, result) for a, result in rows for other in (Z, 7.0, U))
    for name, pairs in {**NUMBERS, **KLEENE}.items():
        yield from ((name, *row) for row in pairs)
    for name, told in TOLD.items():
        yield from ((name, a, b, told[relation]) for a, b, relation in RELATIONS)


ALL = list(cases())


def bits(value: float) -> bytes:
    """The bytes of a number, which tell -0 from 0 and one NaN from another."""
    return struct.pack("<d", value)


def wrong(results: Any) -> list[str]:
    """The cases whose result has other bytes than what is written here."""
    told = zip(ALL, results, strict=True)
    return [f"{name} {a!r} {b!r}: {got!r}, not {due!r}" for (name, a, b, due), got in told if bits(got) != bits(due)]


def test_every_instruction_that_computes_has_cases() -> None:
    """No opcode is left out, and none of the table's numbers is used twice."""
    assert {name for name, *_ in ALL} == {name for name, opcode in OPCODES.items() if opcode.arity}
    assert [BY_NUMBER[opcode.number].name for opcode in OPCODES.values()] == list(OPCODES)


def test_the_scalar_functions_give_what_is_written() -> None:
    """Each function of the table, read as plain Python."""
    assert wrong([OPCODES[name].scalar(*(a, b)[: OPCODES[name].arity]) for name, a, b, _ in ALL]) == []
    assert wrong([apply(OPCODES[name].number, a, b) for name, a, b, _ in ALL]) == []


@entry
def row(code: int, n_code: int, numbers: int, width: int, rules: int, book: int) -> int:
    """The way in to the code of the loop, which has none of its own: on the one row of rules, of so many numbers."""
    of_rules, of_book = record_at(rules, RULES), record_at(book, BOOK)
    of_rules["n_code"], of_rules["code"], of_rules["n_constants"], of_rules["constants"] = n_code, code, width, numbers
    of_rules["n_groups"], of_rules["n_rows"], of_rules["values"] = 1, 1, numbers
    of_rules["n_reads"][0] = width
    evaluated(of_book, 0, of_rules, 0)
    return 0


def on_one_row(run: Callable[..., int], name: str, a: float, b: float, *more: tuple[int, ...]) -> list[float]:
    """The registers after one instruction on two columns, and whatever follows it."""
    code = np.array([(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (OPCODES[name].number, 10, 8, 9), *more], np.int32)
    values, rules = np.array([a, b]), np.zeros(1, RULES)
    kinds, starts = np.array([FIRST_GROUP], np.int32), np.zeros(1, np.int64)
    rules["kinds"], rules["starts"] = kinds.ctypes.data, starts.ctypes.data
    with np.errstate(all="ignore"):
        run(code.ctypes.data, len(code), values.ctypes.data, 2, rules.ctypes.data, BOOKS.ctypes.data)
    registers: list[float] = BOOKS[0]["registers"].tolist()
    return registers


def plain(enter: Any) -> Any:
    """An entry as the Python that it is written in."""
    return getattr(enter, "__wrapped__", enter)


@pytest.mark.parametrize("run", [row, plain(row)], ids=["compiled", "interpreted"])
def test_the_code_of_the_loop_gives_what_is_written(run: Callable[..., int]) -> None:
    """Each instruction on one row; what enters is finite or unknown, as it is for all code."""
    finite = [case for case in ALL if not np.isinf(case[1:3]).any()]
    assert {name for name, *_ in finite} == {name for name, *_ in ALL}
    for name, a, b, due in finite:
        assert bits(on_one_row(run, name, a, b)[10]) == bits(due), (name, a, b)


@pytest.mark.parametrize("run", [row, plain(row)], ids=["compiled", "interpreted"])
def test_what_the_rules_do_not_say_is_unknown(run: Callable[..., int]) -> None:
    """Outputs that no instruction writes are NaN, whatever the registers held; constants count; END ends."""
    registers = on_one_row(run, "ADD", 2.0, 3.0, (CONST, 1, 1, 0), (END, 0, 0, 0), (CONST, 2, 0, 0))
    assert registers[10] == 5.0
    assert registers[1] == 3.0
    assert np.isnan(registers[:8]).tolist() == [True, False] + [True] * 6


@pytest.fixture(params=["compiled", "interpreted"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Recipes run by both forms of the machine."""
    if request.param == "interpreted":
        monkeypatch.setattr(recipes, "run_recipe", plain(machine.run_recipe))
    return str(request.param)


@pytest.mark.parametrize("block", [1, 7, 512, 4096])
@pytest.mark.parametrize("out", [10, 8, 9])
def test_blocks_give_what_is_written(form: str, block: int, out: int) -> None:
    """Each instruction over many rows, whatever the blocks and where the result goes: no lane is another's."""
    copies = 9 if form == "compiled" else 1
    for name, opcode in OPCODES.items():
        rows = [case for case in ALL if case[0] == name and not np.isinf(case[1:3]).any()]
        if not rows:
            continue
        a, b, due = (np.tile(np.array([case[k] for case in rows]), copies) for k in (1, 2, 3))
        code = np.array([(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (opcode.number, out, 8, 9)], np.int32)
        recipe = Recipe("ltf", code, np.empty(0), ("a", "b"), (("c", out),))
        given = computed(recipe, [Source(a), Source(b)], len(a), block=block)
        assert given.tobytes() == due.tobytes(), name


def test_what_enters_is_finite_or_unknown(form: str) -> None:
    """Columns and constants lose infinities, and every NaN becomes the one; the sign of 0 stays."""
    code = np.array([(LOAD, 8, 0, 0), (CONST, 9, 0, 0), (CONST, 10, 1, 0)], np.int32)
    recipe = Recipe("ltf", code, np.array([-I, W]), ("a",), (("a", 8), ("b", 9), ("c", 10)))
    given = computed(recipe, [Source(np.array([I, -I, W, N, T]))], 5)
    assert given.tobytes() == np.array([[U, U, U, N, T], [U] * 5, [U] * 5]).tobytes()


def test_a_role_is_fresh_where_it_is_told(form: str) -> None:
    """FRESH reads the column of the role with its number, 0 for ltf to 3 for exec."""
    code = np.array([(FRESH, 8 + role, role, 0) for role in range(4)], np.int32)
    recipe = Recipe("closes", code, np.empty(0), (), tuple((str(role), 8 + role) for role in range(4)))
    told = np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert computed(recipe, [], 3, [Source(column) for column in told]).tolist() == told.tolist()
