"""From the rules of a strategy to its program: what hangs on one coarser role is computed on that role's own bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.driver.opcodes import OPCODES
from btcli.exchange.driver.program import CLOSES, Program, Recipe
from btcli.strategies.rules.emitting import Emitted, emitted, instructions
from btcli.strategies.rules.tree import (
    Column,
    Cross,
    Fresh,
    Node,
    Operation,
    delayed,
    is_condition,
    roles_of,
)

OUTPUTS = (
    ("long", "enter"),
    ("short", "enter"),
    ("long", "exit"),
    ("short", "exit"),
    ("long", "stop"),
    ("short", "stop"),
    ("long", "target"),
    ("short", "target"),
)
MOST_INSTRUCTIONS = 2_000
SCRATCH = len(OUTPUTS)  # the first register that is no output
AT_ONCE = 8  # columns of a role in one recipe: their registers are held to its end
Meanings = Mapping[tuple[str, str], Node]  # by side and key


class Assembled(NamedTuple):
    """A program, and of each of its recipes the constants with parameters by their names."""

    program: Program
    constants: tuple[tuple[float | str, ...], ...]

    @property
    def instructions(self) -> int:
        """How many there are in all."""
        return sum(len(recipe.code) for recipe in self.program.recipes) + len(self.program.code)

    def with_params(self, params: Mapping[str, float]) -> Program:
        """The same code with the numbers of another trial; raises KeyError for a parameter that is not given."""
        pairs = zip(self.program.recipes, self.constants, strict=True)
        return self.program._replace(
            recipes=tuple(recipe._replace(constants=_numbers(named, params)) for recipe, named in pairs)
        )


def assembled(meanings: Meanings, params: Mapping[str, float]) -> Assembled:
    """The program of rules, by side and key."""
    columns: dict[str, dict[Node, str]] = {}
    closes = {f"{side}.{key}": _at_closes(node, columns) for (side, key), node in meanings.items()}
    conditions = {f"{side}.{key}" for (side, key), node in meanings.items() if is_condition(node)}
    names: dict[Node, str] = {}
    for name, node in closes.items():
        names.setdefault(node, name)  # equal expressions are one column
    wants = {name: node for node, name in names.items() if name in conditions}
    distances = {name: node for node, name in names.items() if name not in conditions}
    recipes = [(role, part) for role, wanted in columns.items() for part in _of_role(wanted)]
    recipes += [(CLOSES, emitted(part, with_roles=True)) for part in (wants, distances) if part]
    reads = tuple(names.values())
    program = Program(
        recipes=tuple(_recipe(role, part, params) for role, part in recipes),
        code=instructions(_loop({name: reads.index(names[node]) for name, node in closes.items()})),
        constants=np.zeros(0),
        reads=reads,
        wants=tuple(wants),
    )
    return Assembled(program, tuple(part.constants for _, part in recipes))


def _loop(reads: Mapping[str, int]) -> Iterator[tuple[int, int, int, int]]:
    """Every output from its column; and no entry whose stop or target is unknown, as only a known one equals itself."""
    places = {place: reads[f"{side}.{key}"] for place, (side, key) in enumerate(OUTPUTS) if f"{side}.{key}" in reads}
    for place, column in places.items():
        yield OPCODES["LOAD"].number, place, column, 0
    for place in places:
        side, key = OUTPUTS[place]
        if key in ("stop", "target"):
            enter = OUTPUTS.index((side, "enter"))
            yield OPCODES["EQ"].number, SCRATCH, place, place
            yield OPCODES["AND"].number, enter, enter, SCRATCH


def _of_role(wanted: Mapping[Node, str]) -> Iterator[Emitted]:
    columns = [(name, node) for node, name in wanted.items()]
    for start in range(0, len(columns), AT_ONCE):
        yield emitted(dict(columns[start : start + AT_ONCE]), with_roles=False)


def _recipe(role: str, part: Emitted, params: Mapping[str, float]) -> Recipe:
    return Recipe(role, part.code, _numbers(part.constants, params), part.inputs, part.outputs)


def _numbers(constants: tuple[float | str, ...], params: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([params[each] if isinstance(each, str) else each for each in constants], np.float64)


def _at_closes(node: Node, columns: dict[str, dict[Node, str]]) -> Node:
    """The same as it is read at the closes of ltf; what is computed on a coarser role's bars goes to `columns`."""
    roles = roles_of(node)
    role = next(iter(roles)) if len(roles) == 1 else ""
    if isinstance(node, Cross):
        if role not in ("", "ltf"):
            return Operation("AND", (_column_of(role, _crossing(node), columns), Fresh(role)))
        first, second = (_at_closes(each, columns) for each in (node.first, node.second))
        return _where_fresh(_crossing(Cross(node.is_above, first, second)), roles)
    if isinstance(node, Operation):
        if role not in ("", "ltf") and not _crosses(node):
            return _column_of(role, node, columns)
        return Operation(node.op, tuple(_at_closes(operand, columns) for operand in node.operands))
    return node


def _column_of(role: str, node: Node, columns: dict[str, dict[Node, str]]) -> Column:
    named = columns.setdefault(role, {})
    return Column(role, named.setdefault(node, f"@{len(named)}"))


def _crosses(node: Node) -> bool:
    return isinstance(node, Cross) or (isinstance(node, Operation) and any(map(_crosses, node.operands)))


def _crossing(cross: Cross) -> Operation:
    """Beyond it now, and not beyond it one bar before."""
    now, before = ("GT", "LE") if cross.is_above else ("LT", "GE")
    first, second = cross.first, cross.second
    return Operation("AND", (Operation(now, (first, second)), Operation(before, (delayed(first), delayed(second)))))


def _where_fresh(crossing: Operation, roles: frozenset[str]) -> Operation:
    """Only where a bar of one of the roles closed; one of ltf always did."""
    if "ltf" in roles:
        return crossing
    fresh = tuple(Fresh(role) for role in sorted(roles))
    return Operation("AND", (crossing, Operation("OR", fresh)))
