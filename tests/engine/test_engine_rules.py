"""Programs of rules against a second reading of the language, on columns with holes and roles that close unevenly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np
import pytest
from engine_rules_reading import MEANS, PRICES, Drawn, Market, Tree, number, text_of, truth
from engine_rules_strategies import AGREEING, CROSSES, Agreeing, Crossing
from engine_rules_strategies import FEATURES as FEATURES_OF_BOTH
from engine_worlds import inputs_of, run, system_of, walk, world_of_run

from btcli.config.loading import parse_system
from btcli.config.rules import Rules
from btcli.engine.columns import ColumnCache
from btcli.engine.ground import Ground, SymbolColumns, ground_of, key_of, symbol_columns
from btcli.engine.wishes import ColumnReader, WishTable, wishes_of
from btcli.engine.world import World
from btcli.errors import ConfigError
from btcli.exchange.driver.opcodes import AND, CONST, END, EQ, LOAD, MOVE
from btcli.exchange.driver.program import Group, Program, Recipe, Want
from btcli.exchange.formulas.choosing import ALWAYS_MATTERS, FIRST_GROUP
from btcli.expressions.names import Names
from btcli.features.plan import plan_features
from btcli.market.series import ROLES, Bars
from btcli.simulation.ruled import ruled_strategy
from btcli.strategies.rules.grouping import SCRATCH
from btcli.strategies.rules.rule_set import assembled_rules
from btcli.timeframe import Timeframe

MINUTE = 60_000
LENGTHS = ((1, 5, 15, 60), (5, 5, 15, 15), (5, 5, 5, 5))  # minutes of exec, ltf, mtf and htf
FEATURES = {role: {"x": "ema(close, 5)", "y": "ema(close, 9)"} for role in ("ltf", "mtf", "htf")}
HEAD = """\
system: ruled
venue: sample
symbols: [BTCUSDT]
timeframes: {ltf: 1m}
risk: {sizing: {qty: 0.01}}
"""
PARAMS = {"p": 1.0, "q": -2.0}
CONDITIONS = ("enter", "exit")
OUTPUTS = [(side, key) for key in (*CONDITIONS, "stop", "target") for side in ("long", "short")]


def bars_of(every: int, random: np.random.Generator, minutes: int) -> Bars:
    """Small whole prices, so that they meet often; one bar in eight is missing."""
    length, count = every * MINUTE, minutes // every
    kept = random.random(count) > 0.125
    opens = np.arange(count, dtype=np.int64)[kept] * length
    prices = [random.integers(1, 6, len(opens)).astype(np.float64) for _ in PRICES]
    return Bars(opens, opens + length, *prices)


def ground_with(seed: int, minutes: int = 360) -> tuple[Ground, dict[tuple[str, str], Any]]:
    """A symbol whose features are drawn numbers, a fifth of them unknown; and all columns by role and name.

    Roles of one length have the same bars, as a loader gives them.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    every = dict(zip(ROLES, LENGTHS[seed % len(LENGTHS)], strict=True))
    of_length = {minute: bars_of(minute, random, minutes) for minute in dict.fromkeys(every.values())}
    bars = {role: of_length[every[role]] for role in ROLES}
    columns = {(role, name): getattr(bars[role], name) for role in ROLES for name in PRICES}
    known = {}
    for feature in plan_features(FEATURES).features:
        values = random.integers(-3, 7, len(bars[feature.role].ts_open)) / 2
        values[random.random(len(values)) < 0.2] = np.nan
        known[key_of(feature)] = columns[feature.role, feature.name] = values
    rows = len(bars["ltf"].ts_close)
    frames = {role: Timeframe.parse(f"{every[role]}m") for role in ROLES}
    return Ground(bars, frames, 0, np.arange(rows), (0, rows), known), columns


def market_of(ground: Ground, columns: Mapping[tuple[str, str], Any]) -> Market:
    """The same for the second reading: plain numbers, None for unknown."""
    closes = {role: bars.ts_close.tolist() for role, bars in ground.bars.items()}
    plain = {key: [None if np.isnan(value) else value for value in column.tolist()] for key, column in columns.items()}
    return Market(closes, plain, PARAMS)


