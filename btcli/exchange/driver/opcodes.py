"""The instructions of a program: one table, read by the assembler and by both forms of the machine.

Every result is a finite number or NaN, which stands for unknown; what would be infinite is unknown at once, so that
a value is the same whether it was kept in a column on its way or not. Of all NaN only one comes out, so that equal
results have equal bytes on every processor. Truth is 1, 0 or NaN; read as truth, 0 is false and any other number true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from btcli.exchange.machine.compiled import compiled

NAN = float("nan")
INFINITE = float("inf")

END, LOAD, CONST, FRESH = range(4)
MOVE, NEG, ABS, NOT = range(4, 8)
ADD, SUB, MUL, DIV, MIN, MAX = range(8, 14)
GT, GE, LT, LE, EQ, NE, AND, OR = range(14, 22)
STATE, KNOWN = 22, 23


@compiled
def known(x: float) -> float:
    """The number itself, or unknown where it is not finite.

    >>> known(1.5), known(float("inf"))
    (1.5, nan)
    """
    return x if abs(x) < INFINITE else NAN


@compiled
def truth(is_so: bool, is_not: bool) -> float:
    """One of the three truth values; unknown where neither holds."""
    return 1.0 if is_so else (0.0 if is_not else NAN)


@compiled
def is_true(a: float) -> bool:
    """Whether a number counts as true; an unknown one does not."""
    return a < 0.0 or a > 0.0


@compiled
def move(a: float) -> float:
    """`a`."""
    return known(a)


@compiled
def is_known(a: float) -> float:
    """1 where `a` is a number or a truth value, 0 where it is unknown.

    >>> is_known(0.0), is_known(NAN)
    (1.0, 0.0)
    """
    return 1.0 if abs(a) < INFINITE else 0.0


@compiled
def neg(a: float) -> float:
    """`-a`."""
    return known(-a)


@compiled
def magnitude(a: float) -> float:
    """`abs(a)`."""
    return known(abs(a))


@compiled
def negation(a: float) -> float:
    """`not a`."""
    return truth(a == 0.0, is_true(a))


@compiled
def add(a: float, b: float) -> float:
    """`a + b`."""
    return known(a + b)


@compiled
def sub(a: float, b: float) -> float:
    """`a - b`."""
    return known(a - b)


@compiled
def mul(a: float, b: float) -> float:
    """`a * b`."""
    return known(a * b)


@compiled
def div(a: float, b: float) -> float:
    """`a / b`; by zero unknown.

    >>> div(1.0, 8.0), div(1.0, 0.0)
    (0.125, nan)
    """
    return NAN if b == 0.0 else known(a / b)


@compiled
def least(a: float, b: float) -> float:
    """The smaller one; of equals (0 and -0 are equal) the first, with an unknown one unknown."""
    return known(a) if a <= b else known(b) if b < a else NAN


@compiled
def greatest(a: float, b: float) -> float:
    """The greater one; of equals (0 and -0 are equal) the first, with an unknown one unknown."""
    return known(a) if a >= b else known(b) if b > a else NAN


@compiled
def gt(a: float, b: float) -> float:
    """`a > b`."""
    return truth(a > b, a <= b)


@compiled
def ge(a: float, b: float) -> float:
    """`a >= b`."""
    return truth(a >= b, a < b)


@compiled
def lt(a: float, b: float) -> float:
    """`a < b`."""
    return truth(a < b, a >= b)


@compiled
def le(a: float, b: float) -> float:
    """`a <= b`."""
    return truth(a <= b, a > b)


@compiled
def eq(a: float, b: float) -> float:
    """`a == b`."""
    return truth(a == b, a < b or a > b)


@compiled
def ne(a: float, b: float) -> float:
    """`a != b`."""
    return truth(a < b or a > b, a == b)


@compiled
def both(a: float, b: float) -> float:
    """`a and b` by Kleene: false where one is false, else unknown where one is unknown.

    >>> both(0.0, NAN), both(1.0, NAN), both(1.0, 1.0)
    (0.0, nan, 1.0)
    """
    return truth(is_true(a) and is_true(b), a == 0.0 or b == 0.0)


@compiled
def either(a: float, b: float) -> float:
    """`a or b` by Kleene: true where one is true, else unknown where one is unknown.

    >>> either(1.0, NAN), either(0.0, NAN), either(0.0, 0.0)
    (1.0, nan, 0.0)
    """
    return truth(is_true(a) or is_true(b), a == 0.0 and b == 0.0)


@compiled
def apply(op: int, a: float, b: float) -> float:
    """The result of one instruction on values; those that read from outside are their reader's. Unknown ones: NaN."""
    if op < ADD:
        return apply_to_one(op, a)
    if op < GT:
        return apply_to_numbers(op, a, b)
    if op == GT:
        return gt(a, b)
    if op == GE:
        return ge(a, b)
    if op == LT:
        return lt(a, b)
    if op == LE:
        return le(a, b)
    if op == EQ:
        return eq(a, b)
    if op == NE:
        return ne(a, b)
    if op == AND:
        return both(a, b)
    if op == KNOWN:
        return is_known(a)
    return either(a, b) if op == OR else NAN


@compiled
def apply_to_one(op: int, a: float) -> float:
    """The result of an instruction that reads one register."""
    if op == MOVE:
        return move(a)
    if op == NEG:
        return neg(a)
    if op == ABS:
        return magnitude(a)
    return negation(a) if op == NOT else NAN


@compiled
def apply_to_numbers(op: int, a: float, b: float) -> float:
    """The result of arithmetic on two registers."""
    if op == ADD:
        return add(a, b)
    if op == SUB:
        return sub(a, b)
    if op == MUL:
        return mul(a, b)
    if op == DIV:
        return div(a, b)
    return least(a, b) if op == MIN else greatest(a, b)


class Opcode(NamedTuple):
    """An instruction: what it is called, its number in code, how many registers it reads, and what it does to them."""

    name: str
    number: int
    arity: int
    scalar: Callable[..., float] | None = None  # None: it reads from outside, or nothing


OPCODES = {
    opcode.name: opcode
    for opcode in (
        Opcode("END", END, 0),
        Opcode("LOAD", LOAD, 0),
        Opcode("CONST", CONST, 0),
        Opcode("FRESH", FRESH, 0),
        Opcode("MOVE", MOVE, 1, move),
        Opcode("NEG", NEG, 1, neg),
        Opcode("ABS", ABS, 1, magnitude),
        Opcode("NOT", NOT, 1, negation),
        Opcode("ADD", ADD, 2, add),
        Opcode("SUB", SUB, 2, sub),
        Opcode("MUL", MUL, 2, mul),
        Opcode("DIV", DIV, 2, div),
        Opcode("MIN", MIN, 2, least),
        Opcode("MAX", MAX, 2, greatest),
        Opcode("GT", GT, 2, gt),
        Opcode("GE", GE, 2, ge),
        Opcode("LT", LT, 2, lt),
        Opcode("LE", LE, 2, le),
        Opcode("EQ", EQ, 2, eq),
        Opcode("NE", NE, 2, ne),
        Opcode("AND", AND, 2, both),
        Opcode("OR", OR, 2, either),
        Opcode("STATE", STATE, 0),
        Opcode("KNOWN", KNOWN, 1, is_known),
    )
}
BY_NUMBER = {opcode.number: opcode for opcode in OPCODES.values()}
