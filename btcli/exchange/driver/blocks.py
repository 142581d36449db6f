"""Registers into registers: one instruction over the values of a block, a loop an opcode over its scalar function."""

from __future__ import annotations

from btcli.exchange.book.records import Floats
from btcli.exchange.driver.opcodes import (
    ABS,
    ADD,
    AND,
    DIV,
    EQ,
    GE,
    GT,
    KNOWN,
    LE,
    LT,
    MAX,
    MIN,
    MOVE,
    MUL,
    NE,
    NEG,
    NOT,
    OR,
    SUB,
    add,
    both,
    div,
    either,
    eq,
    ge,
    greatest,
    gt,
    is_known,
    le,
    least,
    lt,
    magnitude,
    move,
    mul,
    ne,
    neg,
    negation,
    sub,
)
from btcli.exchange.machine.compiled import compiled


@compiled
def apply_to_block(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """The result of one instruction on many values: a loop an opcode, over what `apply` does with one."""
    if op < ADD:
        apply_to_each(op, out, a)
    elif op < GT:
        apply_to_pairs(op, out, a, b)
    elif op < AND:
        compare_pairs(op, out, a, b)
    else:
        join_pairs(op, out, a, b)


@compiled
def apply_to_each(op: int, out: Floats, a: Floats) -> None:
    """Instructions that read one register."""
    n = len(out)
    if op == MOVE:
        for k in range(n):
            out[k] = move(a[k])
    elif op == NEG:
        for k in range(n):
            out[k] = neg(a[k])
    elif op == ABS:
        for k in range(n):
            out[k] = magnitude(a[k])
    elif op == NOT:
        for k in range(n):
            out[k] = negation(a[k])


@compiled
def apply_to_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """Arithmetic on two registers."""
    n = len(out)
    if op == ADD:
        for k in range(n):
            out[k] = add(a[k], b[k])
    elif op == SUB:
        for k in range(n):
            out[k] = sub(a[k], b[k])
    elif op == MUL:
        for k in range(n):
            out[k] = mul(a[k], b[k])
    elif op == DIV:
        for k in range(n):
            out[k] = div(a[k], b[k])
    elif op == MIN:
        for k in range(n):
            out[k] = least(a[k], b[k])
    elif op == MAX:
        for k in range(n):
            out[k] = greatest(a[k], b[k])


@compiled
def compare_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """Comparisons of two registers."""
    n = len(out)
    if op == GT:
        for k in range(n):
            out[k] = gt(a[k], b[k])
    elif op == GE:
        for k in range(n):
            out[k] = ge(a[k], b[k])
    elif op == LT:
        for k in range(n):
            out[k] = lt(a[k], b[k])
    elif op == LE:
        for k in range(n):
            out[k] = le(a[k], b[k])
    elif op == EQ:
        for k in range(n):
            out[k] = eq(a[k], b[k])
    elif op == NE:
        for k in range(n):
            out[k] = ne(a[k], b[k])


@compiled
def join_pairs(op: int, out: Floats, a: Floats, b: Floats) -> None:
    """What joins two truth values."""
    n = len(out)
    if op == AND:
        for k in range(n):
            out[k] = both(a[k], b[k])
    elif op == OR:
        for k in range(n):
            out[k] = either(a[k], b[k])
    elif op == KNOWN:
        for k in range(n):
            out[k] = is_known(a[k])
