"""Rules that name how the position and the account stand: every name counts, and Python sees the same."""

from __future__ import annotations

from typing import Any

import pytest
from engine_rule_twins import ENTERING, FEATURES
from engine_worlds import Told, candles, inputs_of, minutes_of, run, system_of, walk
from test_engine_rule_keys import TIMEFRAMES, small, told_by_rules

from btcli.exchange.book.states import STATES
from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy

STOPPED = f"{ENTERING}, stop: 3 * atr"
# Of each name what it is compared with, and with what it would be another system.
VALUES = {
    "position.side": ("== 1", "== -1"),
    "position.qty": ("> 0.005", "> 0.02"),
    "position.entry_price": ("> close + atr", "> close + 3 * atr"),
    "position.bars": (">= 3", ">= 5"),
    "position.unrealized_pct": ("< -0.5", "< -1"),
    "position.move_pct": ("> 0.05", "> 0.1"),
    "position.mfe_pct": ("> 0.05", "> 0.1"),
    "position.mae_pct": ("> 0.05", "> 0.1"),
    "position.stop_price": ("> close - 2 * atr", "> close - 5 * atr"),
    "position.adds": ("== 0", "== 1"),
    "position.exits_done": ("== 0", "== 1"),
    "account.equity_usdt": ("< 9999", "< 9995"),
    "account.available_usdt": ("< 9950", "< 9000"),
    "account.drawdown_pct": ("> 0.005", "> 0.05"),
    "account.day_pnl_pct": ("< -0.005", "< -0.05"),
    "account.losses_in_a_row": (">= 1", ">= 3"),
    "account.open_positions": ("== 1", "== 2"),
}


@pytest.mark.parametrize("name", STATES)
def test_another_value_of_a_state_changes_what_happens(name: str) -> None:
    """An exit that compares it is another exit, and the events say so; in full and by stretches it is the same."""
    system, inputs = small()
    told = [told_by_rules(f"{STOPPED}, exit: '{name} {value}'", system, inputs) for value in VALUES[name]]
    assert told[0].all_events != told[1].all_events
    in_full = told_by_rules(f"{STOPPED}, exit: '{name} {VALUES[name][0]}'", system, inputs, is_quiet=False)
    assert in_full.all_events == told[0].all_events


class Standing(Strategy):
    """Enters with a candle and two means while the account is well; leaves by what it sees of its position."""

    def __init__(self) -> None:
        super().__init__(None)
        self._bars = 0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        state, ltf = snapshot.exchange, snapshot.ltf
        assert ltf.bar is not None
        self._bars = self._bars + 1 if state.has_position else 0
        if state.has_position and self._leaves(snapshot):
            return Signal(Direction.FLAT)
        is_well = state.equity_usdt > 9990 and not state.available_balance_usdt < 9900
        if is_well and not state.has_position and ltf.close > ltf.bar.open and ltf["f"] > ltf["s"]:
            return Signal(Direction.LONG, stop_distance=3 * ltf["atr"])
        if is_well and not state.has_position and ltf.close < ltf.bar.open and ltf["f"] < ltf["s"]:
            return Signal(Direction.SHORT, stop_distance=3 * ltf["atr"])
        return None

    def _leaves(self, snapshot: RuntimeSnapshot) -> bool:
        state, close = snapshot.exchange, snapshot.ltf.close
        move = state.side * (close - state.entry_price) / state.entry_price * 100
        unrealized = state.unrealized_pnl_usdt / state.used_margin_usdt * 100
        return self._bars >= 9 or move > 0.1 or unrealized < -1 or state.side * (close - state.stop_price) < 30


TWIN = """
long: {enter: 'close > open and f > s and account.equity_usdt > 9990 and not account.available_usdt < 9900'},
short: {enter: 'close < open and f < s and account.equity_usdt > 9990 and not account.available_usdt < 9900'},
exit: 'position.bars >= 9 or position.move_pct > 0.1 or position.unrealized_pct < -1
 or position.side * (close - position.stop_price) < 30', stop: 3 * atr
"""


