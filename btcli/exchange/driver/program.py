"""A strategy as a program: columns to be computed from prices and features, and code for the closes that matter.

Parameters are constants by index, so that another trial is other numbers in the same code.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.deciders import MOST_GROUPS
from btcli.exchange.book.records import LOOP_REGISTERS, REGISTERS
from btcli.exchange.book.states import is_state, state_name
from btcli.exchange.driver.opcodes import BY_NUMBER, CONST, END, FRESH, LOAD, STATE
from btcli.exchange.formulas.choosing import OUTPUTS

CLOSES = "closes"  # the role of recipes whose rows are the closes of ltf, where several roles meet
ROLES_OF_RULES = ("ltf", "mtf", "htf", "exec")  # by the numbers that FRESH names them with
FRESH_OF = "fresh"  # in front of a role of another symbol: the column at the closes of ltf that says whether it is

Code = NDArray[np.int32]


class Recipe(NamedTuple):
    """Columns on the closed bars of a role, from prices and features alone."""

    role: str  # one of ROLES_OF_RULES, the same of another symbol as "ETHUSDT.htf", or CLOSES
    code: Code  # [instructions, op out a b] over registers
    constants: NDArray[np.float64]  # numbers and parameters by index
    inputs: tuple[str, ...]  # columns that LOAD reads, of this role; in CLOSES "htf.trend", read at its last closed bar
    outputs: tuple[tuple[str, int], ...]  # names of columns, and the registers they are in after the last instruction
    window: tuple[str, int] | None = None  # a function of the last rows, and how many: what its one output goes through


class Want(NamedTuple):
    """Where a group could wish something: where a column of CLOSES is true, and how things stand then."""

    column: str
    matters: int  # bits of formulas.choosing


class Group(NamedTuple):
    """What rules say together at a close: code that runs where one of its wants is true."""

    wants: tuple[Want, ...]
    code: Code  # [instructions, op out a b], to its END
    reads: tuple[str, ...]  # columns of CLOSES that LOAD reads in `code`
    looks_ahead: bool = False  # it leaves a position by how that stands alone, and can be asked over many steps at once


class Gates(NamedTuple):
    """What holds entries back, each 0 for none; the fields of book.records.GATES."""

    cooldown_bars: int = 0
    cooldown_after_loss_bars: int = 0
    pause_losses: int = 0
    pause_bars: int = 0
    max_entries_per_day: int = 0


class Entering(NamedTuple):
    """What the rules of a side say of its entries in plain numbers; the fields of book.records.ENTERING."""

    expires_after_ms: int = 0  # of an order that waits; 0: never
    sizing: int = -1  # the mode of its size, whose value is an output; -1: the run's
    rearms: bool = False
    has_session: bool = False
    own: Gates = Gates()  # that look at the trades of the side alone
    both: Gates = Gates()


class Holding(NamedTuple):
    """What no expression says of how a side is held."""

    shares: tuple[float, ...] = ()  # of each of the exits' parts, of the first quantity
    ages: tuple[int, ...] = ()  # in ltf closes, of the targets by age
    most_adds: int = 0
    follows: bool = False  # its stop follows a level


HOLDS_ALL = Holding(), Holding()


class Program(NamedTuple):
    """The rules of a strategy for one symbol."""

    recipes: tuple[Recipe, ...]  # in the order in which they are computed
    groups: tuple[Group, ...]  # in the order in which they run
    constants: NDArray[np.float64]  # of their code
    entering: tuple[Entering, Entering] = (Entering(), Entering())  # long, short
    memories: int = 0  # so many of the groups, the last ones, are of conditions that are remembered: in register 0
    holding: tuple[Holding, Holding] = HOLDS_ALL  # of long and of short

    @property
    def wants(self) -> tuple[str, ...]:
        """The columns where one of which is true something could be wished, each once."""
        return tuple(dict.fromkeys(want.column for group in self.groups for want in group.wants))


def input_of(role: str, name: str) -> tuple[str, str]:
    """The role whose column an input of a recipe is, and its name there.

    >>> input_of(CLOSES, "htf.trend"), input_of(CLOSES, "long.enter"), input_of("htf", "close")
    (('htf', 'trend'), ('closes', 'long.enter'), ('htf', 'close'))
    >>> input_of(CLOSES, "ETHUSDT.htf.trend")
    ('ETHUSDT.htf', 'trend')
    """
    of, _, rest = name.partition(".")
    if of not in (*ROLES_OF_RULES, FRESH_OF) and rest.partition(".")[0] in ROLES_OF_RULES:
        own, _, rest = rest.partition(".")
        of = f"{of}.{own}"
    return (of, rest) if role == CLOSES and rest and is_role(of) else (role, name)


def is_role(name: str) -> bool:
    """Whether a name is that of a role, of whichever symbol."""
    return name.rpartition(".")[2] in ROLES_OF_RULES


def check_program(program: Program) -> None:
    """Raises ValueError for code that reads or writes what is not there: the machine itself looks at nothing."""
    _check_names(program)
    for place, recipe in enumerate(program.recipes):
        _check_recipe(recipe, f"recipe {place}")
    if len(program.groups) > MOST_GROUPS:
        raise ValueError(f"there are {len(program.groups)} groups, at most {MOST_GROUPS}")
    for place, group in enumerate(program.groups):
        _check_group(group, len(program.constants), f"group {place}")


def _check_names(program: Program) -> None:
    """Every column comes from one recipe, before those that read it."""
    made: dict[tuple[str, str], int] = {}
    for place, recipe in enumerate(program.recipes):
        for name, _ in recipe.outputs:
            if made.setdefault((recipe.role, name), place) != place:
                raise ValueError(f"two recipes of {recipe.role} give {name}")
    for place, recipe in enumerate(program.recipes):
        for name in recipe.inputs:
            if made.get(input_of(recipe.role, name), -1) >= place:
                raise ValueError(f"recipe {place}: {name} comes out of it or of a later one")
    for name in (*program.wants, *(name for group in program.groups for name in group.reads)):
        if (CLOSES, name) not in made:
            raise ValueError(f"no recipe of {CLOSES} gives {name}")


def _check_group(group: Group, constants: int, where: str) -> None:
    check_code(group.code, constants, len(group.reads), where, set(range(OUTPUTS)), LOOP_REGISTERS)
    ops = group.code[:, 0]
    if not len(ops) or ops[-1] != END:
        raise ValueError(f"{where}: the last instruction is END")
    if np.any((ops == LOAD) & (group.code[:, 3] != 0)):
        raise ValueError(f"{where}: a column is read at its own close, with lag 0")
    if np.any(ops == FRESH):
        raise ValueError(f"{where}: FRESH is for {CLOSES}")


def _check_recipe(recipe: Recipe, where: str) -> None:
    written = check_code(recipe.code, len(recipe.constants), len(recipe.inputs), where)
    if np.any(recipe.code[:, 0] == STATE):
        raise ValueError(f"{where}: STATE is for the code of the loop")
    for name, register in recipe.outputs:
        if register not in written:
            raise ValueError(f"{where}: {name} is in register {register}, which no instruction writes")
    if recipe.role != CLOSES and not is_role(recipe.role):
        raise ValueError(f"{where}: no role is called {recipe.role!r}")
    if recipe.role != CLOSES and np.any(recipe.code[:, 0] == FRESH):
        raise ValueError(f"{where}: FRESH is for {CLOSES}")


def check_code(
    code: Code, constants: int, inputs: int, where: str, written: set[int] | None = None, registers: int = REGISTERS
) -> set[int]:
    """The registers that hold something after the code ran; `written` did before. Raises ValueError as above."""
    if code.dtype != np.int32 or code.shape[1:] != (4,):
        raise ValueError(f"{where}: code is int32[instructions, 4], not {code.dtype}{list(code.shape)}")
    written = set() if written is None else written
    for line, (op, out, a, b) in enumerate(code.tolist()):
        opcode = BY_NUMBER.get(op)
        if opcode is None:
            raise ValueError(f"{where}, instruction {line}: no opcode has the number {op}")
        if op == END:
            break
        least = {LOAD: inputs, CONST: constants, FRESH: len(ROLES_OF_RULES)}.get(op)
        if least is not None and (not 0 <= a < least or b < 0):
            raise ValueError(f"{where}, instruction {line}: {opcode.name} {a} {b}, of {least}")
        if op == STATE and not is_state(a):
            raise ValueError(f"{where}, instruction {line}: {opcode.name} {a} is no state")
        if unwritten := [register for register in (a, b)[: opcode.arity] if register not in written]:
            raise ValueError(f"{where}, instruction {line}: {opcode.name} reads register {unwritten[0]} before a write")
        if not 0 <= out < registers:
            raise ValueError(f"{where}, instruction {line}: {opcode.name} writes register {out} of {registers}")
        written.add(out)
    return written


def listing(code: Code) -> str:
    """The code to be read, a line an instruction.

    >>> print(listing(np.array([[1, 8, 0, 1], [2, 9, 0, 0], [14, 10, 8, 9]], np.int32)))
    r8 = LOAD 0 lag 1
    r9 = CONST 0
    r10 = GT r8 r9
    """
    return "\n".join(_line(*instruction) for instruction in code.tolist())


def _line(op: int, out: int, a: int, b: int) -> str:
    opcode = BY_NUMBER[op]
    if op == END:
        return opcode.name
    if op == LOAD:
        return f"r{out} = {opcode.name} {a} lag {b}"
    if op == STATE:
        return f"r{out} = {opcode.name} {state_name(a)}"
    operands = [f"r{a}", f"r{b}"][: opcode.arity] or [str(a)]
    return f"r{out} = {opcode.name} {' '.join(operands)}"
