"""Several symbols, one account: who is asked when, what each is shown, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_worlds import START, Answer, Scripted, Told, at, candles, inputs_of, minutes_of, run, system_of, walk

from btcli.engine.result import EngineResult
from btcli.engine.timeline import timeline
from btcli.errors import UnhealthyData
from btcli.exchange.face.events import Trade
from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy

LONG, SHORT = Signal(Direction.LONG), Signal(Direction.SHORT)
PAIR = ("BTCUSDT", "ETHUSDT")
CALM = [40_000.0] * 60
FRAMES = {"BTCUSDT": candles(CALM), "ETHUSDT": candles([2_000.0] * 60, spread=1.0)}


def run_of(
    frames: Mapping[str, pl.DataFrame], answers: Mapping[str, Answer], minutes: int = 60, **settings: Any
) -> tuple[EngineResult, Told, list[Scripted]]:
    """Each symbol gets its own strategy, in the order of `frames`; those without an answer never trade."""
    system = system_of(minutes, "{exec: 1m, ltf: 5m}", symbols=tuple(frames), **settings)
    made = [Scripted(answers.get(symbol)) for symbol in frames]
    waiting = iter(made)
    result, told = run(system, inputs_of(system, frames), lambda: next(waiting))
    return result, told, made


def without(frame: pl.DataFrame, *minutes: int) -> pl.DataFrame:
    """A frame with holes."""
    return frame.filter(~pl.col("ts_open").is_in([START + minute * 60_000 for minute in minutes]))


def test_each_symbol_has_its_own_strategy_and_sees_itself() -> None:
    """Every strategy is shown its own symbol's bars and mark at every close but the last, in the order of symbols."""
    _, _, made = run_of(FRAMES, {})
    for symbol, strategy, price in zip(PAIR, made, (40_000.0, 2_000.0), strict=True):
        assert [minutes_of(seen.ts_close) for seen in strategy.seen] == list(range(5, 60, 5))
        assert {(seen.symbol, seen.mark_price, seen.bar.close, seen.bar.symbol) for seen in strategy.seen} == {
            (symbol, price, price, symbol)
        }


def test_the_mark_that_is_shown_is_the_one_the_position_is_valued_at() -> None:
    """For the second symbol too, value over quantity is the snapshot's mark."""
    frames = {"BTCUSDT": FRAMES["BTCUSDT"], "ETHUSDT": candles(np.linspace(2_000, 2_060, 60).tolist(), spread=1.0)}
    _, _, (_, second) = run_of(frames, {"ETHUSDT": at(5, LONG)}, sizing="qty: 0.1")
    held = [seen for seen in second.seen if seen.exchange.has_position]
    assert len(held) == 10
    for seen in held:
        assert seen.exchange.notional_usdt == pytest.approx(0.1 * seen.mark_price)


def test_symbols_compete_for_the_balance_in_their_order() -> None:
    """Both ask for 60 % of the equity as margin at one close: the first gets it, the second what is left."""
    answers = {symbol: at(5, LONG) for symbol in PAIR}
    _, told, _ = run_of(FRAMES, answers, sizing="margin_pct: 60")
    submitted = told.named("order_submitted")[:2]
    assert [event.symbol for event in submitted] == list(PAIR)
    assert [event.fields.get("capped_by") for event in submitted] == [None, "AVAILABLE"]
    turned = {symbol: FRAMES[symbol] for symbol in reversed(PAIR)}
    _, told, _ = run_of(turned, answers, sizing="margin_pct: 60")
    assert [event.symbol for event in told.named("order_submitted")[:2]] == list(reversed(PAIR))


def test_max_open_positions_counts_all_symbols() -> None:
    """With a limit of one the second symbol is refused while the first holds."""
    answers = {symbol: at(5, LONG) for symbol in PAIR}
    _, told, _ = run_of(FRAMES, answers, sizing="qty: 0.1", risk=", max_open_positions: 1")
    assert [(e.symbol, e.fields["code"]) for e in told.named("order_rejected")] == [("ETHUSDT", "MAX_OPEN_POSITIONS")]


def test_a_hole_of_one_symbol_is_no_hole_of_the_other() -> None:
    """Where ETHUSDT has no bars only BTCUSDT decides; the curve has a row for every step of either."""
    frames = FRAMES | {"ETHUSDT": without(FRAMES["ETHUSDT"], *range(20, 30))}
    result, told, (first, second) = run_of(frames, {})
    assert [minutes_of(seen.ts_close) for seen in first.seen] == list(range(5, 60, 5))
    assert [minutes_of(seen.ts_close) for seen in second.seen] == [5, 10, 15, 20, 35, 40, 45, 50, 55]
    assert result.bars == len(told.ts_close) == 60


def test_a_symbol_may_begin_and_end_inside_the_window() -> None:
    """ETHUSDT trades from minute 20 to 40: it is asked in between, and closed as delisted at its last bar."""
    frames = FRAMES | {"ETHUSDT": without(FRAMES["ETHUSDT"], *range(20), *range(40, 60))}
    life = {"ETHUSDT": "listed: 2024-01-01T00:20Z, delisted: 2024-01-01T00:40Z"}
    _, told, (_, second) = run_of(frames, {"ETHUSDT": at(30, LONG)}, sizing="qty: 0.1", lives=life)
    assert [minutes_of(seen.ts_close) for seen in second.seen] == [25, 30, 35, 40]
    (trade,) = told.all_trades
    assert (minutes_of(trade.entry_ts), trade.exit_reason) == (30, "delisted")


