"""What holds entries back: by hand, and against a second reading over drawn gates and markets."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from engine_worlds import MINUTE, START, SYMBOL, Told, candles, inputs_of, minutes_of, system_of, walk
from gates_reading import Close, Ended, Opened, Reader

from btcli.config.loading import parse_system
from btcli.config.specs.instruments import load_instruments
from btcli.engine import loop
from btcli.engine.loop import Pass, simulate
from btcli.engine.result import EngineResult
from btcli.engine.world import world_of
from btcli.errors import ConfigError
from btcli.features.plan import plan_features
from btcli.simulation.ruled import ruled_strategy

HEAD = """\
system: gated
venue: sample
symbols: [BTCUSDT]
timeframes: {exec: 1m, ltf: 5m}
risk: {sizing: {qty: 0.01}}
strategy:
  rules: """
FLAT = [40_000.0] * 60
ALWAYS = "close > 0"


def _nobody() -> None:
    raise AssertionError("rules are asked nothing")


def gated(
    rules: Mapping[str, Any], trades: Any, minutes: int, *, opposite: str = "reverse", funding: Any = None
) -> tuple[EngineResult, Told]:
    """What happens under rules with ltf 5m on steps of 1m, and how many entries each gate held back."""
    written = parse_system(HEAD + json.dumps(rules), "rules.yml")
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    system = system_of(minutes, "{exec: 1m, ltf: 5m}", risk=f", on_opposite_signal: {opposite}")
    told = Told()
    inputs = inputs_of(system, trades, funding=funding)
    plans = [plan_features(system.features)]
    world = world_of(system, inputs, load_instruments(system), plans, programs=[assembled.program])
    return simulate(world, Pass([_nobody]), told), told


def signals(told: Told) -> list[tuple[float, str, str]]:
    """Minute, direction and action of each."""
    return [(minutes_of(e.ts), e.fields["direction"], e.fields["action"]) for e in told.named("signal")]


def entered(rules: Mapping[str, Any], closes: Sequence[float] = FLAT, **more: Any) -> list[float]:
    """The minutes at which an entry is wished."""
    _, told = gated(rules, candles(closes), len(closes), **more)
    return [minute for minute, _, action in signals(told) if action in ("enter", "reverse")]


def in_and_out(*minutes: int, **gates: Any) -> dict[str, Any]:
    """Always in when it may, out at these minutes: each trade loses its fees and slippage."""
    out = " or ".join(f"time.minute == {minute}" for minute in minutes)
    return {"long": {"enter": ALWAYS, "exit": out}, **gates}


@pytest.mark.parametrize(
    ("gates", "minutes"),
    [
        ({}, [5, 25, 35]),
        ({"cooldown_bars": 0}, [5, 25, 35]),
        ({"cooldown_bars": 1}, [5, 30]),
        ({"cooldown_bars": 2}, [5, 35]),
        ({"cooldown_bars": 1_000_000}, [5]),
        ({"cooldown_after_loss_bars": 2}, [5, 35]),
        ({"pause_after_losses": {"losses": 1, "bars": 1}}, [5, 30]),
        ({"pause_after_losses": {"losses": 2, "bars": 3}}, [5, 25, 50]),
        ({"pause_after_losses": {"losses": 3, "bars": 3}}, [5, 25, 35]),
        ({"max_entries_per_day": 1}, [5]),
        ({"max_entries_per_day": 2}, [5, 25]),
        ({"rearm": True}, [5]),
        ({"rearm": False}, [5, 25, 35]),
        ({"session": {"hours": "00:10-00:35"}}, [10, 25]),
        ({"session": {"hours": "00:11-00:36"}}, [15, 25, 35]),
        ({"session": {"hours": "23:00-00:30"}}, [5, 25]),
        ({"session": {"days": "mon"}}, [5, 25, 35]),
        ({"session": {"days": ["tue", "thu-sun"]}}, []),
        ({"session": {"hours": "22:00-06:00", "days": "sun"}}, [5, 25, 35]),
        ({"session": {"hours": "22:00-06:00", "days": "mon"}}, []),
    ],
)
def test_gates_hold_entries_back(gates: dict[str, Any], minutes: list[float]) -> None:
    """On a Monday from midnight, out at minutes 20 and 30 with a loss: the closes that follow are held back."""
    assert entered(in_and_out(20, 30, **gates)) == minutes


def test_a_trade_that_wins_cools_nothing_down_after_losses() -> None:
    """Bought at 40,000 and sold at 41,000 it has won; sold at 39,000 it has lost, and two closes are held back."""
    gates = {"cooldown_after_loss_bars": 2}
    assert entered(in_and_out(20, **gates), [40_000.0] * 15 + [41_000.0] * 45) == [5, 25]
    assert entered(in_and_out(20, **gates), [40_000.0] * 15 + [39_000.0] * 45) == [5, 35]


def test_a_win_ends_a_row_of_losses() -> None:
    """Lost, won, lost: never two losses in a row, so that nothing pauses."""
    closes = [40_000.0] * 26 + [41_000.0] * 34
    gates = {"pause_after_losses": {"losses": 2, "bars": 9}}
    assert entered(in_and_out(20, 30, 40, **gates), closes) == [5, 25, 35, 45]
    assert entered(in_and_out(20, 30, 40, **gates)) == [5, 25]


def test_a_stop_inside_a_bar_is_an_end() -> None:
    """It is in minute 11; the closes at 15 and 20 are held back, the next is not."""
    closes = [40_000.0] * 11 + [39_000.0] * 49
    rules = {"long": {"enter": ALWAYS, "stop": 500}, "cooldown_bars": 2}
    _, told = gated(rules, candles(closes), 60)
    ends = [(minutes_of(e.ts), e.fields["exit_reason"]) for e in told.named("position_closed")]
    assert ends[0] == (11, "stop")
    assert [minute for minute, _, _ in signals(told)] == [5, 25]


def test_a_liquidation_is_an_end_with_a_loss() -> None:
    """It closes the position in minute 11; the closes at 15 and 20 are held back, the next is not."""
    closes = [40_000.0] * 11 + [20_000.0] * 49
    system = {"long": {"enter": ALWAYS}, "cooldown_after_loss_bars": 2}
    written = parse_system(HEAD + json.dumps(system), "rules.yml")
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    run = system_of(60, "{exec: 1m, ltf: 5m}", risk=", on_liquidation: continue", leverage=10)
    told, plans = Told(), [plan_features(run.features)]
    world = world_of(run, inputs_of(run, candles(closes)), load_instruments(run), plans, programs=[assembled.program])
    simulate(world, Pass([_nobody]), told)
    assert [minutes_of(e.ts) for e in told.named("liquidated")] == [11]
    assert [minute for minute, _, _ in signals(told)] == [5, 25]


def test_an_entry_of_the_day_is_one_that_filled() -> None:
    """Limits that expire are none; a fill at midnight is of the new day, and one an hour earlier was one too many."""
    rules = {
        "long": {"enter": ALWAYS, "exit": "time.minute == 20", "order": {"limit": "close - 900", "for": 1}},
        "max_entries_per_day": 1,
    }
    assert entered(rules, [40_000.0] * 30) == [5, 10, 15, 20, 25]
    late = {"long": {"enter": "time.hour == 23 or time.hour == 0", "exit": "time.minute == 30 or time.minute == 50"}}
    minutes = entered({**late, "max_entries_per_day": 1}, [40_000.0] * 1500)
    assert minutes == [5, 1440]


def test_an_order_that_was_refused_disarms_nothing() -> None:
    """Too small to be taken it fills nothing, and the next close may enter again."""
    assert entered({"long": {"enter": ALWAYS, "size": {"qty": "1e-9"}}, "rearm": True}, [40_000.0] * 20) == [5, 10, 15]


def test_an_entry_is_armed_by_what_is_false_and_not_by_what_is_unknown() -> None:
    """Between two entries the condition divides by zero: unknown; only the false one at minute 40 lets it enter."""
    unknown = {"long": {"enter": "1 / (close - 40000) > 0", "exit": "time.minute == 20"}, "rearm": True}
    closes = [40_010.0] * 25 + [40_000.0] * 10 + [40_010.0] * 5
    assert entered(unknown, closes + [40_010.0] * 20) == [5]
    assert entered(unknown, [*closes[:35], *[39_990.0] * 5, *[40_010.0] * 20]) == [5, 45]


@pytest.mark.parametrize(
    ("enter", "minutes"),
    [
        ("account.open_positions < 1", [5, 25, 35]),
        ("close > 0 and account.open_positions < 1", [5, 25, 35]),
        ("close > 0 or position.bars > 99", [5]),
        ("close > 0 and account.open_positions < 9", [5]),
        ("time.minute < 20 or account.losses_in_a_row == 1 and time.minute > 10", [5, 25]),
        ("time.minute != 15 and account.open_positions < 9", [5, 25]),
    ],
)
def test_an_entry_that_names_the_account_is_armed_by_what_it_was_at_each_close(
    enter: str, minutes: list[float]
) -> None:
    """Also by what it was while a position was held, whether prices or the account made it false."""
    rules = {"long": {"enter": enter, "exit": "time.minute == 20 or time.minute == 30"}, "rearm": True}
    assert entered(rules) == minutes


@pytest.mark.parametrize("inside", [True, False])
def test_a_side_may_be_armed_while_the_other_is_held(inside: bool) -> None:
    """Long fills at 5; short at 25 turns it; long was false at 25 and 30, so that it turns back at 35."""
    long = {"enter": "time.minute < 25 or time.minute >= 35", **({"rearm": True} if inside else {})}
    rules: dict[str, Any] = {"long": long, "short": {"enter": "time.minute >= 25 and time.minute < 35"}}
    assert entered(rules if inside else {**rules, "rearm": True}) == [5, 25, 35]


def test_what_stands_in_a_side_looks_at_its_own_trades() -> None:
    """A long that ended cools down longs where it says so inside long; beside the sides it cools down shorts too."""
    rules = {"long": {"enter": "time.minute == 5 or time.minute > 20", "exit": "time.minute == 20"},
             "short": {"enter": "time.minute == 25"}}  # fmt: skip
    own = {**rules, "long": {**rules["long"], "cooldown_bars": 3}}
    assert entered(rules, opposite="ignore") == [5, 30]  # both are true at 25
    assert entered(own, opposite="ignore") == [5, 40]
    short = {**rules, "long": {**rules["long"], "enter": "time.minute == 5"}}
    assert entered({**short, "long": {**short["long"], "cooldown_bars": 3}}) == [5, 25]
    assert entered({**short, "cooldown_bars": 3}) == [5]


def test_entries_of_the_day_are_counted_by_side_inside_a_side() -> None:
    """One long a day leaves the shorts alone, and a long at 15 but closes one; beside the sides it is one of both."""
    rules = {"long": {"enter": "time.minute == 5 or time.minute == 15"},
             "short": {"enter": "time.minute == 10 or time.minute == 20"}}  # fmt: skip
    assert entered(rules) == [5, 10, 15, 20]
    assert entered({**rules, "long": {**rules["long"], "max_entries_per_day": 1}}) == [5, 10, 20]
    assert entered({**rules, "max_entries_per_day": 1}) == [5]


def test_a_turn_that_is_held_back_still_leaves() -> None:
    """The session is over at 10: the other side's signal at 15 closes what is held, and enters nothing."""
    rules = {"long": {"enter": "time.minute == 5"}, "short": {"enter": "time.minute == 15", "stop": 900}}
    result, told = gated({**rules, "session": {"hours": "00:00-00:10"}}, candles(FLAT), 60)
    assert signals(told) == [(5, "long", "enter"), (15, "short", "close")]
    assert [(trade.side, trade.exit_reason) for trade in told.all_trades] == [("long", "signal")]
    assert result.held_back[SYMBOL]["short"]["session"] == 1


