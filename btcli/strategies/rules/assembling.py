"""From the rules of a strategy to its program: what hangs on one coarser role is computed on that role's own bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.errors import Problem
from btcli.exchange.driver.opcodes import OPCODES
from btcli.exchange.driver.program import CLOSES, Program, Recipe
from btcli.expressions.emitting import Emitted, emitted, instructions
from btcli.expressions.inline import inline_features
from btcli.expressions.placing import Places, looks_back
from btcli.expressions.tree import Node, Window, is_condition

CONDITIONS = ("enter", "exit", "cancel_when")
LEVELS = ("stop", "target", "stop_price", "target_price", "trail", "trail_from", "break_even", "limit", "trigger")
OUTPUTS = tuple((side, key) for key in ("enter", "exit", *LEVELS, "cancel_when") for side in ("long", "short"))
MOST_INSTRUCTIONS = 2_000
MOST_COLUMNS_BACK = 64
SCRATCH = len(OUTPUTS)  # the first register that is no output
AT_ONCE = 8  # columns of a role in one recipe: their registers are held to its end
LEVELS_AT_ONCE = 4  # the same of distances and prices, of which each may be as deep as an expression can be
Meanings = Mapping[tuple[str, str], Node]  # by side and key


class Assembled(NamedTuple):
    """A program, and of each of its recipes the constants with parameters by their names."""

    program: Program
    constants: tuple[tuple[float | str, ...], ...]
    looks_back: Mapping[str, int]  # by role: the bars before the window that its conditions and distances read
    features: Mapping[str, Mapping[str, str]]  # by role and name: calls of features that stand inside expressions
    warnings: tuple[Problem, ...] = ()  # what is compared in vain

    @property
    def instructions(self) -> int:
        """How many there are in all."""
        return sum(len(recipe.code) for recipe in self.program.recipes) + len(self.program.code)

    @property
    def columns_back(self) -> int:
        """How many columns are functions of earlier bars."""
        return sum(recipe.window is not None for recipe in self.program.recipes)

    def with_params(self, params: Mapping[str, float]) -> Program:
        """The same code with the numbers of another trial; raises KeyError for a parameter that is not given."""
        pairs = zip(self.program.recipes, self.constants, strict=True)
        return self.program._replace(
            recipes=tuple(recipe._replace(constants=_numbers(named, params)) for recipe, named in pairs)
        )


class _Part(NamedTuple):
    """A recipe before parameters have their numbers."""

    role: str
    code: Emitted
    window: tuple[str, int] | None = None


def assembled(meanings: Meanings, params: Mapping[str, float]) -> Assembled:
    """The program of rules, by side and key."""
    places = Places()
    closes = {f"{side}.{key}": places.at_closes(node) for (side, key), node in meanings.items()}
    conditions = {f"{side}.{key}" for (side, key), node in meanings.items() if is_condition(node)}
    names: dict[Node, str] = {}
    for name, node in closes.items():
        names.setdefault(node, name)  # equal expressions are one column
    wants = {name: node for node, name in names.items() if name in conditions}
    levels = [(name, node) for node, name in names.items() if name not in conditions]
    last = [wants, *(dict(levels[start : start + LEVELS_AT_ONCE]) for start in range(0, len(levels), LEVELS_AT_ONCE))]
    recipes = [*_looking(places.of_roles)]
    recipes += [_Part(role, part) for role, wanted in places.columns.items() for part in _of_role(wanted)]
    recipes += _looking(places.of_closes)
    recipes += [_Part(CLOSES, emitted(part, with_roles=True)) for part in last if part]
    reads = tuple(names.values())
    program = Program(
        recipes=tuple(_recipe(part, params) for part in recipes),
        code=instructions(_loop({name: reads.index(names[node]) for name, node in closes.items()})),
        constants=np.zeros(0),
        reads=reads,
        wants=tuple(wants),
    )
    return Assembled(
        program,
        tuple(part.code.constants for part in recipes),
        looks_back(meanings.values()),
        inline_features(meanings.values()),
    )


def columns_at_closes(nodes: Mapping[str, Node], params: Mapping[str, float]) -> tuple[Recipe, ...]:
    """Recipes that give every one of these expressions as a column at the closes of ltf, by its name."""
    places = Places()
    closes = {name: places.at_closes(node) for name, node in nodes.items()}
    recipes = [*_looking(places.of_roles)]
    recipes += [_Part(role, part) for role, wanted in places.columns.items() for part in _of_role(wanted)]
    recipes += _looking(places.of_closes)
    names = list(closes)
    for start in range(0, len(names), LEVELS_AT_ONCE):
        some = {name: closes[name] for name in names[start : start + LEVELS_AT_ONCE]}
        recipes.append(_Part(CLOSES, emitted(some, with_roles=True)))
    return tuple(_recipe(part, params) for part in recipes)


def _loop(reads: Mapping[str, int]) -> Iterator[tuple[int, int, int, int]]:
    """Every output from its column; and no entry one of whose levels is unknown: only what is known equals itself."""
    places = {place: reads[f"{side}.{key}"] for place, (side, key) in enumerate(OUTPUTS) if f"{side}.{key}" in reads}
    for place, column in places.items():
        yield OPCODES["LOAD"].number, place, column, 0
    for place in places:
        side, key = OUTPUTS[place]
        if key in LEVELS:
            enter = OUTPUTS.index((side, "enter"))
            yield OPCODES["EQ"].number, SCRATCH, place, place
            yield OPCODES["AND"].number, enter, enter, SCRATCH


def _of_role(wanted: Mapping[Node, str]) -> Iterator[Emitted]:
    columns = [(name, node) for node, name in wanted.items()]
    for start in range(0, len(columns), AT_ONCE):
        yield emitted(dict(columns[start : start + AT_ONCE]), with_roles=False)


def _looking(windows: Mapping[tuple[str, Window], str]) -> Iterator[_Part]:
    """Columns that look back, each in a recipe of its own, in the order in which they read one another."""
    for (role, window), name in windows.items():
        yield _Part(role, emitted({name: window.of}, with_roles=role == CLOSES), (window.function, window.bars))


def _recipe(part: _Part, params: Mapping[str, float]) -> Recipe:
    role, code, window = part
    return Recipe(role, code.code, _numbers(code.constants, params), code.inputs, code.outputs, window)


def _numbers(constants: tuple[float | str, ...], params: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([params[each] if isinstance(each, str) else each for each in constants], np.float64)