@pytest.mark.parametrize(
    ("delisted", "minutes", "ended"),
    [
        ("00:40Z", 40, (40, "delisted", 40_000.0)),
        ("00:40:30Z", 40, (40, "delisted", 40_000.0)),
        ("01:00Z", 60, (60, "end_of_data", 39_992.0)),
        ("01:00:30Z", 60, (60, "end_of_data", 39_992.0)),
    ],
)
def test_a_symbol_alone_is_delisted_only_inside_the_window(
    delisted: str, minutes: int, ended: tuple[float, str, float]
) -> None:
    """Within the hour it is closed at its last mark, without slippage; at its end, or after it, as at any last bar:
    40,000 less 2 basis points."""
    frames = {"BTCUSDT": candles([40_000.0] * minutes)}
    life = {"BTCUSDT": f"delisted: 2024-01-01T{delisted}"}
    _, told, _ = run_of(frames, {"BTCUSDT": at(30, LONG)}, sizing="qty: 0.1", lives=life)
    (trade,) = told.all_trades
    assert (minutes_of(trade.exit_ts), trade.exit_reason, trade.exit_price) == ended


@pytest.mark.parametrize("life", [None, "listed: 2024-01-01T00:20Z", "delisted: 2024-01-01T00:50Z"])
def test_a_hole_at_the_end_is_no_delisting(life: str | None) -> None:
    """Bars that end before the others without a delisting then are refused, whatever else is known."""
    frames = FRAMES | {"ETHUSDT": without(FRAMES["ETHUSDT"], *range(40, 60))}
    with pytest.raises(UnhealthyData, match="no bar after 2024-01-01 00:40"):
        run_of(frames, {}, lives={"ETHUSDT": life} if life else {})


def flips(snapshot: RuntimeSnapshot) -> Signal | None:
    """Long after a rise, short after a fall, with a stop and a target."""
    bar = snapshot.ltf.bar
    assert bar is not None
    side = Direction.LONG if bar.close > bar.open else Direction.SHORT
    return Signal(side, stop_distance=30, target_distance=40)


def test_a_symbol_alone_and_among_others_trades_alike() -> None:
    """With fixed sizes and balance to spare, others that never trade or even trade themselves change nothing."""
    frames = {"BTCUSDT": walk(600), "XUSDT": walk(600, seed=2), "YUSDT": walk(600, seed=3)}
    alone = run_of({"BTCUSDT": frames["BTCUSDT"]}, {"BTCUSDT": flips}, 600)[1]
    among = run_of(frames, dict.fromkeys(frames, flips), 600)[1]

    def of_btc(told: Told) -> list[Trade]:
        return [trade._replace(trade_id=0) for trade in told.all_trades if trade.symbol == "BTCUSDT"]

    assert len(of_btc(alone)) > 20
    assert of_btc(among) == of_btc(alone)
    assert {trade.symbol for trade in among.all_trades} == set(frames)


class Watches(Strategy):
    """Keeps what it sees of the others."""

    sees_others = True

    def __init__(self) -> None:
        super().__init__(None)
        self.seen: list[RuntimeSnapshot] = []

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        self.seen.append(snapshot)
        return None


def test_the_others_are_shown_on_request_as_of_their_last_close() -> None:
    """Through a hole the other symbol's last closed bar stays; nothing of it closed after the snapshot."""
    frames = FRAMES | {"ETHUSDT": without(FRAMES["ETHUSDT"], *range(20, 30))}
    system = system_of(60, "{exec: 1m, ltf: 5m}", symbols=PAIR)
    made: list[Watches] = []

    def make() -> Watches:
        made.append(Watches())
        return made[-1]

    run(system, inputs_of(system, frames), make)
    others = {minutes_of(seen.ts_close): seen.others["ETHUSDT"].ltf.ts_close for seen in made[0].seen}
    assert {minute: minutes_of(ts or 0) for minute, ts in others.items() if 15 <= minute <= 35} == {
        15: 15, 20: 20, 25: 20, 30: 20, 35: 35
    }  # fmt: skip
    assert run_of(FRAMES, {})[2][0].seen[0].others == {}


def test_a_single_symbol_with_holes_has_no_steps_in_them() -> None:
    """One symbol's timeline is its own bars."""
    system = system_of(60, "{exec: 1m, ltf: 5m}")
    inputs = inputs_of(system, without(FRAMES["BTCUSDT"], 20, 21))
    line = timeline([inputs.symbols[0].bars], START, START + 60 * 60_000)
    assert (line.steps, bool(line.lanes[0].has_bar.all())) == (58, True)


def test_full_events_tell_every_symbols_mark() -> None:
    """A step line per symbol that has a bar, each with its own mark."""
    frames = FRAMES | {"ETHUSDT": without(FRAMES["ETHUSDT"], 7)}
    _, told, _ = run_of(frames, {}, events="full")
    at_eight = [(e.symbol, e.fields["mark_price"]) for e in told.named("step") if minutes_of(e.ts) == 8]
    at_nine = [(e.symbol, e.fields["mark_price"]) for e in told.named("step") if minutes_of(e.ts) == 9]
    assert at_eight == [("BTCUSDT", 40_000.0)]
    assert at_nine == [("BTCUSDT", 40_000.0), ("ETHUSDT", 2_000.0)]


def test_a_hundred_symbols_run() -> None:
    """All of them trade on one account."""
    frames = {f"A{n}USDT": walk(60, seed=n) for n in range(100)}
    result, told, made = run_of(frames, dict.fromkeys(frames, at(5, LONG)), sizing="qty: 0.001")
    assert len(made) == 100
    assert result.decisions == 100 * 11
    assert len({trade.symbol for trade in told.all_trades}) == 100
