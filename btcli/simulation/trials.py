"""Trials over one world: what each has of its own, and everything that a run of it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

import numpy as np

from btcli.config.changing import Tree, changed, tree_of
from btcli.config.findings import listed
from btcli.config.model import System
from btcli.config.specs.instruments import InstrumentSpecs, load_instruments
from btcli.config.types import is_number
from btcli.engine.calendar import calendar_of
from btcli.engine.columns import ColumnCache
from btcli.engine.ground import Ground, SymbolColumns, ground_of, key_of, symbol_columns, with_market
from btcli.engine.setup import instrument_for, terms_for
from btcli.engine.wishes import rules_of
from btcli.engine.world import World
from btcli.errors import Problem, RequestError
from btcli.exchange.book.terms import Terms
from btcli.exchange.driver.program import Program
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.ruling import Rules
from btcli.exchange.face.scoring import Scorer
from btcli.exchange.face.tape import Market, with_calendar
from btcli.expressions.tree import UserFunction
from btcli.features.plan import Feature, FeaturePlan, anchored_features, plan_features
from btcli.frozen import frozen
from btcli.market.closes import close_index
from btcli.market.series import ROLES, Floats, Role
from btcli.simulation.plans import merged_features, with_rules
from btcli.simulation.ruled import bars_back, ruled_strategy
from btcli.strategies.rules.assembling import Assembled


@frozen
class Trial:
    """What one run of many has of its own: values for dotted keys of the system file, as "features.ltf.f"."""

    changes: Mapping[str, Any] = field(default_factory=dict)


class Refused(NamedTuple):
    """Why a trial could not be run."""

    problems: tuple[Problem, ...]


class Ready(NamedTuple):
    """One trial ready to be run."""

    system: System
    market: Market
    instruments: tuple[Instrument, ...]
    terms: Terms
    rules: tuple[Rules, ...]  # by symbol


class Stage:
    """What all trials over a world share: its columns, what is told of its closes, and what was worked out before.

    Threads share it: what two of them work out at once is the same.
    """

    def __init__(self, world: World, cache: ColumnCache | None = None) -> None:
        self.world = world
        self.cache = ColumnCache() if cache is None else cache
        self._tree: Tree = tree_of(world.system)
        self._specs: Mapping[str, InstrumentSpecs] = load_instruments(world.system)
        self._functions = _functions_of(world)
        self._grounds = [_ground(world, index) for index in range(len(world.inputs.symbols))]
        self._market = self._market_with([{role: {} for role in ROLES} for _ in self._grounds])
        self._assembled: dict[object, Assembled] = {}
        self._is_known: dict[object, bool] = {}
        self._scorers: list[Scorer] = []

    def teams(self, count: int, size: int) -> list[list[Scorer]]:
        """So many teams of `size` scorers, which the next call gets again: a fresh one is slow to begin with."""
        needed = count * size - len(self._scorers)
        self._scorers += [Scorer() for _ in range(needed)]
        return [self._scorers[first : first + size] for first in range(0, count * size, size or 1)]

    def ready(self, trial: Trial) -> Ready:
        """Everything that a run of a trial needs.

        Raises ConfigError for what a system cannot be, RequestError for what this world does not hold.
        """
        system = changed(self.world.system, self._tree, trial.changes)
        self._require_same_functions(system)
        bare = self._planned(system, {})  # what is wrong with it is said before what is wrong with the rules
        assembled = [self._rules(system, symbol) for symbol in system.symbols]
        self._require_symbols(system)
        plans = [
            with_rules(
                self._planned(system, rules.features) if rules.features else bare, rules, system, self._functions
            )
            for rules, _ in assembled
        ]
        for plan, (rules, _) in zip(plans, assembled, strict=True):
            self._require_history(plan, rules)
        columns = [symbol_columns(*each, self.cache) for each in zip(self._grounds, plans, strict=True)]
        programs = [program for _, program in assembled]
        pairs = zip(programs, columns, strict=True)
        return Ready(
            system,
            self._market_of(plans, columns),
            tuple(instrument_for(system, self._specs[symbol]) for symbol in system.symbols),
            terms_for(system),
            tuple(rules_of(program, own) for program, own in pairs),
        )

    def _rules(self, system: System, symbol: str) -> tuple[Assembled, Program]:
        """A symbol's rules and their program; those of the same texts differ in their numbers alone."""
        written = system.strategy_of(symbol)
        if written.rules is None:
            raise RequestError(
                f"trials are run of strategies in rules, not of {written.use}",
                where=system.where("strategy"),
                hint="state it under strategy.rules, or run it once for each of its values",
            )
        names = tuple((role, tuple(named)) for role, named in system.features.items())
        key = (
            written.rules.model_dump_json(),
            names,
            anchored_features(system.expressions, system.functions),
            tuple(written.params),
        )
        if not all(is_number(value) for value in written.params.values()):
            self._assembled.pop(key, None)  # to be told of it
        if key not in self._assembled:
            signals = self.world.inputs.symbols[0].signals
            columns = None if signals is None else signals.columns
            own = symbol if symbol in system.strategy.per_symbol else ""
            found = ruled_strategy(system, written, system.where, own, columns).assembled
            assert found is not None
            self._assembled[key] = found
        assembled = self._assembled[key]
        return assembled, assembled.with_params({name: float(value) for name, value in written.params.items()})

    def _require_symbols(self, system: System) -> None:
        """Refuse what names a symbol of which nothing was loaded: a run of its own would load it."""
        held = {each.symbol: set(each.bars) for each in self.world.inputs.observed}
        for symbol, roles in system.observed.items():
            if not held.get(symbol, set()) >= set(roles):
                raise RequestError(
                    f"{symbol} is named, and this world holds no {listed(roles)} candles of it",
                    where=system.where_named(symbol),
                    hint="build the world of a system that names it",
                )

    def _planned(self, system: System, declared: Mapping[str, Mapping[str, str]]) -> FeaturePlan:
        """The features of a system, and those that stand inside its rules."""
        features, warmup = merged_features(system, declared), system.warmup
        return plan_features(features, warmup.tolerance, warmup.bars, system.where_value, self._functions)

    def _require_same_functions(self, system: System) -> None:
        """Refuse another function of the user's: its file is read where a world is built."""
        before: Mapping[Any, Mapping[str, object]] = self.world.system.functions
        for role, named in system.functions.items():
            for name, said in named.items():
                if before.get(role, {}).get(name) != said:
                    problem = "is a function of Python, the same in all trials over one world"
                    raise RequestError(problem, where=f"features.{role}.{name}", hint="change it in the system file")

    def _require_history(self, plan: FeaturePlan, rules: Assembled) -> None:
        """Refuse what looks back farther than what was loaded: a run of its own would load more."""
        window = self.world.inputs.window
        for role in ROLES:
            bars, held = bars_back(rules, self.world.system.timeframes).get(role, 0), window.role(role).warmup_bars
            if bars > held:
                raise RequestError(
                    f"rules look back over {bars} bars of {role}, this world holds {held} before the window",
                    where="strategy.rules",
                    hint="build the world of a system whose rules look back as far",
                )
        for feature in plan.all:
            held = window.role(feature.role).warmup_bars
            if feature.warmup_bars > held:
                raise RequestError(
                    f"{feature.text} needs {feature.warmup_bars} bars before the window, this world holds {held}",
                    where=f"features.{feature.role}.{feature.name}",
                    hint="build the world of a system whose features look back as far",
                )

    def _market_of(self, plans: Sequence[FeaturePlan], columns: Sequence[SymbolColumns]) -> Market:
        """The world's market with the closes at which these features become ready, or cease to be."""
        pairs = list(zip(plans, columns, strict=True))
        if all(self._is_always_known(feature, each) for plan, each in pairs for feature in plan.features):
            return self._market
        return self._market_with(
            [
                {role: {each.name: own.column(role, each.name) for each in plan.of(role)} for role in ROLES}
                for plan, own in pairs
            ]
        )

    def _is_always_known(self, feature: Feature, columns: SymbolColumns) -> bool:
        """Whether a feature has a value wherever a step of the window sees it."""
        key = columns.ground, key_of(feature)
        if key not in self._is_known:
            column, closes = columns.column(feature.role, feature.name), columns.ground.bars_of(feature.role).ts_close
            first, last = close_index(self.world.line.ts_close[[0, -1]], closes).tolist()
            self._is_known[key] = not np.isnan(column[max(first, 0) : last + 1]).any()
        return self._is_known[key]

    def _market_with(self, features: Sequence[Mapping[Any, Mapping[str, Floats]]]) -> Market:
        world = self.world
        bars = [symbol.bars for symbol in world.inputs.symbols]
        return with_calendar(world.market, calendar_of(world.line, bars, features, world.labels, tells_closes=False))


def _ground(world: World, index: int) -> Ground:
    symbol, system = world.inputs.symbols[index], world.system
    timeframes = {role: system.timeframes.of(role) for role in ROLES}
    known = FeaturePlan(tuple(each for each in world.plans[index].features if isinstance(each.node, UserFunction)))
    lane, columns = world.line.lanes[index], world.columns[index]
    return with_market(ground_of(symbol.bars, timeframes, world.line, lane, known, columns), symbol, world.inputs)


def _functions_of(world: World) -> dict[Role, dict[str, UserFunction]]:
    """The functions of the user's that features are computed by, by role and name."""
    found: dict[Role, dict[str, UserFunction]] = {}
    for plan in world.plans:
        for feature in plan.features:
            if isinstance(feature.node, UserFunction):
                found.setdefault(feature.role, {})[feature.name] = feature.node
    return found
