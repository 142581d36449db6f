"""What every instruction gives, written by hand, in each of the forms in which it runs."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from btcli.exchange.driver.opcodes import BY_NUMBER, OPCODES, apply

Z, N, U, I = 0.0, -0.0, float("nan"), float("inf")  # noqa: E741
T = 5e-324  # the smallest number above 0
B = 9007199254740992.0  # 2^53: no odd number above it is a double
M = 1.7976931348623157e308  # the greatest number
W = struct.unpack("<d", bytes.fromhex("010000000000f8ff"))[0]  # an unknown one with a sign and other bits

ONE = {
    "MOVE": [(Z, Z), (N, N), (U, U), (W, U), (I, U), (-I, U), (T, T), (-T, -T), (B + 2, B + 2), (M, M)],
    "NEG": [(Z, N), (N, Z), (U, U), (W, U), (I, U), (-I, U), (T, -T), (-B, B), (M, -M)],
    "ABS": [(Z, Z), (N, Z), (U, U), (W, U), (I, U), (-I, U), (-T, T), (-B - 2, B + 2), (-M, M)],
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
