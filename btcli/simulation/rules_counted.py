"""What rules did in a run: how often each condition was true, false and unknown, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.config.findings import key_of
from btcli.config.model import System
from btcli.config.rules import SIDES as RULE_SIDES
from btcli.config.rules import Rules as RulesWritten
from btcli.engine.result import EngineResult
from btcli.engine.truths import Closes, closes_of, counted, noted_columns
from btcli.engine.world import World
from btcli.exchange.formulas.gating import GATE_NAMES
from btcli.simulation.rules_ends import SIDES, Ends, Rows
from btcli.simulation.rules_looked import Looked, conditions_looked_at
from btcli.simulation.rules_told import RulesOfSymbol, RulesTold


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
            mine, lets_be = told.of(index), system.risk.stop_vs_liquidation == "warn"
            levels = dict(_levels(written.rules, at, mine, lets_be=lets_be))
            ends = Ends.of(looked, rules, closes, mine, gates, levels, turns=turns)
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


def _levels(rules: RulesWritten, at: str, told: RulesOfSymbol, *, lets_be: bool) -> Iterator[tuple[str, Rows]]:
    """By side the levels that nothing could reach, each with where it stands and at how many entries that was so.

    `lets_be`: a stop beyond the liquidation stays there.
    """
    for side in RULE_SIDES:
        missed = told.levels_missed(SIDES[side])
        of_stop = rules.place_of_key(side, "stop") or rules.place_of_key(side, "trail")
        found = (
            (rules.place(side, "trail.from"), "target", missed.trails),
            (of_stop, "liquidation", missed.stops if lets_be else 0),
        )
        yield (
            side,
            [
                {"key": ".".join((at, *map(str, path))), "beyond": beyond, "entries": entries}
                for path, beyond, entries in found
                if path is not None and entries
            ],
        )


def _of_symbol(looked: Looked, closes: Closes, ends: Ends) -> dict[str, Any]:
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
