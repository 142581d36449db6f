"""From the rules of a strategy to its program: what hangs on one coarser role is computed on that role's own bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.errors import Problem
from btcli.exchange.driver.program import CLOSES, Program, Recipe
from btcli.expressions.emitting import Emitted, emitted
from btcli.expressions.inline import inline_features
from btcli.expressions.placing import Places, looks_back
from btcli.expressions.tree import Node, Window
from btcli.strategies.rules.grouping import Loop, Meanings, grouped
from btcli.strategies.rules.splitting import Hoisted

MOST_INSTRUCTIONS = 2_000
MOST_COLUMNS_BACK = 64
AT_ONCE = 8  # columns of a role in one recipe: their registers are held to its end
LEVELS_AT_ONCE = 4  # the same of distances and prices, of which each may be as deep as an expression can be


class Assembled(NamedTuple):
    """A program, and of each of its recipes the constants with parameters by their names."""

    program: Program
    constants: tuple[tuple[float | str, ...], ...]
    constants_in_loop: tuple[float | str, ...]
    memories: tuple[Node, ...]  # conditions that the loop remembers, by their numbers
    looks_back: Mapping[str, int]  # by role: the bars before the window that its conditions and distances read
    features: Mapping[str, Mapping[str, str]]  # by role and name: calls of features that stand inside expressions
    features_of_others: Mapping[str, Mapping[str, str]]  # the same on the bars of other symbols
    warnings: tuple[Problem, ...] = ()  # what is compared in vain

    @property
    def instructions(self) -> int:
        """How many there are in all."""
        codes = [each.code for each in self.program.recipes] + [each.code for each in self.program.groups]
        return sum(map(len, codes))

    @property
    def columns_back(self) -> int:
        """How many columns are functions of earlier bars."""
        return sum(recipe.window is not None for recipe in self.program.recipes)

    def with_params(self, params: Mapping[str, float]) -> Program:
        """The same code with the numbers of another trial; raises KeyError for a parameter that is not given."""
        pairs = zip(self.program.recipes, self.constants, strict=True)
        return self.program._replace(
            recipes=tuple(recipe._replace(constants=_numbers(named, params)) for recipe, named in pairs),
            constants=_numbers(self.constants_in_loop, params),
        )


class _Part(NamedTuple):
    """A recipe before parameters have their numbers."""

    role: str
    code: Emitted
    window: tuple[str, int] | None = None


def assembled(meanings: Meanings, params: Mapping[str, float]) -> Assembled:
    """The program of rules, by side and key."""
    places = Places()
    loop = Loop(Hoisted(places), [], [])
    groups, constants, hoisted = tuple(grouped(meanings, loop)), loop.constants, loop.hoisted
    wanted = dict.fromkeys(want.column for group in groups for want in group.wants)
    named = {name: node for node, name in hoisted.names.items()}
    wants = {name: named[name] for name in wanted}
    levels = [(name, node) for name, node in named.items() if name not in wanted]
    last = [wants, *(dict(levels[start : start + LEVELS_AT_ONCE]) for start in range(0, len(levels), LEVELS_AT_ONCE))]
    recipes = [*_looking(places.of_roles)]
    recipes += [_Part(role, part) for role, wanted_there in places.columns.items() for part in _of_role(wanted_there)]
    recipes += _looking(places.of_closes)
    recipes += [_Part(CLOSES, emitted(part, with_roles=True)) for part in last if part]
    program = Program(
        tuple(_recipe(part, params) for part in recipes),
        groups,
        _numbers(tuple(constants), params),
        memories=len(loop.memories),
    )
    return Assembled(
        program,
        tuple(part.code.constants for part in recipes),
        tuple(constants),
        tuple(loop.memories),
        looks_back(meanings.values()),
        inline_features(meanings.values()),
        inline_features(meanings.values(), of_others=True),
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