def test_a_turn_is_not_held_back_by_its_own_close() -> None:
    """The long that it closes is what would cool it down; the next turn comes within two closes of that, and is."""
    rules = {"long": {"enter": "time.minute == 5 or time.minute == 15"}, "short": {"enter": "time.minute == 10"}}
    _, told = gated({**rules, "cooldown_bars": 2}, candles(FLAT), 60)
    assert signals(told) == [(5, "long", "enter"), (10, "short", "reverse"), (15, "long", "close")]


def test_a_hole_is_no_close_and_lengthens_no_time() -> None:
    """Minutes 22 to 61 are missing: after them the closes at 70 and 75 are held back, and an order of 20m is gone."""
    frame = candles([40_000.0] * 100)
    minutes = (frame["ts_open"] - START) // MINUTE
    holed = frame.filter((minutes < 22) | (minutes >= 62))
    _, told = gated(in_and_out(20, cooldown_bars=2), holed, 100)
    assert signals(told) == [(5, "long", "enter"), (20, "flat", "close"), (80, "long", "enter")]
    once = {"enter": "time.minute == 15 and time.hour == 0", "order": {"limit": "close - 100", "for": "20m"}}
    _, told = gated({"long": once}, holed, 100)
    assert [(minutes_of(e.ts), e.fields["code"]) for e in told.named("order_cancelled")] == [(62, "EXPIRED")]


