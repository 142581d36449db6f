"""Many runs over one world give what each of them gives alone."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from many_worlds import DAYS, metrics_alone, reader_of, system_of, world_of_trials

from btcli.engine.collecting import SELDOM
from btcli.engine.columns import ColumnCache
from btcli.simulation import many
from btcli.simulation.many import batches_of, run_many
from btcli.simulation.scores import Score
from btcli.simulation.trials import Refused, Trial

CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"features.ltf.f": "ema(close, 8)"},
    {"features.ltf.f": "sma(close, 3)", "features.ltf.s": "sma(close, 12)", "features.htf.t": "ema(close, 2)"},
    {"features.ltf.s": "ema(close, 55)", "strategy.params.far": 0.25},
    {"strategy.params.far": 4},
    {"costs.slippage_bps": 12, "costs.taker_fee_rate": 0.001},
    {"costs.per_symbol": {"BTCUSDT": {"stop_slippage_bps": 40}}},
    {"risk.sizing.risk_pct": 2.5},
    {"risk.sizing.notional_pct": 400, "account.leverage": 20, "fills.path": "optimistic"},
    {"risk.sizing.notional_usdt": 150_000, "account.leverage": 50, "risk.on_opposite_signal": "close"},
    {
        "risk.sizing.notional_usdt": 50_000,
        "account.leverage": 90,
        "risk.on_liquidation": "continue",
        "risk.on_opposite_signal": "ignore",
        "strategy.params.far": 40,
    },
    {"account.margin_mode": "cross", "risk.sizing.qty": 0.6, "account.leverage": 10},
    {"account.initial_equity_usdt": 500, "risk.max_drawdown_pct": 4},
    {"account.initial_equity_usdt": 150, "risk.sizing.qty": 0.02},
    {"risk.daily_loss_pct": 0.5, "risk.on_opposite_signal": "ignore"},
    {"strategy.rules.long.enter": "close > open", "risk.max_bars_in_trade": 3},
    {"fills.trigger_by": "mark", "fills.take_profit_order": "limit"},
    {"fills.delay_bars": 2},
    {"strategy.rules.long.enter": "close > highest(high, 12)[1] and rising(htf.close, 2)"},
    {"strategy.rules.trail": {"pct": "far * 0.2", "from": "close * 1.001"}, "strategy.params.far": 1.5},
    {"strategy.rules.order": {"limit": "close - far * 9"}, "strategy.rules.cancel_when": "close > s + far * 60"},
    {"strategy.rules.long.stop": {"price": "f - far * 150"}, "strategy.rules.break_even": "far * 60"},
    {"strategy.rules.long.enter": "count(htf.close > htf.t, 2) == 2 and bars_since(cross_above(f, s)) < 9"},
)
WIDEST = {"features.ltf.s": "ema(close, 60)", "features.htf.t": "ema(close, 4)"}
REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"account.leverage": 0}, "account.leverage", "must be at least 1, got 0"),
    ({"features.ltf.f": "ema(close, )"}, "features.ltf.f", "ema(close, )"),
    ({"features.ltf.s": "ema(close, 600)"}, "features.ltf.s", "bars before the window"),
    ({"strategy.params.far": 10**400}, "strategy.params.far", "larger than any float"),
    ({"strategy.rules.stop": 10**400}, "strategy.rules.stop", "expected an expression"),
    ({5: 1}, "5", "is no key: a key is a text with dots"),
    ({("risk", "sizing"): {"qty": 1}}, "('risk', 'sizing')", "is no key: a key is a text with dots"),
    ({"strategy.rules.stop": np.array([1, 2])}, "strategy.rules.stop", "expected an expression"),
    ({"strategy.params." + "a." * 500 + "b": 1}, "strategy.params.a", "a key has at most 64 parts, this one 503"),
    ({"strategy.params.far": "wide"}, "strategy.params", "must be a number in rules"),
    ({"strategy.rules.long.enter": "cross_above(f, nothing)"}, "strategy.rules.long.enter", "nothing"),
    ({"strategy.rules.long.enter": "rising(htf.close, 99)"}, "strategy.rules", "rules look back over 99 bars of htf"),
    ({"timeframes.ltf": "15m"}, "timeframes.ltf", "is the same in all trials over one world"),
    ({"strategy": {"use": "mtf_trend"}}, "", "trials are run of strategies in rules"),
)


def trials_of(changes: Any) -> list[Trial]:
    return [Trial(each) for each in changes]


def assert_as_alone(kept: Any, metrics: dict[str, Any], said: Any) -> None:
    """Every figure stands in the metrics of a run of its own with the same value."""
    assert not isinstance(kept, Refused), (said, kept)
    reasons = kept.pop("null_reasons")
    assert kept == {name: metrics[name] for name in kept}, said
    assert reasons == {name: why for name, why in metrics["null_reasons"].items() if name in kept}, said


def test_each_trial_ends_as_a_run_of_its_own(tmp_path: Path) -> None:
    """Other features, parameters, costs, sizes, terms, rules: figures equal those of metrics.json to the last bit."""
    system = system_of()
    reader = reader_of(system)
    kept = run_many(world_of_trials(system, reader, WIDEST), trials_of(CHANGES), threads=2)
    alone = [metrics_alone(system, reader, each, tmp_path / str(n)) for n, each in enumerate(CHANGES)]
    assert len({each["final_equity_usdt"] for each in alone}) > len(CHANGES) - 3  # they are runs of many kinds
    assert {each["status"] for each in alone} >= {"END_OF_DATA", "MAX_DRAWDOWN_HIT"}
    assert any(each["liquidations"] for each in alone)
    assert any(each["entry_refusals"] for each in alone)
    for figures, metrics, changes in zip(kept, alone, CHANGES, strict=True):
        assert_as_alone(figures, metrics, changes)


@pytest.mark.parametrize(
    "timeframes", ["{ltf: 1m}", "{exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}", "{exec: 1m, ltf: 1h}"], ids=str
)
def test_other_timeframes_and_symbols_end_as_runs_of_their_own(tmp_path: Path, timeframes: str) -> None:
    """Two symbols under one set of rules, of other timeframes, with features that become ready within the window."""
    system = system_of(timeframes, ("BTCUSDT", "ETHUSDT"))
    reader = reader_of(system)
    changes = ({}, {"strategy.params.far": 3}, {"features.ltf.s": "ema(close, 45)"})
    kept = run_many(world_of_trials(system, reader, WIDEST), trials_of(changes), threads=2)
    for n, (figures, each) in enumerate(zip(kept, changes, strict=True)):
        assert_as_alone(figures, metrics_alone(system, reader, each, tmp_path / str(n)), each)


@pytest.mark.parametrize("threads", [1, 3, 40])
def test_any_number_of_threads_gives_the_same(threads: int) -> None:
    """Results stand in the order asked and are equal, however many threads took part and whatever the cache held."""
    system = system_of()
    world = world_of_trials(system, reader_of(system), WIDEST)
    trials = trials_of(CHANGES) * 2
    asked = run_many(world, trials, threads=2)
    assert run_many(world, trials, threads, cache=ColumnCache(50_000)) == asked
    assert asked[: len(CHANGES)] == asked[len(CHANGES) :]


@pytest.mark.parametrize(("changes", "where", "said"), REFUSED, ids=lambda each: str(each)[:40])
def test_a_trial_that_cannot_be_run_says_why(changes: dict[str, Any], where: str, said: str) -> None:
    """It is a value with its reason and its key; the trials before and after it end as they do without it."""
    system = system_of()
    world = world_of_trials(system, reader_of(system), WIDEST)
    first, refused, last = run_many(world, [Trial(), Trial(changes), Trial({"strategy.params.far": 2})], threads=2)
    assert isinstance(refused, Refused)
    (problem,) = refused.problems
    assert where in f"{problem.where} {problem.message}"
    assert said in f"{problem.message}"
    assert [first, last] == run_many(world, [Trial(), Trial({"strategy.params.far": 2})], threads=1)


@pytest.mark.parametrize("key", ["account.leverage", "strategy.params.far"])
def test_a_number_that_nobody_can_write_is_refused_as_others_are(key: str) -> None:
    """Python makes no text of a whole number that long, and a message shows what it speaks of."""
    system = system_of()
    (refused,) = run_many(world_of_trials(system, reader_of(system), {}), [Trial({key: 10**5000})], threads=1)
    assert isinstance(refused, Refused)
    assert key in str(refused.problems[0])


@pytest.mark.parametrize("value", [np.int64(2), np.float64(2), np.uint8(2)], ids=repr)
def test_a_number_of_numpy_is_the_number_that_it_is(value: Any) -> None:
    """Whoever takes values out of an array need not make Python's numbers of them."""
    system = system_of()
    world = world_of_trials(system, reader_of(system), {})
    plain, other = run_many(world, [Trial({"strategy.params.far": each}) for each in (2, value)], threads=1)
    assert not isinstance(plain, Refused)
    assert plain == other