def everywhere(program: Program) -> Program:
    """The same program, wishing at every close."""
    always = Recipe("closes", np.array([(CONST, 0, 0, 0)], np.int32), np.ones(1), (), (("always", 0),))
    groups = tuple(group._replace(wants=(Want("always", ALWAYS_MATTERS),)) for group in program.groups)
    return program._replace(recipes=(*program.recipes, always), groups=groups)


def written(trees: Mapping[tuple[str, str], Tree], drawn: Drawn) -> dict[str, dict[str, str]]:
    """Rules as the file has them."""
    rules: dict[str, dict[str, str]] = {"long": {}, "short": {}}
    for (side, key), tree in trees.items():
        rules[side][key] = text_of(tree, drawn.draw)
    return rules


class Case(NamedTuple):
    """Drawn rules by side and key, their text, and its program or why there is none."""

    trees: Mapping[tuple[str, str], Tree]
    rules: Mapping[str, Mapping[str, str]]
    program: Program | str


def drawn_case(seed: int) -> Case:
    """Rules of both sides over all roles, some deep and some shallow."""
    names = [(role, name) for role in ROLES for name in (*PRICES, *MEANS)]
    names += 6 * [(role, name) for role, named in FEATURES.items() for name in named]
    drawn = Drawn(seed, names, list(PARAMS))
    depth = drawn.draw.choice([0, 1, 2, 3])
    trees = {place: drawn.condition(depth) if place[1] in CONDITIONS else drawn.number(3) for place in OUTPUTS}
    rules = written(trees, drawn)
    used = {word for side in rules.values() for text in side.values() for word in re.findall(r"\w+", text)}
    params = {name: value for name, value in PARAMS.items() if name in used}
    features = {role: tuple(named) for role, named in FEATURES.items()}
    try:
        made = assembled_rules(Rules.model_validate(rules), params, Names(features, tuple(params)))
    except ConfigError as refused:
        return Case(trees, rules, str(refused))
    return Case(trees, rules, made.program)


def due_of(place: tuple[str, str], tree: Tree, market: Market, moments: range) -> list[Any]:
    """What a rule says at these closes of ltf by the second reading."""
    closes = market.closes["ltf"]
    if place[1] in CONDITIONS:
        return [truth(tree, market, closes, moment) for moment in moments]
    return [number(tree, market, partial(_last, market, closes[moment])) for moment in moments]


def _last(market: Market, now: int, role: str) -> int:
    return market.last(role, now)


def said_by(program: Program, symbol: SymbolColumns, moments: range) -> dict[tuple[str, str], list[Any]]:
    """What the program says of every rule at these closes of ltf, in the words of the second reading."""
    rows = evaluated(program, wishes_of(everywhere(program), symbol))
    truths = ColumnReader(program.recipes, symbol).columns(program.wants, np.array(moments))
    found = dict(zip(program.wants, truths.tolist(), strict=True))
    for group in program.groups:  # where a group does not run, its condition is not true
        place = int(group.code[0, 1])
        for row, moment in enumerate(moments):
            rows[moment][place] = both(rows[moment][place], found[group.wants[0].column][row])
    said = {}
    for place, output in enumerate(OUTPUTS):
        read = bool if output[1] in CONDITIONS else float
        said[output] = [None if isnan(rows[n][place]) else read(rows[n][place]) for n in moments]
    return said


def evaluated(program: Program, table: WishTable) -> list[list[float]]:
    """The registers after the loop's code on each row of what it reads: the few instructions that it is made of."""
    rows = []
    for kinds, start in zip(table.kinds.tolist(), table.starts.tolist(), strict=True):
        registers, read = [nan] * (SCRATCH + 1), table.values[start:].tolist()
        for place, group in enumerate(program.groups):
            if kinds & FIRST_GROUP << place:
                run_group(group, program, read, registers)
                read = read[len(group.reads) :]
        rows.append(registers)
    return rows


def run_group(group: Group, program: Program, read: list[float], registers: list[float]) -> None:
    for op, out, a, b in group.code.tolist():
        left, right = registers[a], registers[b]
        if op == LOAD:
            registers[out] = read[a]
        elif op == CONST:
            registers[out] = float(program.constants[a])
        elif op == MOVE:
            registers[out] = left
        elif op == EQ:
            registers[out] = nan if isnan(left) or isnan(right) else float(left == right)
        elif op == AND:
            registers[out] = both(left, right)
        else:
            assert op == END


