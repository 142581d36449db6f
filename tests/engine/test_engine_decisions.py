"""When the strategy is asked, and what becomes of its answers."""

from __future__ import annotations

import polars as pl
import pytest
from engine_worlds import MARK_PRICE, MINUTE, START, Scripted, at, candles, inputs_of, minutes_of, run, system_of, walk

from btcli.exchange.face.wish import action_on
from btcli.strategies import Direction, Signal

LONG, SHORT, FLAT = Signal(Direction.LONG), Signal(Direction.SHORT), Signal(Direction.FLAT)


def test_decisions_are_taken_at_ltf_closes_and_never_after_the_last_step() -> None:
    """One hour of 5m decisions on 1m steps asks at every fifth minute but the last."""
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    strategy = Scripted()
    result, _ = run(system, inputs_of(system, walk(60)), strategy)
    assert [minutes_of(snapshot.ts_close) for snapshot in strategy.seen] == list(range(5, 60, 5))
    assert (result.bars, result.decisions, result.status) == (60, 11, "END_OF_DATA")


def test_an_order_fills_at_the_next_open_and_the_curve_has_the_close() -> None:
    """What is decided at minute 10 fills at ts_open of the step that opens there; equity rows carry ts_close."""
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    _, told = run(system, inputs_of(system, candles([40_000.0] * 30)), Scripted(at(10, LONG)))
    fill = told.named("order_filled")[0]
    assert minutes_of(fill.ts) == 10
    assert told.all_trades[0].entry_ts == START + 10 * MINUTE
    assert told.ts_close == [START + minute * MINUTE for minute in range(1, 31)]
    assert [row[MARK_PRICE] for row in told.rows] == [40_000.0] * 30


def test_the_signal_comes_before_its_order_and_after_what_happened_in_the_step() -> None:
    """Events keep the order of the step: its closes, the signal, the order, and only then the fill."""
    system = system_of(60, "{exec: 1m, ltf: 5m, mtf: 15m}")
    _, told = run(system, inputs_of(system, walk(60)), Scripted(at(15, LONG)))
    around = [event.name for event in told.all_events if 15 <= minutes_of(event.ts) < 16]
    assert around == ["tf_closed", "tf_closed", "ready", "signal", "order_submitted", "order_filled", "position_opened"]
    assert [event.ts for event in told.all_events] == sorted(event.ts for event in told.all_events)


@pytest.mark.parametrize(
    ("direction", "side", "mode", "expected"),
    [
        (Direction.LONG, 0, "ignore", "enter"),
        (Direction.SHORT, 0, "reverse", "enter"),
        (Direction.FLAT, 0, "ignore", "ignore"),
        (Direction.FLAT, 1, "ignore", "close"),
        (Direction.FLAT, -1, "reverse", "close"),
        (Direction.LONG, 1, "reverse", "ignore"),
        (Direction.SHORT, -1, "close", "ignore"),
        (Direction.SHORT, 1, "ignore", "ignore"),
        (Direction.SHORT, 1, "close", "close"),
        (Direction.LONG, -1, "reverse", "reverse"),
    ],
)
def test_action_on_a_signal(direction: Direction, side: int, mode: str, expected: str) -> None:
    """Flat enters, the same side adds nothing, FLAT closes, and the opposite side does what the system says."""
    signal = Signal(direction)
    assert action_on(signal, side, mode) == expected


@pytest.mark.parametrize(
    ("mode", "sides", "reasons", "ignored"),
    [
        ("ignore", ["long"], ["end_of_data"], 1),
        ("close", ["long"], ["signal"], 0),
        ("reverse", ["long", "short"], ["signal", "end_of_data"], 0),
    ],
)
def test_an_opposite_signal_does_what_the_system_says(
    mode: str, sides: list[str], reasons: list[str], ignored: int
) -> None:
    """While long, a short signal is ignored, closes, or reverses at one and the same open."""
    system = system_of(60, "{exec: 1m, ltf: 5m}", risk=f", on_opposite_signal: {mode}")
    result, told = run(system, inputs_of(system, walk(60)), Scripted(at(10, LONG, 30, SHORT)))
    assert [trade.side for trade in told.all_trades] == sides
    assert [trade.exit_reason for trade in told.all_trades] == reasons
    assert result.signals_ignored == ignored
    if mode == "reverse":
        assert {minutes_of(trade.exit_ts) for trade in told.all_trades[:1]} == {30}
        assert minutes_of(told.all_trades[1].entry_ts) == 30


def test_a_flat_signal_leaves_the_position() -> None:
    """FLAT closes at the next open, whatever on_opposite_signal says, and does nothing when flat."""
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    result, told = run(system, inputs_of(system, walk(60)), Scripted(at(5, FLAT, 10, LONG, 20, FLAT)))
    assert [(trade.exit_reason, minutes_of(trade.exit_ts)) for trade in told.all_trades] == [("signal", 20)]
    assert result.signals_ignored == 1