def test_a_score_is_handed_to_whoever_keeps_something_of_it() -> None:
    """`keep` sees days, trades and sums; of each trade net, fees and funding belong together."""
    seen: list[Any] = []

    def keep(score: Score) -> int:
        net, fees, funding = (each.copy() for each in score.results)
        seen.append((score.equity.daily, net, fees, funding, score.counters))
        return len(net)

    system = system_of()
    (trades,) = run_many(world_of_trials(system, reader_of(system), {}), [Trial()], keep=keep)
    ((daily, net, fees, funding, counters),) = seen
    assert trades == len(net) > 10
    assert len(daily) == 4
    assert fees.sum() == pytest.approx(counters.fees_usdt)
    assert funding.sum() == pytest.approx(counters.funding_paid_usdt - counters.funding_received_usdt)
    assert net.sum() == pytest.approx(daily[-1] - 10_000.0)


def test_no_trials_give_nothing() -> None:
    """Nothing is asked, nothing is given."""
    system = system_of()
    assert run_many(world_of_trials(system, reader_of(system), {}), []) == []


def test_memory_does_not_grow_with_trials() -> None:
    """A hundred trials after the tenth hold less than ten columns more: books, columns and buffers are used again.

    Ten columns, since Python's own lists of what is free grow by some 50 kB at moments that nobody chooses.
    """
    system = system_of()
    world = world_of_trials(system, reader_of(system), WIDEST)
    trials = trials_of({"strategy.params.far": 0.2 + n / 100} for n in range(110))
    kept, held_bytes = count(1), []

    def held(score: Score) -> None:
        if next(kept) in (10, len(trials)):
            gc.collect()  # of everything that the process holds, which takes long where that is all tests
            held_bytes.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        run_many(world, trials, 1, keep=held, cache=ColumnCache(100_000))
    finally:
        tracemalloc.stop()
    tenth, last = held_bytes
    assert last - tenth < 10 * DAYS * 1440 * 8