def test_each_symbol_has_gates_of_its_own() -> None:
    """One is left at minute 20 and cools down for two closes, the other at 30; after two entries there is no third."""
    rules = {"long": {"enter": ALWAYS, "exit": "close == 41000"}, "cooldown_bars": 2, "max_entries_per_day": 2}
    written = parse_system(HEAD + json.dumps(rules), "rules.yml")
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    names = ("BTCUSDT", "ETHUSDT")
    run = system_of(90, "{exec: 1m, ltf: 5m}", symbols=names)
    frames = {
        name: candles([41_000.0 if minute in (out - 1, 59) else 40_000.0 for minute in range(90)])
        for name, out in zip(names, (20, 30), strict=True)
    }
    told, plans = Told(), [plan_features(run.features)] * 2
    inputs, specs = inputs_of(run, frames), load_instruments(run)
    world = world_of(run, inputs, specs, plans, programs=[assembled.program, assembled.program])
    simulate(world, Pass([_nobody, _nobody]), told)
    found = {name: [minutes_of(e.ts) for e in told.named("signal") if e.symbol == name] for name in names}
    assert found == {"BTCUSDT": [5, 20, 35, 60], "ETHUSDT": [5, 30, 45, 60]}


def test_an_order_that_waits_may_fill_while_gates_are_closed() -> None:
    """Gates are asked when an entry is decided: the limit of minute 5 fills at 20, though the session ended at 10."""
    rules = {"long": {"enter": ALWAYS, "order": {"limit": "close - 100"}}, "session": {"hours": "00:00-00:10"}}
    _, told = gated(rules, candles([40_000.0] * 20 + [39_000.0] * 40), 60)
    assert [minutes_of(e.ts) for e in told.named("position_opened")] == [20]