def test_a_position_is_closed_when_it_has_seen_its_bars() -> None:
    """max_bars_in_trade counts ltf bars from the fill: entered at 10, three bars later it leaves at 25."""
    system = system_of(60, "{exec: 1m, ltf: 5m}", risk=", max_bars_in_trade: 3")
    strategy = Scripted(at(10, LONG, 40, SHORT))
    _, told = run(system, inputs_of(system, walk(60)), strategy)
    assert [(t.side, t.exit_reason, minutes_of(t.entry_ts), minutes_of(t.exit_ts)) for t in told.all_trades] == [
        ("long", "timeout", 10, 25),
        ("short", "timeout", 40, 55),
    ]
    assert 25 not in [minutes_of(snapshot.ts_close) for snapshot in strategy.seen]


def test_stop_and_target_reach_the_exchange() -> None:
    """A bracket given as distances is set from the fill price; one given as prices stays."""
    system = system_of(40, "{exec: 1m, ltf: 5m}")
    flat = candles([40_000.0] * 40)
    near = Signal(Direction.LONG, stop_distance=300.0, target_distance=500.0, tag="near")
    _, told = run(system, inputs_of(system, flat), Scripted(at(10, near)))
    opened, signal = told.named("position_opened")[0], told.named("signal")[0]
    assert opened.fields["stop_price"] == opened.fields["entry_price"] - 300
    assert opened.fields["target_price"] == opened.fields["entry_price"] + 500
    assert signal.fields == {
        "direction": "long", "action": "enter", "stop_distance": 300.0, "target_distance": 500.0, "tag": "near"
    }  # fmt: skip
    far = Signal(Direction.SHORT, stop_price=41_000.0, target_price=39_000.0)
    _, told = run(system, inputs_of(system, flat), Scripted(at(10, far)))
    opened = told.named("position_opened")[0]
    assert (opened.fields["stop_price"], opened.fields["target_price"]) == (41_000, 39_000)


def test_no_decision_where_the_step_is_missing_and_no_close_is_lost() -> None:
    """Without the exec bar that ends at 20 there is no decision at 20; the close that it hides is seen at 21."""
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    trades = walk(60)
    inputs = inputs_of(system, trades)
    symbol = inputs.symbols[0]
    whole = inputs_of(system_of(60, "{exec: 1m, ltf: 5m}"), trades).symbols[0].bars
    holed = inputs_of(system, trades.filter(pl.col("ts_open") != START + 19 * MINUTE)).symbols[0].bars
    both = {**whole, "exec": holed["exec"]}
    strategy = Scripted()
    run(
        system,
        type(inputs)(inputs.window, (type(symbol)(symbol.symbol, both, None, symbol.funding, None),), ()),
        strategy,
    )
    assert [minutes_of(snapshot.ts_close) for snapshot in strategy.seen] == [*range(5, 20, 5), *range(25, 60, 5)]
    late = next(snapshot for snapshot in strategy.seen if minutes_of(snapshot.ts_close) == 25)
    assert minutes_of(int(late.ltf.ts_close or 0)) == 25


def test_a_higher_close_hidden_by_a_missing_bar_is_taken_in_at_the_next_step() -> None:
    """The htf bar that ends at 60 is told at 61 when the step that ends at 60 is missing."""
    timeframes = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}"
    system = system_of(120, timeframes)
    trades = walk(120)
    inputs = inputs_of(system, trades)
    symbol = inputs.symbols[0]
    holed = inputs_of(system, trades.filter(pl.col("ts_open") != START + 59 * MINUTE)).symbols[0].bars["exec"]
    bars = {**symbol.bars, "exec": holed}
    strategy = Scripted()
    _, told = run(
        system,
        type(inputs)(inputs.window, (type(symbol)(symbol.symbol, bars, None, symbol.funding, None),), ()),
        strategy,
    )
    htf = [event for event in told.named("tf_closed") if event.fields["role"] == "htf"]
    assert [minutes_of(event.ts) for event in htf] == [61, 120]
    assert minutes_of(strategy.seen[0].ts_close) == 65
    assert strategy.seen[0].htf.ts_close == START + 60 * MINUTE


def test_a_position_stays_while_the_strategy_is_silent() -> None:
    """None changes nothing: one entry is one trade until the data ends."""
    system = system_of(30, "{exec: 1m, ltf: 5m}")
    result, told = run(system, inputs_of(system, walk(30)), Scripted(at(5, LONG)))
    assert [trade.exit_reason for trade in told.all_trades] == ["end_of_data"]
    assert result.counters.entry_attempts == 1


def test_each_run_gets_a_strategy_of_its_own() -> None:
    """The factory is called once per simulation."""
    made: list[Scripted] = []

    def factory() -> Scripted:
        made.append(Scripted())
        return made[-1]

    system = system_of(15, "{exec: 1m, ltf: 5m}")
    inputs = inputs_of(system, walk(15))
    run(system, inputs, factory)
    run(system, inputs, factory)
    assert len(made) == 2
    assert [len(strategy.seen) for strategy in made] == [2, 2]
