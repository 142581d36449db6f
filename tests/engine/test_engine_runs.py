"""Runs as a whole: the same bytes every time, blind to the future, and clear when the strategy fails."""

from __future__ import annotations

import gc
import os
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from engine_worlds import (
    MINUTE,
    START,
    Scripted,
    Told,
    at,
    candles,
    inputs_of,
    minutes_of,
    run,
    system_of,
    walk,
    world_of_run,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.engine import loop
from btcli.engine.loop import Pass, simulate
from btcli.errors import StrategyError, UnhealthyData
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.features.plan import FeaturePlan
from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy
from btcli.strategies.finding import find_strategy

LONG = Signal(Direction.LONG)
NO_FEATURES = FeaturePlan()
FEATURES = '{ltf: {fast: "ema(close, 3)", slow: "ema(close, 8)", atr: "atr(3)"}, htf: {trend: "sma(close, 2)"}}'
TIMEFRAMES = "{exec: 1m, ltf: 3m, mtf: 15m, htf: 30m}"


class Crossing(Strategy):
    """Long above the slow average, short below, with a bracket, reversing."""

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf = snapshot.ltf
        direction = Direction.LONG if ltf["fast"] > ltf["slow"] else Direction.SHORT
        distance = max(2 * ltf["atr"], 20.0)
        return Signal(direction, stop_distance=distance, target_distance=1.5 * distance)


class Watching(Crossing):
    """Keeps the timeframes that it was shown, by the time of the close."""

    def __init__(self) -> None:
        super().__init__(None)
        self.shown: dict[int, tuple[Any, ...]] = {}

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        self.shown[snapshot.ts_close] = (snapshot.bar, snapshot.ltf, snapshot.mtf, snapshot.htf)
        return super().decide(snapshot)


def crossing(trades: pl.DataFrame, minutes: int, strategy: Strategy | None = None, **more: Any) -> tuple[Any, Told]:
    """Run Crossing, or a strategy like it, over these candles."""
    system = system_of(minutes, TIMEFRAMES, features=FEATURES, risk=", on_opposite_signal: reverse", **more)
    return run(system, inputs_of(system, trades), strategy or Crossing(None), checkpoint_steps=50)


def test_two_runs_give_an_identical_state_hash() -> None:
    """The same inputs give the same hash, checkpoints, events and rows; other inputs give others."""
    trades = walk(300, history=400)
    (first, told), (second, told_again) = crossing(trades, 300), crossing(trades, 300)
    assert first == second
    assert told == told_again
    assert len(told.all_trades) > 5
    assert crossing(walk(300, seed=2, history=400), 300)[0].state_hash != first.state_hash


def test_checkpoints_are_where_they_were_asked_for() -> None:
    """The state is hashed after every so many steps, and a shorter run shares the checkpoints of a longer one."""
    trades = walk(300, history=400)
    longer, shorter = crossing(trades, 300)[0], crossing(trades, 200)[0]
    assert [point.steps for point in longer.checkpoints] == [50, 100, 150, 200, 250, 300]
    assert [minutes_of(point.ts_close) for point in longer.checkpoints] == [50, 100, 150, 200, 250, 300]
    assert shorter.checkpoints[:3] == longer.checkpoints[:3]


@pytest.mark.parametrize("flush_steps", [1, 7, 100])
def test_pieces_do_not_change_what_is_told(flush_steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the run hands on what it has, the whole is the same."""
    trades = walk(300, history=400)
    result, whole = crossing(trades, 300)
    monkeypatch.setattr(loop, "FLUSH_STEPS", flush_steps)
    result_in_pieces, pieces = crossing(trades, 300)
    assert result_in_pieces == result
    assert (pieces.all_events, pieces.all_trades) == (whole.all_events, whole.all_trades)
    assert (pieces.ts_close, pieces.rows) == (whole.ts_close, whole.rows)
    assert pieces.pieces > whole.pieces


@settings(max_examples=25)
@given(cut=st.integers(1, 59), seed=st.integers(0, 1000), jump=st.sampled_from([0.5, 0.9, 1.1, 3.0]))
def test_no_look_ahead(cut: int, seed: int, jump: float) -> None:
    """Changing any bar after a decision changes nothing that was shown, told or decided up to it."""
    moment = START + 3 * cut * MINUTE
    trades = walk(200, seed, history=200)
    prices = ["open", "high", "low", "close", "volume"]
    later = pl.col("ts_open") >= moment
    altered = trades.with_columns(
        pl.when(later).then(pl.col(name) * jump).otherwise(pl.col(name)).alias(name) for name in prices
    )

    def before(some: pl.DataFrame) -> tuple[Any, ...]:
        """Everything up to the moment, without what the next step adds at its open."""
        strategy = Watching()
        told = crossing(some, 200, strategy)[1]
        shown = {ts: timeframes for ts, timeframes in strategy.shown.items() if ts <= moment}
        decided = ("tf_closed", "ready", "signal", "order_submitted", "order_rejected", "run_started")
        events = [e for e in told.all_events if e.ts < moment or (e.ts == moment and e.name in decided)]
        return shown, events, [row for ts, row in zip(told.ts_close, told.rows, strict=True) if ts <= moment]

    assert before(trades)[0]
    assert before(trades) == before(altered)


def test_run_is_told_from_start_to_finish() -> None:
    """The first event opens the run with its choices, the last closes it with its result."""
    result, told = crossing(walk(60, history=400), 60)
    first, last = told.all_events[0], told.all_events[-1]
    assert (first.name, first.ts, first.fields["steps"]) == ("run_started", START, 60)
    assert first.fields["start"] == "2024-01-01T00:00:00.000Z"
    assert (last.name, minutes_of(last.ts)) == ("run_finished", 60)
    assert last.fields["final_equity_usdt"] == result.final_equity_usdt == told.rows[-1][0]


def test_normal_events_name_higher_closes_and_full_ones_every_step() -> None:
    """Both tell closes of mtf and htf and none of ltf; full tells a line per step as well, and trades are the same."""
    trades = walk(60, history=400)
    result, normal = crossing(trades, 60)
    result_full, full = crossing(trades, 60, events="full")
    assert {event.fields["role"] for event in normal.named("tf_closed")} == {"mtf", "htf"}
    assert {event.fields["role"] for event in full.named("tf_closed")} == {"mtf", "htf"}
    assert [minutes_of(event.ts) for event in full.named("step")] == list(range(1, 61))
    assert full.all_trades == normal.all_trades
    assert result_full.state_hash == result.state_hash
    kept = [event for event in full.all_events if event.name != "step"]
    assert kept == normal.all_events


def test_progress_counts_up_to_all_steps() -> None:
    """Progress is told in steps done of steps in all, and ends with all of them."""
    seen: list[tuple[int, int]] = []
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    run(system, inputs_of(system, walk(60)), Scripted(), progress=lambda done, steps: seen.append((done, steps)))
    assert seen == sorted(seen)
    assert seen[-1] == (60, 60)


def test_the_path_can_be_replaced() -> None:
    """A run on another path starts with the name of that path."""
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    for path in ("pessimistic", "adaptive", "optimistic"):
        _, told = run(system, inputs_of(system, walk(30)), Scripted(), path=path)
        assert told.all_events[0].fields["path"] == path


def test_a_bar_that_holds_both_levels_ends_with_the_path() -> None:
    """When one bar reaches stop and target, the pessimistic path stops and the optimistic one takes the profit."""
    system = system_of(20, "{exec: 1m, ltf: 5m}")
    trades = candles([40_000.0] * 20).with_columns(
        pl.when(pl.col("ts_open") == START + 7 * MINUTE).then(41_000.0).otherwise(pl.col("high")).alias("high"),
        pl.when(pl.col("ts_open") == START + 7 * MINUTE).then(39_000.0).otherwise(pl.col("low")).alias("low"),
    )
    bracket = Signal(Direction.LONG, stop_distance=500.0, target_distance=500.0)
    ended = {}
    for path in ("pessimistic", "optimistic"):
        _, told = run(system, inputs_of(system, trades), Scripted(at(5, bracket)), path=path)
        ended[path] = [(trade.exit_reason, trade.ambiguous) for trade in told.all_trades]
    assert ended == {"pessimistic": [("stop", True)], "optimistic": [("target", True)]}


@pytest.mark.parametrize(
    ("status", "risk", "last_price"),
    [
        ("LIQUIDATED", "", 36_000.0),
        ("EQUITY_FLOOR_HIT", ", stop_equity_usdt: 9900", 39_000.0),
        ("MAX_DRAWDOWN_HIT", ", max_drawdown_pct: 1", 39_000.0),
        ("END_OF_DATA", "", 39_000.0),
    ],
)
def test_each_terminal_stop_reason(status: str, risk: str, last_price: float) -> None:
    """A long of one coin at 10x ends the run as its status says, and nothing is decided after that."""
    system = system_of(60, "{exec: 1m, ltf: 5m}", risk=risk, leverage=10, sizing="qty: 1")
    trades = candles([40_000.0] * 30 + [last_price] * 30)
    strategy = Scripted(at(10, LONG))
    result, told = run(system, inputs_of(system, trades), strategy)
    assert result.status == status
    assert told.all_events[-1].fields["status"] == status
    ended = 60 if status == "END_OF_DATA" else 31
    assert minutes_of(told.ts_close[-1]) == ended
    assert result.bars == ended
    assert minutes_of(strategy.seen[-1].ts_close) == (55 if status == "END_OF_DATA" else 30)


def test_a_strategy_that_raises_is_shown_with_its_bar_and_its_own_lines(tmp_path: Path) -> None:
    """The error names the bar, ends with the user's traceback alone, and keeps the cause."""
    (tmp_path / "mine.py").write_text(
        textwrap.dedent(
            """
            from btcli.strategies import Strategy

            def inner(snapshot):
                return 1 / (snapshot.ltf.close - snapshot.ltf.close)

            class Mine(Strategy):
                def decide(self, snapshot):
                    return inner(snapshot)
            """
        )
    )
    found = find_strategy("mine.py:Mine", tmp_path)
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    with pytest.raises(StrategyError) as caught:
        run(system, inputs_of(system, walk(30)), found.make)
    text = str(caught.value)
    assert "Mine.decide raised at the bar that closed 2024-01-01T00:05:00.000Z" in text
    assert "ZeroDivisionError" in text
    assert text.count("File ") == 2
    assert f"btcli{os.sep}engine" not in text
    assert caught.value.problems[0].where.endswith("mine.py:5")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_what_was_told_before_a_failure_is_kept() -> None:
    """When the strategy raises, the sink has everything up to that decision."""

    def fails(snapshot: RuntimeSnapshot) -> Signal | None:
        if minutes_of(snapshot.ts_close) == 20:
            raise RuntimeError("no more")
        return LONG

    told = Told()
    system = system_of(60, "{exec: 1m, ltf: 5m, mtf: 10m}")
    with pytest.raises(StrategyError, match="no more"):
        simulate(world_of_run(system, inputs_of(system, walk(60))), Pass([lambda: Scripted(fails)]), told)
    assert [event.name for event in told.all_events if event.name != "tf_closed"] == [
        "run_started", "ready", "signal", "order_submitted", "order_filled", "position_opened"
    ]  # fmt: skip
    assert minutes_of(told.all_events[-1].ts) == 20
    assert minutes_of(told.ts_close[-1]) == 20


def test_what_btcli_raises_for_the_strategy_is_the_strategys_fault(tmp_path: Path) -> None:
    """Asking for a feature that is not there shows the user's line, not the snapshot's."""
    text = "from btcli.strategies import Strategy\nclass Mine(Strategy):\n    def decide(self, s):\n"
    (tmp_path / "mine.py").write_text(text + "        return s.ltf['x']\n")
    found = find_strategy("mine.py:Mine", tmp_path)
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    with pytest.raises(StrategyError, match="5m has no feature 'x'") as caught:
        run(system, inputs_of(system, walk(30)), found.make)
    assert "snapshot.py" not in str(caught.value)
    assert caught.value.problems[0].where.endswith("mine.py:4")


def test_an_answer_that_is_no_signal_is_refused() -> None:
    """Anything but a Signal or None is the strategy's fault."""
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    with pytest.raises(StrategyError, match=r"answered str at the bar that closed 2024-01-01T00:05"):
        run(system, inputs_of(system, walk(30)), Scripted(lambda snapshot: "buy"))  # type: ignore[arg-type,return-value]


def test_missing_marks_are_refused() -> None:
    """A run that marks by mark candles does not begin while one is missing."""
    system = system_of(30, "{exec: 1m, ltf: 5m}", mark="mark")
    trades = walk(30)
    with pytest.raises(UnhealthyData, match="2 mark candles are missing"):
        run(
            system,
            inputs_of(system, trades, trades[5:28].vstack(trades[3:8].clear()).vstack(trades[:5])[:28].sort("ts_open")),
            Scripted(),
        )


def test_funding_is_settled_on_what_is_held() -> None:
    """A position held over a settlement pays its rate on the last price, one opened at the settlement does not."""
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    inputs = inputs_of(
        system, candles([40_000.0] * 60), funding={START + 10 * MINUTE: 0.001, START + 30 * MINUTE: 0.001}
    )
    _, told = run(system, inputs, Scripted(at(10, LONG)))
    paid = [(minutes_of(event.ts), event.fields["payment_usdt"]) for event in told.named("funding_settled")]
    assert paid == [(30, pytest.approx(0.01 * 40_000 * 0.001))]


class Raising(Crossing):
    """Raises at its second question."""

    asked = 0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        self.asked += 1
        if self.asked == 2:
            raise ValueError("no more")
        return super().decide(snapshot)


@pytest.mark.parametrize("strategy", [Crossing, Raising])
def test_a_run_leaves_no_exchange_behind(strategy: type[Strategy]) -> None:
    """An exchange takes 40 MB: it is gone with its run, or with the error, and waits for no collector of cycles."""
    trades = walk(60, history=400)
    gc.collect()
    gc.disable()
    try:
        before = _exchanges()
        with suppress(StrategyError):
            crossing(trades, 60, strategy(None))
        assert not _exchanges() - before
    finally:
        gc.enable()


def _exchanges() -> set[int]:
    return {id(each) for each in gc.get_objects() if type(each) is SimulatedExchange}
