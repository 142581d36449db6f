"""The conditions of a symbol's rules as columns at its closes, which say of each part whether it is true there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from btcli.config.model import System
from btcli.engine.ground import SymbolColumns
from btcli.exchange.book.states import state_name
from btcli.exchange.driver.program import Recipe
from btcli.expressions.emitting import number_of
from btcli.expressions.tree import THEN, Memory, State, read_at_closes, states_of
from btcli.simulation.ruled import names_of, ruled_strategy

if TYPE_CHECKING:
    from btcli.config.sections import Strategy
    from btcli.expressions.tree import Node
    from btcli.strategies.rules.parts import Condition


class Looked(NamedTuple):
    """The conditions of a symbol, and the columns that say of each, and of each part, whether it is true."""

    conditions: tuple[Condition, ...]
    names: Mapping[Node, str]  # by what an expression means; equal ones are one column
    recipes: tuple[Recipe, ...]
    columns: SymbolColumns

    def name(self, condition: Condition) -> str:
        """The column of a condition."""
        return self.names[condition.node]


def conditions_looked_at(system: System, written: Strategy, columns: SymbolColumns, at: str) -> Looked:
    """Those of a strategy of rules, which stand under the key `at`."""
    from btcli.strategies.rules.assembling import columns_at_closes
    from btcli.strategies.rules.parts import conditions_of

    assert written.rules is not None
    conditions = tuple(conditions_of(written.rules, names_of(system, written), at))
    nodes = dict.fromkeys(node for each in conditions for node in (each.node, *(part.node for part in each.parts)))
    names = {node: f"c{place}" for place, node in enumerate(nodes)}
    name_of = namer(system, written, nodes)
    wanted = {name: read_at_closes(node, name_of) for node, name in names.items()}
    recipes = columns_at_closes(wanted, numbers_of_params(written))
    return Looked(conditions, names, recipes, columns)


def namer(system: System, written: Strategy, nodes: Iterable[Node]) -> Callable[[State | Memory], str]:
    """Under which name a run noted what these expressions name of its loop."""
    memories: list[Node] = []
    if any(THEN in states_of(node) for node in nodes):
        assembled = ruled_strategy(system, written, system.where).assembled
        assert assembled is not None
        memories += assembled.memories
    return lambda found: state_name(number_of(found, memories))


def numbers_of_params(written: Strategy) -> dict[str, float]:
    """Parameters of rules, all of which are numbers."""
    return {name: float(value) for name, value in written.params.items() if isinstance(value, (int, float))}
