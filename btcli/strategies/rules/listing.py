"""A program to be read: every instruction in a line, with the names of what it reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from btcli.exchange.book.records import LOOP_REGISTERS
from btcli.exchange.book.states import state_name
from btcli.exchange.driver.opcodes import BY_NUMBER
from btcli.exchange.driver.program import CLOSES, ROLES_OF_RULES, Program, Recipe
from btcli.strategies.rules.grouping import OUTPUTS


def listing(program: Program) -> str:
    """The recipes in the order in which they are computed, then what is read at a close that matters."""
    return "\n".join(line for recipe in program.recipes for line in _recipe(recipe)) + "\n" + "\n".join(_loop(program))


def _recipe(recipe: Recipe) -> Iterator[str]:
    yield f"on the bars of {recipe.role}:" if recipe.role != CLOSES else "at the closes of ltf:"
    constants = [f"{value:.17g}" for value in recipe.constants]
    yield from (f"  {line}" for line in _lines(recipe.code.tolist(), recipe.inputs, constants))
    of = f" through {recipe.window[0]} {recipe.window[1] or ''}".rstrip() if recipe.window else ""
    yield from (f"  {name} = r{register}{of}" for name, register in recipe.outputs)


def _loop(program: Program) -> Iterator[str]:
    names = [".".join(output) for output in OUTPUTS]
    constants = [f"{value:.17g}" for value in program.constants]
    for group in program.groups:
        yield f"where {' or '.join(want.column for want in group.wants) or 'never'}:"
        yield from (f"  {line}" for line in _lines(group.code.tolist(), group.reads, constants, names))


def _lines(
    code: Sequence[tuple[int, int, int, int]],
    inputs: Sequence[str],
    constants: Sequence[str],
    names: Sequence[str] = (),
) -> Iterator[str]:
    """`names` are those of the first registers."""
    registers = [*names, *(f"r{number}" for number in range(len(names), LOOP_REGISTERS))]
    for op, out, a, b in code:
        opcode = BY_NUMBER[op]
        if opcode.name == "LOAD":
            yield f"{registers[out]} = {inputs[a]}" + (f"[{b}]" if b else "")
        elif opcode.name == "CONST":
            yield f"{registers[out]} = {constants[a]}"
        elif opcode.name == "FRESH":
            yield f"{registers[out]} = FRESH {ROLES_OF_RULES[a]}"
        elif opcode.name == "STATE":
            yield f"{registers[out]} = {state_name(a)}"
        elif opcode.name != "END":
            operands = (registers[each] for each in (a, b)[: opcode.arity])
            yield f"{registers[out]} = {opcode.name} {' '.join(operands)}"
