"""What became of the closes at which a condition was true: each is of one kind, and orders came of some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.engine.truths import NO_ROW, Closes, Truths, values_at
from btcli.exchange.book.codes import ADD, FLAT, LONG, REDUCE, SHORT
from btcli.exchange.book.states import state_name
from btcli.exchange.driver.opcodes import END, LOAD, STATE
from btcli.exchange.driver.program import CLOSES, Recipe
from btcli.exchange.face.recipes import Source, computed
from btcli.exchange.face.ruling import Rules
from btcli.exchange.formulas.choosing import ENTER_LONG, ENTER_SHORT, FIRST_GROUP
from btcli.market.series import Floats
from btcli.simulation.rules_looked import Looked
from btcli.simulation.rules_told import LedTo, RulesOfSymbol

if TYPE_CHECKING:
    from btcli.strategies.rules.parts import Condition

SIDES = {"long": LONG, "short": SHORT}
ENTERS = {"long": ENTER_LONG, "short": ENTER_SHORT}  # by side the register that says whether it is entered
Where = NDArray[np.bool_]
Rows = list[dict[str, Any]]


class Ends(NamedTuple):
    """The closes of a symbol at which something could be wished and was asked, and what came of it there."""

    told: RulesOfSymbol
    timed_out: int  # closes at which all was ready and a position was closed for its age instead
    steps: NDArray[np.int64]
    held: NDArray[np.int64]
    is_true: Mapping[str, Where]  # by column
    enters: Mapping[str, Where]  # by side: its condition is true, and all that the entry needs is known
    gates: Mapping[str, Rows]  # by side
    levels: Mapping[str, Rows]  # by side, those that nothing could reach
    turns: bool  # the other side's entry closes what is held, and enters

    @classmethod
    def of(
        cls,
        looked: Looked,
        rules: Rules,
        closes: Closes,
        told: RulesOfSymbol,
        gates: Mapping[str, Rows],
        levels: Mapping[str, Rows],
        *,
        turns: bool,
    ) -> Ends:
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
        return cls(told, len(timed_out), steps, told.held_at(steps), is_true, enters, gates, levels, turns)

    def of_condition(self, condition: Condition, name: str, truths: Truths) -> dict[str, Any]:
        """What became of the closes at which a condition was true; the numbers add up to these."""
        if condition.rule == "adds.when" or condition.rule.startswith("exits."):
            return self._of_holding(condition, self.is_true[name], truths)
        if condition.rule not in ("enter", "exit"):
            return {}
        is_true, side = self.is_true[name], SIDES[condition.side]
        if condition.rule == "enter":
            turning = is_true & self._held_back_turning(side)
            where = _shared_out(self._of_entry(condition.side, is_true), is_true & ~turning)
            where["held_back"] += int(turning.sum())
            led_to, lists = self.told.led_to(side), {"gates": self.gates, "levels": self.levels}
        else:
            where = _shared_out(self._of_exit(side), is_true)
            led_to, lists = self.told.led_to(FLAT, side), {}
        beside = {name: rows for name, by_side in lists.items() if (rows := by_side[condition.side])}
        return {**where, **beside, **_what_came(led_to, is_true, truths)}

    def _of_holding(self, condition: Condition, is_true: Where, truths: Truths) -> dict[str, Any]:
        """The same of a part that leaves on a condition, and of what adds."""
        side, adds = SIDES[condition.side], condition.rule == "adds.when"
        part = 0 if adds else int(condition.rule.split(".")[1]) + 1
        fired = self.told.added() if adds else self.told.left_in_part(part)
        before = [self.told.signalled(FLAT), *(map(self.told.left_in_part, range(1, part)))]
        before += [self.told.left_in_part(0)] if adds else []
        is_held = self.held == side
        kinds = (
            ("fired", _are_in(self.steps, fired) & is_held),
            ("not_held", ~is_held),
            ("outranked", np.logical_or.reduce([_are_in(self.steps, each) for each in before])),
            ("held_back" if adds else "done", np.ones_like(is_true)),
        )
        led_to = self.told.led_to(side, action=ADD) if adds else self.told.led_to(FLAT, side, REDUCE, part)
        return {**_shared_out(kinds, is_true), **_what_came(led_to, is_true, truths)}

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


def _shared_out(kinds: Iterable[tuple[str, Where]], left: Where) -> dict[str, int]:
    """How many of the closes that are left are of each kind, of which the first that holds counts."""
    where = {}
    for kind, found in kinds:
        where[kind] = int((left & found).sum())
        left = left & ~found
    return where


def _what_came(led_to: LedTo, is_true: Where, truths: Truths) -> dict[str, Any]:
    """The closes at which a condition was true and nothing was asked, and the orders that came of the others."""
    timed_out = truths.true - int(is_true.sum())
    return {"timed_out": timed_out, "refused": led_to.refused, "cancelled": led_to.cancelled, "filled": led_to.filled}


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