def test_entries_keep_away_from_settlements() -> None:
    """Settled every hour: ten minutes before and after, and before two settlements are known, nothing is entered."""
    rules = {"long": {"enter": ALWAYS, "exit": "close > 0"}, "session": {"not_around_funding": "10m"}}
    rates = {START + hour * 60 * MINUTE: 0.0001 for hour in range(1, 4)}
    minutes = entered(rules, [40_000.0] * 200, funding=rates)
    assert minutes == [135, 145, 155, 165, 195]


@pytest.mark.parametrize("said", ["10m", "9m"])
def test_the_distance_from_a_settlement_is_kept_to_the_minute(said: str) -> None:
    """Four closes before two are known; of those ten minutes before and after one 10m holds back all three, 9m none."""
    rules = {"long": {"enter": "time.minute == 50 or time.minute == 10"}, "session": {"not_around_funding": said}}
    rates = {START + hour * 60 * MINUTE: 0.0001 for hour in range(1, 4)}
    held = gated(rules, candles([40_000.0] * 200), 200, funding=rates)[0].held_back[SYMBOL]["long"]["session"]
    assert held == (7 if said == "10m" else 4)


# Drawn gates over drawn markets.

CHOICES: dict[str, list[Any]] = {
    "cooldown_bars": [0, 1, 2, 7],
    "cooldown_after_loss_bars": [1, 3, 9],
    "pause_after_losses": [{"losses": 1, "bars": 4}, {"losses": 2, "bars": 6}, {"losses": 3, "bars": 20}],
    "max_entries_per_day": [1, 3, 8],
    "rearm": [True, False],
    "session": [
        {"hours": "07:00-21:30"},
        {"hours": "22:15-06:00", "days": "sun-tue"},
        {"days": ["mon", "wed"], "not_around_funding": "10m"},
        {"hours": "00:00-12:00", "not_around_funding": "25m"},
        {"hours": "12:00-24:00"},
        {"hours": "18:00-00:00", "days": "tue"},
    ],
}
MINUTES = 3 * 1440
SETTLED = [START + hour * 3_600_000 for hour in (8, 16, 24, 32, 36, 40, 44, 48, 56, 64)]


def drawn(seed: int) -> dict[str, Any]:
    """Rules with gates beside the sides and inside them, one kind above all, none of which does nothing."""
    rng = random.Random(seed)
    while True:
        rules: dict[str, Any] = {
            "long": {"enter": "close > open and time.minute != 30"},
            "short": {"enter": "close < open and close - open < -10"},
            "exit": "abs(close - open) < 4",
            "stop": 25,
            "target": 20,
        }
        for n, (key, values) in enumerate(CHOICES.items()):
            share = 0.5 if seed % len(CHOICES) == n else 0.1
            for place in (rules, rules["long"], rules["short"]):
                if rng.random() < share:
                    place[key] = rng.choice(values)
        try:
            parse_system(HEAD + json.dumps(rules), "rules.yml")
        except ConfigError:
            continue
        return rules


