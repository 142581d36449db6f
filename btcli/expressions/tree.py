"""What an expression means as a value: numbers, parameters, columns, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from btcli.expressions.function import Function

ROLES = ("exec", "ltf", "mtf", "htf")
ARITHMETIC = frozenset({"ADD", "SUB", "MUL", "DIV", "NEG", "ABS", "MIN", "MAX"})
LOGIC = frozenset({"AND", "OR", "NOT"})
THEN = "then"
TRUTHS = frozenset({"rising", "falling"})  # functions that look back and say true or false
FALSE_MS = "false_ms"  # of a condition at every close of ltf, whatever roles it names: when it was false last


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, or what several of them come to."""

    value: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that has a name under `strategy.params`."""

    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """A price or feature of a role, `lag` bars before the one at hand; a role of another symbol is "ETHUSDT.htf"."""

    role: str
    name: str
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by the name that the machine has for it; MIN, MAX, AND and OR have two operands or more."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cross:
    """`first` passes `second` from below where `is_above`, else from above."""

    is_above: bool
    first: Node
    second: Node


@dataclass(frozen=True, slots=True)
class Earlier:
    """`of[bars]`: what it was so many bars before."""

    of: Node
    bars: int


@dataclass(frozen=True, slots=True)
class Window:
    """A function of the last bars of an expression, such as `highest(high, 20)`; bars_since has no number: 0."""

    function: str
    of: Node
    bars: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One output of a function of features, over series on the bars of one role: prices, or what is made of them."""

    function: Function
    inputs: tuple[Node, ...]
    numbers: tuple[float, ...]
    output: int = 0


@dataclass(frozen=True, slots=True)
class UserFunction:
    """What a function of the user's gives over the closed bars of a role; a value needs `bars` before its own.

    `source` is the digest of its files. `compute` takes bars and gives float64 along them; it checks what it gives.
    """

    name: str
    arguments: tuple[tuple[str, float | int | str | bool], ...]
    bars: int
    source: str
    compute: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Fresh:
    """True where a bar of the role closed at this very ltf close."""

    role: str


@dataclass(frozen=True, slots=True)
class State:
    """How the position or the account stands at the close, as `position.bars`; known there alone."""

    name: str


@dataclass(frozen=True, slots=True)
class Memory:
    """True where a condition was true at one of so many evaluations before this one; entries of `side` use that up."""

    of: Node
    bars: int
    side: str = ""  # "": nobody's


Node = (
    Number
    | Parameter
    | Column
    | Operation
    | Cross
    | Earlier
    | Window
    | Indicator
    | UserFunction
    | Fresh
    | State
    | Memory
)


def is_condition(node: Node) -> bool:
    """Whether it is true, false or unknown, and no number."""
    if isinstance(node, Earlier):
        return is_condition(node.of)
    if isinstance(node, Window):
        return node.function in TRUTHS
    return isinstance(node, (Cross, Fresh, Memory)) or (isinstance(node, Operation) and node.op not in ARITHMETIC)


def below(node: Node) -> tuple[Node, ...]:
    """What a node is made of."""
    if isinstance(node, Operation):
        return node.operands
    if isinstance(node, (Earlier, Window, Memory)):
        return (node.of,)
    if isinstance(node, Indicator):
        return node.inputs
    return (node.first, node.second) if isinstance(node, Cross) else ()


def leaves(node: Node) -> Iterator[Node]:
    """Every node without others below it, from left to right."""
    parts = below(node)
    if not parts:
        yield node
    for part in parts:
        yield from leaves(part)


def roles_of(node: Node) -> frozenset[str]:
    """The roles whose prices and features a node names."""
    return frozenset(leaf.role for leaf in leaves(node) if isinstance(leaf, (Column, Fresh)))


def whose(role: str) -> tuple[str, str]:
    """The symbol that a role is of, "" for the one that is decided for, and the role.

    >>> whose("ETHUSDT.htf"), whose("htf")
    (('ETHUSDT', 'htf'), ('', 'htf'))
    """
    symbol, _, own = role.rpartition(".")
    return symbol, own


def states_of(node: Node) -> tuple[str, ...]:
    """What a node names that is known inside the loop alone, from left to right; of what is remembered THEN."""
    if isinstance(node, (State, Memory)):
        return (node.name if isinstance(node, State) else THEN,)
    return tuple(name for part in below(node) for name in states_of(part))


def used_by(node: Node, side: str) -> Node:
    """The same, of which the entries of a side use up what it remembers."""
    if isinstance(node, Memory):
        return Memory(used_by(node.of, side), node.bars, side)
    if isinstance(node, Operation) and THEN in states_of(node):
        return Operation(node.op, tuple(used_by(operand, side) for operand in node.operands))
    return node


def read_at_closes(node: Node, name_of: Callable[[State | Memory], str]) -> Node:
    """The same with what is known inside the loop alone as columns of ltf, under the names that a run noted it by."""
    if isinstance(node, (State, Memory)):
        return Column("ltf", name_of(node))
    if isinstance(node, Operation) and states_of(node):
        return Operation(node.op, tuple(read_at_closes(operand, name_of) for operand in node.operands))
    return node


def delayed(node: Node, bars: int = 1) -> Node:
    """The same so many rows before: of columns and what is done with them."""
    if isinstance(node, Column):
        return Column(node.role, node.name, node.lag + bars)
    if isinstance(node, Operation):
        return Operation(node.op, tuple(delayed(operand, bars) for operand in node.operands))
    return node