@pytest.mark.parametrize("timeframes", TIMEFRAMES)
def test_rules_stand_as_the_same_strategy_in_python_sees_it(timeframes: str) -> None:
    """Events, trades and equity of half a day are the same, with quiet steps passed and with each of them run."""
    system = system_of(720, timeframes, features=FEATURES)
    inputs = inputs_of(system, walk(720, history=5_000))
    _, asked = run(system, inputs, Standing())
    assert len(asked.all_trades) > 5
    for is_quiet in (True, False):
        told = told_by_rules(TWIN, system, inputs, is_quiet=is_quiet)
        assert _without_ignored(told) == _without_ignored(asked)
        assert (told.all_trades, told.rows) == (asked.all_trades, asked.rows)


def _without_ignored(told: Told) -> list[Any]:
    return [event for event in told.all_events if event.name != "run_finished"]


def closes_of(rules: str, closes: list[float], timeframes: str, **more: Any) -> list[tuple[float, str]]:
    """Minutes at which positions opened and closed."""
    system = system_of(len(closes), timeframes, **more)
    told = told_by_rules(rules, system, inputs_of(system, candles(closes)))
    kinds = {"position_opened": "opened", "position_closed": "closed"}
    return [(minutes_of(e.ts), kinds[e.name]) for e in told.all_events if e.name in kinds]


def test_bars_are_closes_of_ltf_since_the_first_fill() -> None:
    """Filled at minute 5, the closes of minutes 10, 15 and 20 follow: the third is the one to leave at."""
    rules = "long: {enter: time.minute == 5, exit: position.bars >= 3}"
    assert closes_of(rules, [40_000.0] * 40, "{exec: 1m, ltf: 5m}") == [(5, "opened"), (20, "closed")]


def test_a_reversal_begins_to_count_anew() -> None:
    """Long from minute 5 and short from minute 15, which is left three closes later; the long never was old enough."""
    rules = "long: {enter: time.minute == 5}, short: {enter: time.minute == 15}, exit: position.bars >= 3"
    told = closes_of(rules, [40_000.0] * 40, "{exec: 1m, ltf: 5m}", risk=", on_opposite_signal: reverse")
    assert told == [(5, "opened"), (15, "closed"), (15, "opened"), (30, "closed")]


def test_what_is_of_the_position_is_unknown_while_there_is_none() -> None:
    """Neither it nor its negation enters; what is of the account does."""
    for condition in ("position.bars > 0", "not position.bars > 0", "position.side != 1 or position.qty < 5"):
        assert closes_of(f"long: {{enter: {condition}}}", [40_000.0] * 10, "{ltf: 1m}") == []
    assert closes_of("long: {enter: account.open_positions == 0}", [40_000.0] * 10, "{ltf: 1m}")[0] == (1, "opened")


def test_an_entry_may_hang_on_the_position_that_it_turns() -> None:
    """Short is entered only against a long of three closes: at minute 20, and never from flat."""
    rules = "long: {enter: time.minute == 5}, short: {enter: position.side == 1 and position.bars == 3}"
    told = closes_of(rules, [40_000.0] * 30, "{exec: 1m, ltf: 5m}", risk=", on_opposite_signal: reverse")
    assert told == [(5, "opened"), (20, "closed"), (20, "opened"), (30, "closed")]


def test_levels_may_name_the_account() -> None:
    """A stop at a tenth of the equity below the fill, for whoever wants that."""
    system = system_of(10, "{ltf: 1m}")
    rules = "long: {enter: time.minute == 5}, stop: account.equity_usdt / 10"
    told = told_by_rules(rules, system, inputs_of(system, candles([40_000.0] * 10)))
    assert told.named("signal")[0].fields["stop_distance"] == 1_000.0