def read_again(rules: dict[str, Any], frame: Any, told: Told, settled: Sequence[int]) -> tuple[Any, Counter[Any]]:
    """The signals and counts of the second reading, which takes fills and ends from what was told."""
    bars = [frame[n : n + 5] for n in range(0, MINUTES, 5)]
    closes = []
    for place, bar in enumerate(bars):
        opened, close = bar["open"][0], bar["close"][-1]
        is_half = (place + 1) * 5 % 60 == 30
        enters = {"long": close > opened and not is_half, "short": close < opened and close - opened < -10}
        closes.append(Close(START + (place + 1) * 5 * MINUTE, enters, abs(close - opened) < 4))
    fills = [Opened(e.ts, e.fields["side"]) for e in told.named("position_opened")]
    ends = [Ended(e.ts, e.fields["side"], e.fields["net_pnl_usdt"]) for e in told.named("position_closed")]
    reader, found, held_back = Reader(rules, closes, settled), [], Counter[Any]()
    for close in closes[:-1]:
        been = [(each.ts, n, each.side) for n, each in enumerate(fills) if each.ts < close.ts]
        over = sum(each.ts < close.ts for each in ends)
        held = been[-1][2] if len(been) > over else ""
        wished = [side for side in ("long", "short") if close.enters[side]]
        if held and close.exits:
            found.append((close.ts, "flat", "close"))
        elif len(wished) == 1 and wished[0] != held:
            gate = reader.closed(wished[0], close.ts, fills, ends)
            held_back[wished[0], gate] += bool(gate)
            if not gate or held:
                found.append((close.ts, wished[0], "close" if gate else "reverse" if held else "enter"))
    return found, held_back


def run_drawn(seed: int) -> tuple[EngineResult, Told]:
    """One market under drawn gates."""
    return gated(drawn(seed), walk(MINUTES, seed), MINUTES, funding=dict.fromkeys(SETTLED, 0.0001))


def compared(seed: int) -> tuple[EngineResult, Told]:
    """The same, which both readings agree on."""
    rules = drawn(seed)
    result, told = run_drawn(seed)
    expected, held_back = read_again(rules, walk(MINUTES, seed), told, SETTLED)
    assert [(e.ts, e.fields["direction"], e.fields["action"]) for e in told.named("signal")] == expected, rules
    counts = {(side, gate): n for side, by_gate in result.held_back[SYMBOL].items() for gate, n in by_gate.items() if n}
    assert counts == {key: n for key, n in held_back.items() if n}, rules
    return result, told


@pytest.mark.parametrize("seed", range(18))
def test_a_second_reading_holds_back_the_same_entries(seed: int) -> None:
    """Over three days of minutes, long and short, with stops and targets inside bars, turns, exits and settlements."""
    result, told = compared(seed)
    assert told.all_trades
    with patch.dict(os.environ, {"BTCLI_QUIET": "0"}):
        again, in_full = run_drawn(seed)
    assert in_full.all_events == told.all_events
    assert (again.state_hash, again.held_back) == (result.state_hash, result.held_back)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
def test_a_second_reading_holds_back_the_same_entries_in_many_markets(seed: int) -> None:
    """The same over two hundred more."""
    compared(seed)


def test_gates_hang_on_no_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into pieces of 97 steps the run is the same to its last state."""
    result, told = run_drawn(3)
    monkeypatch.setattr(loop, "FLUSH_STEPS", 97)
    again, in_pieces = run_drawn(3)
    assert in_pieces.pieces > told.pieces
    assert in_pieces.all_events == told.all_events
    assert (again.state_hash, again.held_back) == (result.state_hash, result.held_back)


def digest(seed: int) -> str:
    """What is told of one market, and its last state."""
    result, told = run_drawn(seed)
    return hashlib.sha256(repr((told.all_events, result.state_hash, result.held_back)).encode()).hexdigest()


def test_gates_are_the_same_interpreted() -> None:
    """In a process without compiled code the same is told, and the same state is left."""
    here = Path(__file__).parent
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(map(str, (here, here.parent)))}
    code = "import test_engine_gates as test; print(test.digest(5))"
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == digest(5)


def test_the_drawn_gates_all_hold_something_back() -> None:
    """Every gate held back entries somewhere, so that none is compared in vain."""
    total = Counter[Any]()
    for seed in range(18):
        for by_gate in run_drawn(seed)[0].held_back[SYMBOL].values():
            total.update(by_gate)
    assert set(total) == set(CHOICES)
    assert min(total.values()) > 9
