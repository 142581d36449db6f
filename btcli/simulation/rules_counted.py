"""What rules did in a run: how often each condition was true, false and unknown, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.config.findings import key_of
from btcli.config.model import System
from btcli.config.rules import SIDES as RULE_SIDES
from btcli.config.rules import Rules as RulesWritten
from btcli.engine.ground import SymbolColumns
from btcli.engine.result import EngineResult
from btcli.engine.truths import NO_ROW, Closes, Truths, closes_of, counted, noted_columns, values_at
from btcli.engine.world import World
from btcli.exchange.book.codes import ADD, FLAT, LONG, REDUCE, SHORT
from btcli.exchange.driver.opcodes import END, LOAD, STATE
from btcli.exchange.driver.program import CLOSES, Recipe
from btcli.exchange.face.recipes import Source, computed
from btcli.exchange.face.ruling import Rules
from btcli.exchange.formulas.choosing import ENTER_LONG, ENTER_SHORT, FIRST_GROUP
from btcli.exchange.formulas.gating import GATE_NAMES
from btcli.exchange.formulas.standing import state_name
from btcli.expressions.emitting import number_of
from btcli.expressions.tree import THEN, Memory, State, read_at_closes, states_of
from btcli.market.series import Floats
from btcli.simulation.ruled import names_of, ruled_strategy
from btcli.simulation.rules_told import RulesOfSymbol, RulesTold

if TYPE_CHECKING:
    from btcli.config.sections import Strategy
    from btcli.expressions.tree import Node
    from btcli.strategies.rules.parts import Condition

SIDES = {"long": LONG, "short": SHORT}
ENTERS = {"long": ENTER_LONG, "short": ENTER_SHORT}  # by side the register that says whether it is entered
Where = NDArray[np.bool_]
Rows = list[dict[str, Any]]


def rules_of_run(system: System, world: World, result: EngineResult, told: RulesTold) -> dict[str, Any]:
    """By symbol what rules.json holds of it; only symbols that rules decide for."""
    found: dict[str, Any] = {}
    for index, symbol in enumerate(system.symbols):
        ground, rules, written = world.grounds[index], world.rules[index], system.strategy_of(symbol)
        if ground is not None and rules is not None and written.rules is not None:
            closes = closes_of(world, index, result.bars - 1)  # the run ends before the last close is looked at
            columns = ground.alone(noted_columns(ground.ground, rules, result.standing[symbol]))
            at = key_of(system.rules_path(symbol))
            looked = conditions_looked_at(system, written, columns, at)
            gates = dict(_gates(written.rules, at, result.held_back[symbol]))
            turns = system.risk.on_opposite_signal == "reverse"
            ends = _Ends.of(looked, rules, closes, told.of(index), gates, turns=turns)
            found[symbol] = _of_symbol(looked, closes, ends)
    return found


def _gates(rules: RulesWritten, at: str, held_back: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, Rows]]:
    """By side its gates in the order in which they are asked, each with where it stands and what it held back."""
    for side in RULE_SIDES:
        paths = {gate: rules.place_of_key(side, gate) for gate in GATE_NAMES if rules.whole(side, gate)}
        yield (
            side,
            [
                {"gate": gate, "key": ".".join((at, *map(str, path))), "held_back": held_back[side][gate]}
                for gate, path in paths.items()
                if path is not None
            ],
        )


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


def _of_symbol(looked: Looked, closes: Closes, ends: _Ends) -> dict[str, Any]:
    truths = counted(looked.recipes, looked.columns, list(looked.names.values()), closes)
    rows = [
        {
            "rule": each.name,
            "key": each.key,
            "text": each.text,
            **truths[looked.name(each)]._asdict(),
            **ends.of_condition(each, looked.name(each), truths[looked.name(each)]),
            "parts": [
                {"text": part.text, "depth": part.depth, **truths[looked.names[part.node]]._asdict()}
                for part in each.parts
            ],
        }
        for each in looked.conditions
    ]
    ready = sum(map(len, closes.ready()))
    return {
        "closes": closes.all,
        "ready": ready,
        "asked": ready - ends.timed_out,
        "timed_out": ends.timed_out,
        "rules": rows,
    }


class _Ends(NamedTuple):
    """The closes of a symbol at which something could be wished and was asked, and what came of it there."""

    told: RulesOfSymbol
    timed_out: int  # closes at which all was ready and a position was closed for its age instead
    steps: NDArray[np.int64]
    held: NDArray[np.int64]
    is_true: Mapping[str, Where]  # by column
    enters: Mapping[str, Where]  # by side: its condition is true, and all that the entry needs is known
    gates: Mapping[str, Rows]  # by side
    turns: bool  # the other side's entry closes what is held, and enters

    @classmethod
    def of(
        cls,
        looked: Looked,
        rules: Rules,
        closes: Closes,
        told: RulesOfSymbol,
        gates: Mapping[str, Rows],
        *,
        turns: bool,
    ) -> _Ends:
        """Those at which the rules were looked at."""
        timed_out = told.timed_out()
        timed_out = timed_out[closes.rows_at(timed_out) != NO_ROW]
        rows = closes.rows_at(rules.steps)
        is_asked = (rows != NO_ROW) & ~_are_in(rules.steps, timed_out)
        steps, rows = rules.steps[is_asked], rows[is_asked]
        names = list(dict.fromkeys(map(looked.name, looked.conditions)))
        values = values_at(looked.recipes, looked.columns, names, rows)
        is_true = {name: values[:, place] == 1.0 for place, name in enumerate(names)}
        states = [looked.columns.noted[state_name(state)][rows] for state in rules.states]
        enters = _entering(rules, is_asked, states)
        return cls(told, len(timed_out), steps, told.held_at(steps), is_true, enters, gates, turns)

    def of_condition(self, condition: Condition, name: str, truths: Truths) -> dict[str, Any]:
        """What became of the closes at which a condition was true; the numbers add up to these."""
        if condition.rule == "adds.when" or condition.rule.startswith("exits."):
            return self._of_holding(condition, self.is_true[name], truths)
        if condition.rule not in ("enter", "exit"):
            return {}
        is_true, side = self.is_true[name], SIDES[condition.side]
        kinds = list(self._of_entry(condition.side, is_true) if condition.rule == "enter" else self._of_exit(side))
        where = {kind: 0 for kind, _ in kinds}
        left = is_true & ~self._held_back_turning(side) if condition.rule == "enter" else is_true.copy()
        for kind, found in kinds:
            where[kind] = int((left & found).sum())
            left &= ~found
        if condition.rule == "enter":
            where["held_back"] += int((is_true & self._held_back_turning(side)).sum())
        led_to = self.told.led_to(side) if condition.rule == "enter" else self.told.led_to(FLAT, side)
        told = {"refused": led_to.refused, "cancelled": led_to.cancelled, "filled": led_to.filled}
        gates = (
            {"gates": self.gates[condition.side]} if condition.rule == "enter" and self.gates[condition.side] else {}
        )
        return {**where, **gates, "timed_out": truths.true - int(is_true.sum()), **told}

    def _of_holding(self, condition: Condition, is_true: Where, truths: Truths) -> dict[str, Any]:
        """The same of a part that leaves on a condition, and of what adds."""
        side, adds = SIDES[condition.side], condition.rule == "adds.when"
        part = 0 if adds else int(condition.rule.split(".")[1]) + 1
        fired = self.told.added() if adds else self.told.left_in_part(part)
        before = [self.told.signalled(FLAT), *(map(self.told.left_in_part, range(1, part)))]
        before += [self.told.left_in_part(0)] if adds else []
        is_held = self.held == side
        kinds = {
            "fired": _are_in(self.steps, fired) & is_held,
            "not_held": ~is_held,
            "outranked": np.logical_or.reduce([_are_in(self.steps, each) for each in before]),
            "held_back" if adds else "done": np.ones_like(is_true),
        }
        where, left = dict.fromkeys(kinds, 0), is_true.copy()
        for kind, found in kinds.items():
            where[kind] = int((left & found).sum())
            left &= ~found
        led_to = self.told.led_to(side, action=ADD) if adds else self.told.led_to(FLAT, side, REDUCE, part)
        told = {"refused": led_to.refused, "cancelled": led_to.cancelled, "filled": led_to.filled}
        return {**where, "timed_out": truths.true - int(is_true.sum()), **told}

    def _held_back_turning(self, side: int) -> Where:
        """Where an entry was held back that would have turned a position: what was held was closed alone."""
        return _are_in(self.steps, self.told.left_instead(side)) & self.turns

    def _of_entry(self, side: str, is_true: Where) -> Iterator[tuple[str, Where]]:
        """Kinds of closes, of which the first that holds counts."""
        yield "fired", _are_in(self.steps, self.told.signalled(SIDES[side]))
        beside = self.told.signalled(FLAT), self.told.left_in_part(0), self.told.added()
        yield "outranked", np.logical_or.reduce([_are_in(self.steps, each) for each in beside])
        yield "unknown_level", ~self.enters[side]
        yield "conflict", self.enters["long"] & self.enters["short"]
        yield "ignored", (self.held != FLAT) & ~_are_in(self.steps, self.told.took_back())
        yield "held_back", np.ones_like(is_true)

    def _of_exit(self, side: int) -> Iterator[tuple[str, Where]]:
        yield "fired", _are_in(self.steps, self.told.signalled(FLAT)) & (self.held == side)
        yield "not_held", np.ones(len(self.steps), np.bool_)


def _entering(rules: Rules, rows: Where, states: Sequence[Floats]) -> dict[str, Where]:
    """By side whether the code of rules leaves its entry true, at rows of their table, where states stood like this."""
    kinds, starts = rules.kinds[rows], rules.starts[rows]
    found = {side: np.zeros(len(kinds), np.bool_) for side in SIDES}
    codes = np.split(rules.code, rules.first[1:])
    wishing = len(codes) - rules.memories  # the groups after these leave what is remembered in the same registers
    for place, (code, reads) in enumerate(zip(codes[:wishing], rules.n_reads[:wishing], strict=True)):
        runs = (kinds & FIRST_GROUP << place) != 0
        for side, register in ENTERS.items():
            if np.any((code[:, 1] == register) & (code[:, 0] != END)):
                columns = [*np.ascontiguousarray(rules.values[starts[runs] + np.arange(reads)[:, None]])]
                columns += [state[runs] for state in states]
                recipe = _as_recipe(code, rules, tuple(map(str, range(len(columns)))), (side, register))
                found[side][runs] = computed(recipe, [Source(each) for each in columns], int(runs.sum()))[0] == 1.0
        starts = starts + runs * reads
    return found


def _as_recipe(code: NDArray[np.int32], rules: Rules, inputs: tuple[str, ...], output: tuple[str, int]) -> Recipe:
    """Code of the loop over columns, the last of which are its states."""
    is_state, read = code[:, 0] == STATE, code.copy()
    first = len(inputs) - len(rules.states)
    read[is_state, 0], read[is_state, 2] = LOAD, first + np.searchsorted(rules.states, code[is_state, 2])
    return Recipe(CLOSES, read, rules.constants, inputs, (output,))


def _are_in(steps: NDArray[np.int64], known: NDArray[np.int64]) -> Where:
    """Which of some steps are among known ones; both ascend."""
    if not len(known):
        return np.zeros(len(steps), np.bool_)
    places = np.minimum(np.searchsorted(known, steps), len(known) - 1)
    found: Where = known[places] == steps
    return found