def both(left: float, right: float) -> float:
    """`and` by Kleene."""
    return 0.0 if 0.0 in (left, right) else left * right


def entries_of(due: Mapping[tuple[str, str], list[Any]]) -> dict[tuple[str, str], list[Any]]:
    """The same, but that an entry is unknown where it would be one and its stop or target is unknown."""
    wished = dict(due)
    for side in ("long", "short"):
        rows = zip(due[side, "enter"], due[side, "stop"], due[side, "target"], strict=True)
        wished[side, "enter"] = [enter and (None if None in (stop, target) else enter) for enter, stop, target in rows]
    return wished


@pytest.mark.parametrize("seed", range(10))
def test_programs_mean_what_the_language_says(seed: int) -> None:
    """Every rule of thirty drawn sets says what the second reading says, and where a condition is true is found.

    At every close of ltf from which on all roles have a bar: before, nothing is decided.
    """
    ground, columns = ground_with(seed)
    market, symbol = market_of(ground, columns), symbol_columns(ground, plan_features(FEATURES), ColumnCache())
    closes = market.closes["ltf"]
    ready_ms = max(closes[0] for closes in market.closes.values())
    moments = range(sum(now < ready_ms for now in closes), len(closes))
    met: set[Any] = set()
    programs = 0
    for case in map(drawn_case, range(30 * seed, 30 * seed + 30)):
        if isinstance(case.program, str):
            assert re.search("is no number|divides by 0|never happens", case.program)
            continue
        due = {place: due_of(place, tree, market, moments) for place, tree in case.trees.items()}
        assert said_by(case.program, symbol, moments) == entries_of(due), case.rules
        conditions = [due[place] for place in OUTPUTS if place[1] in CONDITIONS]
        wished = [moment for moment, found in zip(moments, zip(*conditions, strict=True), strict=True) if True in found]
        steps = wishes_of(case.program, symbol).steps.tolist()
        assert [step for step in steps if step >= moments.start] == wished
        met.update(*conditions)
        programs += 1
    assert met == {True, False, None}
    assert programs > 15


def wished_by(rules: str, world: World) -> list[tuple[int, int, float, float]]:
    """When rules would enter which side with which stop and target; at the last close nobody is asked any more."""
    written = parse_system(f"{HEAD}features: {FEATURES_OF_BOTH}\nstrategy:{rules}", "rules.yml")
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    frames = {role: world.system.timeframes.of(role) for role in ROLES}
    ground = ground_of(world.inputs.symbols[0].bars, frames, world.line, world.line.lanes[0])
    columns = symbol_columns(ground, plan_features(world.system.features), ColumnCache())
    table = wishes_of(assembled.program, columns)
    wished = []
    for step, row in zip(table.steps.tolist(), evaluated(assembled.program, table), strict=True):
        registers = dict(zip(OUTPUTS, row, strict=False))
        for side, sign in (("long", 1), ("short", -1)):
            if registers[side, "enter"] == 1.0 and step < world.line.steps - 1:
                distances = registers[side, "stop"], registers[side, "target"]
                wished.append((int(world.line.ts_close[step]), sign, *distances))
    return wished


@pytest.mark.parametrize(("rules", "strategy"), [(CROSSES, Crossing), (AGREEING, Agreeing)])
@pytest.mark.parametrize("timeframes", ["{ltf: 1m, mtf: 5m, htf: 15m}", "{exec: 1m, ltf: 3m, mtf: 15m, htf: 1h}"])
def test_rules_wish_what_the_same_strategy_in_python_answers(
    rules: str, strategy: type[Crossing], timeframes: str
) -> None:
    """Side, stop and target at every close of a walk of a day, from bars here and from snapshots there."""
    system = system_of(1_440, timeframes, features=FEATURES_OF_BOTH, risk=", on_opposite_signal: reverse")
    inputs = inputs_of(system, walk(1_440, history=7_000))
    asked = strategy()
    run(system, inputs, asked)
    wished = wished_by(rules, world_of_run(system, inputs))
    assert wished == asked.said
    assert len(wished) > 5