def test_cycles_are_looked_for_seldom_while_many_run() -> None:
    """The collector has its own pace again afterwards, also where what keeps the scores fails."""
    system = system_of()
    world = world_of_trials(system, reader_of(system), {})
    before = gc.get_threshold()
    assert run_many(world, [Trial()], 1, keep=lambda _: gc.get_threshold()) == [SELDOM]
    assert gc.get_threshold() == before

    def fail(score: Score) -> None:
        raise LookupError(score.status)

    with pytest.raises(LookupError, match="END_OF_DATA"):
        run_many(world, [Trial()], 1, keep=fail)
    assert gc.get_threshold() == before


ENDLESS = """
import os, signal, sys
signal.alarm(600)  # whatever becomes of the test
sys.path.insert(0, {folder!r})
from many_worlds import *
from btcli.simulation import many
from btcli.simulation.many import run_many
from btcli.simulation.trials import Trial
system = system_of()
world = world_of_trials(system, reader_of(system), {{}})
run_many(world, [Trial()], 2)
try:
    os.write(1, b"begun\\n")
    run_many(world, [Trial()] * 1_000_000, 2)
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
    sys.exit(130)
"""


def test_an_interrupt_ends_many_runs() -> None:
    """A process in the midst of a million trials that is interrupted ends, as one that is interrupted does."""
    code = ENDLESS.format(folder=str(Path(__file__).parent))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[2])])}
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=300)
    assert (said, child.returncode) == ("interrupted\n", 130)


@pytest.mark.parametrize(
    ("trials", "threads", "sizes"),
    [
        (200, 2, [8] * 18 + [7] * 8),
        (17, 2, [5, 4, 4, 4]),
        (3, 2, [2, 1]),
        (2, 2, [1, 1]),
        (9, 1, [5, 4]),
        (0, 1, []),
    ],
)
def test_threads_end_together(trials: int, threads: int, sizes: list[int]) -> None:
    """Every thread has as many batches of nearly the same size, so that none works while the others have ended."""
    asked = [Trial({"strategy.params.far": n}) for n in range(trials)]
    batches = batches_of(asked, threads)
    assert [len(each) for each in batches] == sizes
    assert [trial for each in batches for trial in each] == asked


@pytest.mark.parametrize("together", [1, 3, 8])
def test_how_many_run_in_turns_changes_nothing(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials that take turns give what each gives alone, also where one cannot be run or ends early."""
    system = system_of()
    world = world_of_trials(system, reader_of(system), WIDEST)
    changes: list[dict[str, Any]] = [{"strategy.params.far": 0.2 + n / 10} for n in range(10)]
    changes[3] = {"strategy.params.far": "many"}
    changes[5] = {"risk.max_drawdown_pct": 0.001}
    monkeypatch.setattr(many, "TOGETHER", together)
    found = run_many(world, trials_of(changes), 2)
    assert isinstance(found[3], Refused)
    alone = [run_many(world, trials_of([each]), 1)[0] for each in changes]
    assert [str(each) for each in found] == [str(each) for each in alone]
    assert found[5]["status"] == "MAX_DRAWDOWN_HIT"
