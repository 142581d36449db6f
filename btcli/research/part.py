"""A system that is varied, and what some values of it are as a whole: read as seldom as may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from btcli.config.changing import Tree, changed, tree_of
from btcli.config.model import System, Window
from btcli.config.types import is_number
from btcli.digest import canonical_json
from btcli.features.plan import FeaturePlan, anchored_features, plan_features
from btcli.frozen import frozen
from btcli.research.axes import Axis, Listed
from btcli.research.plan import Source, turns_world
from btcli.research.space import Space
from btcli.simulation.found import runs_user_code
from btcli.simulation.parts import Prepared, prepared
from btcli.simulation.plans import merged_features, with_rules
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.functions.finding import FoundFunctions
from btcli.strategies.ground import put_back


@frozen
class Part:
    """A system that is varied, where it lies, and the window."""

    source: Source
    system: System
    tree: Tree
    folder: Path
    window_name: str
    window: Window
    _tried: dict[bytes, tuple[FeaturePlan, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, source: Source, system: System, window_name: str, window: Window) -> Part:
        """The system that the source says."""
        return cls(source, system, tree_of(system), source.folder, window_name, window)

    @property
    def plans(self) -> list[FeaturePlan]:
        """The features of each symbol, as the file has them."""
        return self.looked.plans

    @property
    def parts(self) -> Prepared:
        """The parts of a run of the system itself; code of the user's is loaded anew for each who asks."""
        return self.prepared(self.system) if runs_user_code(self.system) else self.looked

    @cached_property
    def looked(self) -> Prepared:
        """The same to be looked at, and never run: code of the user's is loaded once."""
        return self.looked_at(self.system)

    def looked_at(self, system: System) -> Prepared:
        """The parts of a run that nobody makes: whatever loading code of the user's left in the process is gone."""
        parts = self.prepared(system)
        if runs_user_code(system):
            put_back(parts.ground)
        return parts

    def plans_with(self, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
        """The features with these values, worked out once. Raises RequestError where no such system could be run."""
        key = canonical_json(changes)
        if key not in self._tried:
            self._tried[key] = _looked_at(self, system_with(self, changes), changes)
        return self._tried[key]

    def prepared(self, system: System) -> Prepared:
        """The parts of a run of it."""
        return prepared(system, self.window_name, self.window, self.folder)


def part_of(source: Source, changes: Mapping[str, Any], window_name: str, window: Window) -> Part:
    """The system with some values changed. Raises ConfigError."""
    return Part.of(source, source.system(changes), window_name, window)


def rules_decide(system: System) -> bool:
    """Whether rules decide for every symbol."""
    return all(system.strategy_of(symbol).rules is not None for symbol in system.symbols)


def shares_worlds(system: System, space: Space) -> bool:
    """Whether all trials of a group are runs of rules over one world."""
    switching = {("strategy",), ("strategy", "use"), ("strategy", "rules"), ("strategy", "per_symbol")}
    return rules_decide(system) and all(
        axis.path not in switching and not (axis.path[:2] == ("strategy", "per_symbol") and axis.path[-1] == "use")
        for axis in space.axes
    )


def are_numbers_in_rules(part: Part, changes: Mapping[str, Any]) -> bool:
    """Whether numbers of rules are all that is changed: any may stand there."""
    return all(params_of_rules(part.system, key) is not None and is_number(value) for key, value in changes.items())


def params_of_rules(system: System, key: str) -> Mapping[str, Any] | None:
    """The parameters of the rules, of all symbols or of one, that a key names one of; None where it names none."""
    match key.split("."):
        case ["strategy", "params", _]:
            written = system.strategy
        case ["strategy", "per_symbol", symbol, "params", _]:
            written = system.strategy_of(symbol)
        case _:
            return None
    return written.params if rules_decide(system) else None


def system_with(part: Part, changes: Mapping[str, Any]) -> System:
    """The system with these values; of a group's own ones in the cheapest way. Raises ConfigError."""
    if any(turns_world(Axis(key, Listed((value,)))) for key, value in changes.items()):
        return part.source.system(changes)
    return changed(part.system, part.tree, changes)


def _looked_at(part: Part, system: System, changes: Mapping[str, Any]) -> tuple[FeaturePlan, ...]:
    """The plans of a system; where other expressions of features are all that is new, nothing else is read again."""
    if not all(key.startswith("features.") for key in changes) or system.functions != part.system.functions:
        return tuple(part.looked_at(system).plans)
    found = list({id(each): each for each in part.looked.strategies}.values())  # one for all symbols, mostly
    if any(each.assembled for each in found) and not _are_rules_read_alike(part.system, system):
        return tuple(part.looked_at(system).plans)
    return tuple(_planned(system, each, part.looked.functions) for each in found)


def _are_rules_read_alike(system: System, other: System) -> bool:
    """Whether what rules can name, and compare, is the same in two systems of the same functions."""
    names, others = ({role: set(named) for role, named in each.expressions.items()} for each in (system, other))
    first, second = (anchored_features(each.expressions, each.functions) for each in (system, other))
    return names == others and first == second


def _planned(system: System, found: FoundStrategy, functions: FoundFunctions) -> FeaturePlan:
    """The features of a system for who decides; what is wrong with them is told by their keys alone."""
    features, warmup = merged_features(system, found.features), system.warmup
    plan = plan_features(features, warmup.tolerance, warmup.bars, functions=functions.features)
    return plan if found.assembled is None else with_rules(plan, found.assembled, system, functions.features)
