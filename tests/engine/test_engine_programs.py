"""Where a program could wish something, and what it reads there, against loops over the same bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isnan
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_worlds import MINUTE, START, SYMBOL, candles, inputs_of, system_of, walk, world_of_run

from btcli.engine.columns import ColumnCache
from btcli.engine.ground import Ground, SymbolColumns, ground_of, symbol_columns
from btcli.engine.timeline import timeline
from btcli.engine.wishes import wishes_of
from btcli.engine.world import World
from btcli.exchange.driver.opcodes import AND, CONST, END, FRESH, GE, GT, LE, LOAD, LT, MUL, SUB
from btcli.exchange.driver.program import Group, Program, Recipe, Want
from btcli.exchange.formulas.choosing import ALWAYS_MATTERS
from btcli.features.compute import compute_features
from btcli.features.plan import plan_features
from btcli.market.series import ROLES, Bars, Role
from btcli.timeframe import Timeframe

MINUTES, HISTORY = 600, 300
ROLES4 = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}"
CROSS = {"ltf": {"f": "ema(close, 3)", "s": "ema(close, 8)"}}
NO_CODE = np.array([(END, 0, 0, 0)], np.int32)


def world_with(frame: Any, timeframes: str = ROLES4, minutes: int = MINUTES, **more: Any) -> World:
    """A world without features, over candles with enough of them before its window."""
    features = "{ltf: {x: 'ema(close, 20)'}}"
    system = system_of(minutes, timeframes, features=features, **more)
    return world_of_run(system, inputs_of(system, frame))


def ground_in(world: World, index: int = 0) -> Ground:
    timeframes = {role: world.system.timeframes.of(role) for role in ROLES}
    return ground_of(world.inputs.symbols[index].bars, timeframes, world.line, world.line.lanes[index])


def columns_in(world: World, features: dict[str, dict[str, str]], cache: ColumnCache | None = None) -> SymbolColumns:
    return symbol_columns(ground_in(world), plan_features(features), cache or ColumnCache())


def recipe(role: str, inputs: Sequence[str], lines: Sequence[Any], **outputs: int) -> Recipe:
    code = np.array(lines, np.int32).reshape(-1, 4)
    return Recipe(role, code, np.array([0.02, 40_000.0]), tuple(inputs), tuple(outputs.items()))


def program(recipes: Sequence[Recipe], reads: Sequence[str], wants: Sequence[str]) -> Program:
    found = tuple(Want(name, ALWAYS_MATTERS) for name in wants)
    return Program(tuple(recipes), (Group(found, NO_CODE, tuple(reads)),), np.empty(0))


LAGGED = [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (LOAD, 10, 0, 1), (LOAD, 11, 1, 1)]
CROSSES = recipe(
    "closes",
    ["ltf.f", "ltf.s"],
    [*LAGGED, (GT, 12, 8, 9), (LE, 13, 10, 11), (AND, 0, 12, 13), (LT, 14, 8, 9), (GE, 15, 10, 11), (AND, 1, 14, 15)],
    up=0,
    down=1,
)
STOP = recipe("closes", ["ltf.close"], [(LOAD, 8, 0, 0), (CONST, 9, 0, 0), (MUL, 10, 8, 9)], stop=10)


def decisions(world: World, index: int = 0) -> Iterator[tuple[int, dict[Role, int]]]:
    """The steps at which a symbol decides, with the last closed bar of each role (-1: none): by a plain loop."""
    bars, line = world.inputs.symbols[index].bars, world.line
    closes = {role: bars[role].ts_close.tolist() for role in ROLES}
    for step, ts_close in enumerate(line.ts_close.tolist()):
        if line.lanes[index].has_bar[step] and ts_close in closes["ltf"]:
            yield step, {role: sum(each <= ts_close for each in closes[role]) - 1 for role in ROLES}


def crosses(world: World, features: dict[str, dict[str, str]]) -> list[tuple[int, float, float, float]]:
    """The steps of both crosses of ltf, what is true there, and two percent of the close."""
    bars = world.inputs.symbols[0].bars
    timeframes = {role: world.system.timeframes.of(role) for role in ROLES}
    found = compute_features(plan_features(features), bars, timeframes, world.line.start_ms)["ltf"]
    f, s = found["f"].tolist(), found["s"].tolist()
    rows = []
    for step, at in decisions(world):
        n = at["ltf"]
        up, down = f[n] > s[n] and f[n - 1] <= s[n - 1], f[n] < s[n] and f[n - 1] >= s[n - 1]
        if up or down:
            rows.append((step, float(up), float(down), bars["ltf"].close.tolist()[n] * 0.02))
    return rows


def told(table: Any) -> list[tuple[float, ...]]:
    """The rows of a table, with their steps in front."""
    rows = table.values.reshape(len(table.steps), -1).tolist() if len(table.steps) else []
    return [(step, *row) for step, row in zip(table.steps.tolist(), rows, strict=True)]


@pytest.mark.parametrize("timeframes", [ROLES4, "{ltf: 1m}", "{exec: 1m, ltf: 15m, htf: 1h}"])
def test_crosses_are_found_with_what_is_read_there(timeframes: str) -> None:
    """Both crosses at the closes of ltf, with the distance of the stop, as a loop over the bars finds them."""
    world = world_with(walk(MINUTES, history=HISTORY), timeframes)
    table = wishes_of(program([CROSSES, STOP], ["up", "down", "stop"], ["up", "down"]), columns_in(world, CROSS))
    assert told(table) == crosses(world, CROSS)
    assert len(table.steps) > 1


def test_wants_of_two_recipes_are_found_as_those_of_one() -> None:
    """Each of the two may be true, wherever it comes from."""
    world = world_with(walk(MINUTES, history=HISTORY))
    up, down = CROSSES._replace(outputs=(("up", 0),)), CROSSES._replace(outputs=(("down", 1),))
    table = wishes_of(program([up, down, STOP], ["up", "down", "stop"], ["up", "down"]), columns_in(world, CROSS))
    assert told(table) == crosses(world, CROSS)


def test_roles_meet_at_the_closes_of_ltf() -> None:
    """Prices of coarser roles and of exec are those of their last closed bars, unknown before the first."""
    world = world_with(walk(MINUTES, history=120))
    lines = [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (GT, 10, 8, 9), (LOAD, 11, 2, 0), (LOAD, 12, 3, 0), (LOAD, 13, 0, 1)]
    names = ["ltf.close", "htf.open", "mtf.volume", "exec.high"]
    closes = recipe("closes", names, lines, above=10, volume=11, high=12, before=13)
    table = wishes_of(program([closes], ["volume", "high", "before"], ["above"]), columns_in(world, {}))
    bars = world.inputs.symbols[0].bars
    due = [
        (step, bars["mtf"].volume[at["mtf"]], bars["exec"].high[at["exec"]], bars["ltf"].close[at["ltf"] - 1])
        for step, at in decisions(world)
        if at["htf"] >= 0 and bars["ltf"].close[at["ltf"]] > bars["htf"].open[at["htf"]]
    ]
    assert told(table) == due
    assert 0 < len(due) < len(list(decisions(world)))


@pytest.mark.parametrize("role", ["ltf", "mtf", "htf", "exec"])
def test_a_role_is_fresh_at_its_own_closes(role: Role) -> None:
    """True at the closes of ltf at which a bar of the role closed too."""
    world = world_with(walk(MINUTES, history=HISTORY))
    number = ("ltf", "mtf", "htf", "exec").index(role)
    fresh = recipe("closes", [], [(FRESH, 8, number, 0)], fresh=8)
    table = wishes_of(program([fresh], ["fresh"], ["fresh"]), columns_in(world, {}))
    minutes = {"ltf": 5, "mtf": 15, "htf": 60, "exec": 5}[role]
    assert told(table) == [(n, 1.0) for n in range(minutes - 1, MINUTES, minutes)]


def test_a_cross_of_a_coarser_role_counts_its_own_bars() -> None:
    """Close above open on htf and not one bar of htf before, told once, where that bar closed."""
    world = world_with(walk(3_000, history=HISTORY), minutes=3_000)
    lines = [*LAGGED, (GT, 12, 8, 9), (LE, 13, 10, 11), (AND, 14, 12, 13)]
    turn = recipe("htf", ["close", "open"], lines, turn=14)
    told_once = recipe("closes", ["htf.turn"], [(LOAD, 8, 0, 0), (FRESH, 9, 2, 0), (AND, 10, 8, 9)], turned=10)
    table = wishes_of(program([turn, told_once], [], ["turned"]), columns_in(world, {}))
    htf = world.inputs.symbols[0].bars["htf"]
    due = [
        step
        for step, at in decisions(world)
        if htf.ts_close[at["htf"]] == world.line.ts_close[step]
        and htf.close[at["htf"]] > htf.open[at["htf"]]
        and htf.close[at["htf"] - 1] <= htf.open[at["htf"] - 1]
    ]
    assert table.steps.tolist() == due
    assert len(due) > 3


def test_columns_of_the_closes_are_read_by_later_ones() -> None:
    """With a lag too: a difference is finished first, and compared with what it was one close before."""
    world = world_with(walk(MINUTES, history=HISTORY))
    spread = recipe("closes", ["ltf.f", "ltf.s"], [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0), (SUB, 10, 8, 9)], spread=10)
    wider = recipe("closes", ["spread"], [(LOAD, 8, 0, 0), (LOAD, 9, 0, 1), (GT, 10, 8, 9)], wider=10, now=8, before=9)
    table = wishes_of(program([spread, wider], ["now", "before", "spread"], ["wider"]), columns_in(world, CROSS))
    assert all(now > before and now == again for _, now, before, again in told(table))
    assert 0 < len(table.steps) < MINUTES / 5


def holed(minutes: int, *missing: int) -> pl.DataFrame:
    """Candles with rising closes that lack some minutes."""
    frame = candles([40_000.0 + n for n in range(minutes + 40)], START - 40 * MINUTE)
    return frame.filter(~pl.col("ts_open").is_in([START + n * MINUTE for n in missing]))


def test_nothing_is_wished_where_nothing_is_decided() -> None:
    """A symbol decides where it has a bar and one of ltf ends; steps of other symbols count."""
    system = system_of(30, "{exec: 1m, ltf: 5m}", symbols=(SYMBOL, "ETHUSDT"))
    frames = {SYMBOL: holed(30, 9, 14, 15), "ETHUSDT": holed(30, 3)}
    system = system.model_copy(update={"data": system.data.model_copy(update={"gaps": "allow"})})
    world = world_of_run(system, inputs_of(system, frames))
    always = recipe("closes", ["ltf.close"], [(LOAD, 8, 0, 0)], close=8)
    for index in range(2):
        columns = symbol_columns(ground_in(world, index), plan_features({}), ColumnCache())
        table = wishes_of(program([always], ["close"], ["close"]), columns)
        bars = world.inputs.symbols[index].bars["ltf"]
        assert told(table) == [(step, bars.close[at["ltf"]]) for step, at in decisions(world, index)]
        assert 0 < len(table.steps) < 6


def test_bars_of_ltf_that_end_without_a_step_wish_nothing() -> None:
    """Candles of ltf of their own, one of which ends where the exec bar is missing, and one beyond the window."""

    def bars(minutes: int, *opens: int) -> Bars:
        ts_open = START + np.array(opens, np.int64) * MINUTE
        price = np.array(opens, np.float64) + 1.0
        return Bars(ts_open, ts_open + minutes * MINUTE, price, price, price, price, price)

    exec_bars, ltf = bars(1, 0, 1, 2, 3, 4, 6, 7, 8), bars(2, -2, 0, 2, 4, 6, 8)
    roles: dict[Role, Bars] = {"exec": exec_bars, "ltf": ltf, "mtf": ltf, "htf": ltf}
    timeframes = {role: Timeframe.parse("1m" if role == "exec" else "2m") for role in ROLES}
    line = timeline([roles], START, START + 8 * MINUTE)
    ground = ground_of(roles, timeframes, line, line.lanes[0])
    always = recipe("closes", ["ltf.close"], [(LOAD, 8, 0, 0)], close=8)
    columns = symbol_columns(ground, plan_features({}), ColumnCache())
    assert told(wishes_of(program([always], ["close"], ["close"]), columns)) == [(1, 1.0), (3, 3.0), (6, 7.0)]


def test_trials_share_what_is_the_same_in_both() -> None:
    """Another length of one average computes that one alone; known features are not computed at all."""
    world, cache = world_with(walk(MINUTES, history=HISTORY)), ColumnCache()
    ground, rules = ground_in(world), program([CROSSES, STOP], ["up", "stop"], ["up", "down"])
    for length, misses in ((3, 2), (4, 3), (3, 3), (5, 4)):
        features = {"ltf": {"f": f"ema(close, {length})", "s": "ema(close, 8)"}}
        wishes_of(rules, symbol_columns(ground, plan_features(features), cache))
        assert cache.misses == misses
    plan = plan_features(CROSS)
    bars = world.inputs.symbols[0].bars
    timeframes = {role: world.system.timeframes.of(role) for role in ROLES}
    known = compute_features(plan, bars, timeframes, world.line.start_ms)
    knowing = ground_of(bars, timeframes, world.line, world.line.lanes[0], plan, known)
    table = wishes_of(rules, symbol_columns(knowing, plan, ColumnCache(0)))
    assert told(table) == [(step, up, stop) for step, up, _, stop in crosses(world, CROSS)]


def test_other_constants_are_other_columns() -> None:
    """A recipe's outputs are kept by its constants too, and by the features behind its inputs' names."""
    world, cache = world_with(walk(MINUTES, history=HISTORY)), ColumnCache()
    ground = ground_in(world)
    scaled = recipe("mtf", ["x"], [(LOAD, 8, 0, 0), (CONST, 9, 0, 0), (MUL, 10, 8, 9)], scaled=10)
    closes = recipe("closes", ["mtf.scaled"], [(LOAD, 8, 0, 0)], scaled=8)
    seen = set()
    for factor in (2.0, 3.0):
        for length in (2, 3):
            rules = program([scaled._replace(constants=np.array([factor])), closes], ["scaled"], ["scaled"])
            plan = plan_features({"mtf": {"x": f"sma(close, {length})"}})
            table = wishes_of(rules, symbol_columns(ground, plan, cache))
            mean = world.inputs.symbols[0].bars["mtf"].close[-length:].sum() / length
            assert table.values[-1] == pytest.approx(factor * mean, rel=1e-12)
            seen.add(table.values[-1])
    assert len(seen) == 4
    assert cache.misses == 1 + 2 + 4  # the rows of mtf, two averages, four products


def test_programs_that_want_nothing_or_read_nothing_are_told_so() -> None:
    """No wants, no closes; names that nothing gives are refused."""
    world = world_with(walk(MINUTES, history=HISTORY))
    columns = columns_in(world, CROSS)
    assert told(wishes_of(program([CROSSES], ["up"], []), columns)) == []
    with pytest.raises(ValueError, match="no recipe of closes gives stop"):
        wishes_of(program([CROSSES], ["stop"], ["up"]), columns)
    with pytest.raises(ValueError, match="no recipe of closes gives left"):
        wishes_of(program([CROSSES], ["up"], ["left"]), columns)
    with pytest.raises(ValueError, match=r"recipe 0: spread comes out of it or of a later one"):
        wishes_of(program([recipe("closes", ["spread"], [(LOAD, 8, 0, 0)], spread=8)], [], ["spread"]), columns)
    with pytest.raises(KeyError, match="nobody"):
        wishes_of(program([recipe("closes", ["ltf.nobody"], [(LOAD, 8, 0, 0)], x=8)], [], ["x"]), columns)


def test_threads_get_the_same_tables_as_one() -> None:
    """Twenty trials on four threads over one cache, most of which compete for its columns."""
    world = world_with(walk(MINUTES, history=HISTORY))
    ground, rules = ground_in(world), program([CROSSES, STOP], ["up", "down", "stop"], ["up", "down"])
    trials = [{"ltf": {"f": f"ema(close, {n})", "s": f"ema(close, {m})"}} for n in range(2, 7) for m in range(8, 12)]

    def table(features: dict[str, dict[str, str]], cache: ColumnCache) -> Any:
        return told(wishes_of(rules, symbol_columns(ground, plan_features(features), cache)))

    shared = ColumnCache()
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda features: table(features, shared), trials))
    assert together == [table(features, ColumnCache()) for features in trials]
    assert shared.misses == 5 + 4
    assert not any(isnan(number) for rows in together for row in rows for number in row)
