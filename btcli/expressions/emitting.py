"""From expressions to instructions: equal parts are computed once, registers are given back after their last use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import LOOP_REGISTERS, REGISTERS
from btcli.exchange.book.states import STATES, memory_state
from btcli.exchange.driver.opcodes import OPCODES
from btcli.exchange.driver.program import CLOSES, FRESH_OF, ROLES_OF_RULES
from btcli.expressions.tree import (
    Column,
    Cross,
    Earlier,
    Fresh,
    Indicator,
    Memory,
    Node,
    Number,
    Operation,
    Parameter,
    State,
    UserFunction,
    Window,
    whose,
)

SCOPES_BY_SIDE = {"": 0, "long": 1, "short": 2}  # whose entries use up what is remembered


class Step(NamedTuple):
    """An instruction before registers are given: it reads the places of earlier steps, or an index and a lag."""

    op: str
    a: int = 0
    b: int = 0

    @property
    def reads(self) -> tuple[int, ...]:
        """The steps whose results it reads."""
        return (self.a, self.b)[: OPCODES[self.op].arity]


class Emitted(NamedTuple):
    """Code over registers; a constant is a number or the name of a parameter, an input "htf.trend" or "trend"."""

    code: NDArray[np.int32]
    constants: tuple[float | str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, int], ...]


def emitted(wanted: Mapping[str, Node], *, with_roles: bool) -> Emitted:
    """The code that computes these expressions, crosses already taken apart; `with_roles`: inputs name their role."""
    for shares in (True, False):  # what is shared is held in a register for longer
        steps = _Steps(with_roles, shares, [])
        results = {name: steps.of(node) for name, node in wanted.items()}
        registers = _registers(steps.steps, dict.fromkeys(results.values()), range(REGISTERS))
        if registers is not None:
            break
    else:
        raise AssertionError("more values at once than registers: the depth and the outputs are bounded below that")
    code = [_instruction(step, place, registers) for place, step in enumerate(steps.steps)]
    outputs = tuple((name, registers[place]) for name, place in results.items())
    return Emitted(instructions(code), tuple(steps.constants), tuple(steps.inputs), outputs)


def emitted_in_loop(
    wanted: Mapping[int, Node], constants: list[float | str], memories: list[Node], scratch: int
) -> tuple[list[tuple[int, int, int, int]], tuple[str, ...]]:
    """The code that leaves these expressions in their registers, below `scratch`, and the columns that it reads.

    What it needs of constants, and of conditions that are remembered, is added to those.
    """
    for shares in (True, False):
        steps = _Steps(False, shares, constants, memories)
        results = {register: steps.of(node) for register, node in wanted.items()}
        own: dict[int, int | None] = {place: register for register, place in reversed(results.items())}
        registers = _registers(steps.steps, own, range(scratch, LOOP_REGISTERS))
        if registers is not None:
            break
    else:
        raise AssertionError("more values at once than registers: the depth is bounded below that")
    code = [_instruction(step, place, registers) for place, step in enumerate(steps.steps)]
    move = OPCODES["MOVE"].number
    code += [(move, register, registers[at], 0) for register, at in results.items() if registers[at] != register]
    return code, tuple(steps.inputs)


def number_of(node: State | Memory, memories: list[Node]) -> int:
    """The number under which the loop has a state, or what it remembers: a condition that is new to it is added."""
    if isinstance(node, State):
        return STATES.index(node.name)
    if node.of not in memories:
        memories.append(node.of)
    return memory_state(memories.index(node.of), node.bars, SCOPES_BY_SIDE[node.side])


def instructions(code: Iterable[tuple[int, int, int, int]]) -> NDArray[np.int32]:
    """Code as the machine takes it, with its end."""
    return np.array([*code, (OPCODES["END"].number, 0, 0, 0)], np.int32)


class _Steps:
    """The steps so far, each after those that it reads."""

    def __init__(
        self, with_roles: bool, shares: bool, constants: list[float | str], memories: list[Node] | None = None
    ) -> None:
        self.steps: list[Step] = []
        self.constants = constants
        self._memories = [] if memories is None else memories
        self.inputs: list[str] = []
        self._with_roles, self._shares = with_roles, shares
        self._known: dict[Step, int] = {}

    def of(self, node: Node) -> int:
        """The step that computes a node."""
        if isinstance(node, (Number, Parameter)):
            value = node.value if isinstance(node, Number) else node.name
            return self._place(Step("CONST", _index(self.constants, value)))
        if isinstance(node, Column):
            name = f"{node.role}.{node.name}" if self._with_roles and node.role != CLOSES else node.name
            return self._place(Step("LOAD", _index(self.inputs, name), node.lag))
        if isinstance(node, Fresh):
            return self._place(self._fresh(node.role))
        if isinstance(node, (State, Memory)):
            return self._place(Step("STATE", number_of(node, self._memories)))
        assert not isinstance(node, (UserFunction, Cross, Earlier, Window, Indicator))
        return self._operation(node)

    def _fresh(self, role: str) -> Step:
        """Of another symbol's role it is a column."""
        if whose(role)[0]:
            return Step("LOAD", _index(self.inputs, f"{FRESH_OF}.{role}"))
        return Step("FRESH", ROLES_OF_RULES.index(role))

    def _operation(self, node: Operation) -> int:
        first, *more = node.operands
        result = self.of(first)
        if not more:
            return self._place(Step(node.op, result))
        for operand in more:
            result = self._place(Step(node.op, result, self.of(operand)))
        return result

    def _place(self, step: Step) -> int:
        if self._shares and step in self._known:
            return self._known[step]
        self.steps.append(step)
        self._known[step] = len(self.steps) - 1
        return len(self.steps) - 1


def _index(values: list[float | str] | list[str], value: float | str) -> int:
    if value not in values:
        values.append(value)  # type: ignore[arg-type]
    return values.index(value)  # type: ignore[arg-type]


def _registers(steps: Sequence[Step], kept: Mapping[int, int | None], some: Iterable[int]) -> list[int] | None:
    """A register for each step's result, apart from those that it reads; None where there are too few.

    `kept` are the steps whose results are still there at the end, in a register of their own or in one of `some`.
    """
    last = {read: place for place, step in enumerate(steps) for read in step.reads}
    free = list(some)
    heapify(free)
    given: list[int] = []
    for place, step in enumerate(steps):
        own = kept.get(place)
        if own is None and not free:
            return None
        given.append(heappop(free) if own is None else own)
        for read in set(step.reads):
            if last[read] == place and read not in kept:
                heappush(free, given[read])
    return given


def _instruction(step: Step, place: int, registers: Sequence[int]) -> tuple[int, int, int, int]:
    opcode = OPCODES[step.op]
    a, b = (registers[step.a] if opcode.arity else step.a), (registers[step.b] if opcode.arity > 1 else step.b)
    return opcode.number, registers[place], a, b
