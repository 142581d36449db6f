"""What the passes of a run share: built once, laid along the steps, and written by none of them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_worlds import MINUTE, START, SYMBOL, Scripted, Told, at, candles, inputs_of, system_of, walk, world_of_run

from btcli.config.specs.instruments import load_instruments
from btcli.engine.loop import Pass, simulate
from btcli.engine.world import World, world_of
from btcli.errors import UnhealthyData
from btcli.exchange.book.codes import DECIDES, NOTE_CLOSE, NOTED, PATH_NAMES, STEP_TOLD
from btcli.exchange.face.tape import BadPrices, market_of
from btcli.features.plan import plan_features
from btcli.strategies import Direction, Signal

LONG = Signal(Direction.LONG, stop_distance=20.0, target_distance=20.0)
ROLES4 = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}"
PAIR = (SYMBOL, "ETHUSDT")


def digest_of(world: World) -> str:
    """Everything that is in the arrays of a world."""
    tape = world.market.tape
    arrays = [
        *(getattr(tape, name) for name in tape._fields if name not in ("last", "mark", "record")),
        *(column for candles in (*tape.last, *tape.mark) for column in candles),
        *(column for each in world.columns for role in each.values() for column in role.values()),
    ]
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def rows_of(world: World, name: str) -> Any:
    return getattr(world.market.tape, name).tolist()


def candles_of(world: World, name: str) -> Any:
    """By symbol the candles of the steps, row by row."""
    return [np.column_stack(columns).tolist() for columns in getattr(world.market.tape, name)]


def test_every_path_runs_over_one_world_and_writes_nothing_of_it() -> None:
    """Three passes over one world tell what three over worlds of their own do, and leave its arrays as they were."""
    system = system_of(200, ROLES4, features="{ltf: {fast: 'ema(close, 3)'}}", mark="mark")
    inputs = inputs_of(system, walk(200, history=50), marks=walk(200, seed=2, history=50))
    shared = world_of_run(system, inputs)
    before = digest_of(shared)
    for path in PATH_NAMES:
        tellings = []
        for world in (shared, world_of_run(system, inputs)):
            told = Told()
            simulate(world, Pass([lambda: Scripted(at(15, LONG, 60, LONG))], path), told)
            tellings.append((told.all_events, told.all_trades, told.rows))
        assert tellings[0] == tellings[1]
        assert tellings[0][1]
    assert digest_of(shared) == before


def test_candles_are_laid_along_the_steps_of_all_symbols() -> None:
    """Where one symbol has no bar its row is empty; both have their own prices elsewhere."""
    first, second = candles([40_000.0, 40_001.0, 40_002.0]), candles([2_000.0, 2_001.0, 2_002.0])
    system = system_of(3, "{ltf: 1m}", symbols=PAIR)
    holed = second.filter(pl.col("ts_open") != START + MINUTE)
    world = world_of_run(system, inputs_of(system, {SYMBOL: first, "ETHUSDT": holed}))
    assert candles_of(world, "last") == [
        [
            [40_000, 40_005, 39_995, 40_000, 10],
            [40_000, 40_006, 39_995, 40_001, 10],
            [40_001, 40_007, 39_996, 40_002, 10],
        ],
        [[2_000, 2_005, 1_995, 2_000, 10], [0, 0, 0, 0, 0], [2_001, 2_007, 1_996, 2_002, 10]],
    ]
    assert rows_of(world, "has_bar") == [[1, 1, 1], [1, 0, 1]]


def test_a_missing_mark_candle_is_the_last_price_where_gaps_are_allowed() -> None:
    """The second minute has no mark: the candle of the last price stands there, and the world says so."""
    system = system_of(3, "{ltf: 1m}", mark="mark").model_copy(deep=True)
    allowed = system.model_copy(update={"data": system.data.model_copy(update={"gaps": "allow_confirmed"})})
    marks = candles([39_990.0, 39_991.0, 39_992.0]).filter(pl.col("ts_open") != START + MINUTE)
    inputs = inputs_of(system, candles([40_000.0, 40_001.0, 40_002.0]), marks=marks)
    world = world_of_run(allowed, inputs)
    assert [row[3] for row in candles_of(world, "mark")[0]] == [39_990, 40_001, 39_992]
    (replaced,) = world.market.replaced
    assert replaced is not None
    assert replaced.tolist() == [False, True, False]
    with pytest.raises(UnhealthyData, match="1 mark candles are missing"):
        world_of_run(system, inputs)


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_impossible_prices_are_refused_with_their_symbol_and_count(price: float) -> None:
    """Two bars of the second symbol have a low that no market could have."""
    system = system_of(6, "{ltf: 1m}", symbols=PAIR)
    bad = walk(6).with_columns(low=pl.when(pl.col("ts_open") < START + 2 * MINUTE).then(price).otherwise(pl.col("low")))
    with pytest.raises(UnhealthyData, match="ETHUSDT: 2 last prices are not positive numbers"):
        world_of_run(system, inputs_of(system, {SYMBOL: walk(6), "ETHUSDT": bad}))


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf"), float("-inf")])
def test_a_market_has_no_price_that_no_exchange_could_have(price: float) -> None:
    """One such price, far inside, is found wherever it stands; where there is no bar nobody asks."""
    bars = np.full((1, 9000, 5), 100.0)
    bars[0, 8500, 2] = price
    there = [np.ones(9000, np.bool_)]
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    given: dict[str, Any] = {
        "symbols": ["A"],
        "ts_open": np.arange(9000),
        "step_ms": 1,
        "mark": None,
        "funding": [nothing],
    }
    with pytest.raises(BadPrices) as refused:
        market_of(last=bars, has_bar=there, **given)
    assert (refused.value.index, refused.value.series, refused.value.bars) == (0, "last", 1)
    there[0][8500] = False
    assert market_of(last=bars, has_bar=there, **given).settlements == (0,)


def test_prices_that_lie_as_the_exchange_reads_them_are_not_copied() -> None:
    """The columns of the candles are the tape's own, and the mark's where the last price is the mark."""
    bars = [[np.full(10, 100.0) for _ in range(5)] for _ in range(2)]
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    market = market_of(
        symbols=["A", "B"], ts_open=np.arange(10), step_ms=1, last=bars, mark=None, funding=[nothing] * 2
    )
    for given, last, mark in zip(bars, market.tape.last, market.tape.mark, strict=True):
        assert all(own is column for own, column in zip(last, given, strict=True))
        assert all(own is column for own, column in zip(mark, given, strict=True))


def test_features_are_taken_over_where_they_are_known() -> None:
    """A world of other exec bars over the same closed bars computes no feature again."""
    system = system_of(60, ROLES4, features="{ltf: {fast: 'ema(close, 3)'}}")
    inputs, plans = inputs_of(system, walk(60, history=50)), [plan_features(system.features)]
    first = world_of(system, inputs, load_instruments(system), plans)
    again = world_of(system, inputs, load_instruments(system), plans, first.columns)
    assert again.columns[0]["ltf"]["fast"] is first.columns[0]["ltf"]["fast"]
    assert rows_of(again, "notes") == rows_of(first, "notes")


def test_the_calendar_flags_only_what_a_close_brings() -> None:
    """On 1m steps with 5m ltf every fifth step decides; the hour is noted, and what is of ltf's length is not told."""
    system = system_of(60, "{exec: 1m, ltf: 5m, mtf: 5m, htf: 1h}")
    world = world_of_run(system, inputs_of(system, walk(60)))
    flags = world.market.tape.flags
    assert np.flatnonzero(flags & DECIDES).tolist() == list(range(4, 60, 5))
    assert np.flatnonzero(flags & NOTED).tolist() == [0, 4, 59]  # not ready, ltf and mtf ready, the hour
    told = [row for row in rows_of(world, "notes") if row[1] == 0]
    assert [(row[0], world.market.texts[row[3]]) for row in told] == [(59, "htf")]
    assert not (flags & STEP_TOLD).any()


def test_full_events_flag_every_step() -> None:
    """Each step is told; the closes of ltf are not, for every one of them is a step's."""
    system = system_of(20, "{exec: 1m, ltf: 5m}", events="full")
    world = world_of_run(system, inputs_of(system, walk(20)))
    assert bool((world.market.tape.flags & STEP_TOLD).all())
    assert [row for row in rows_of(world, "notes") if row[1] == NOTE_CLOSE] == []
