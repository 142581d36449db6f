"""Whole rule sets, against a second reading of the page that takes only fills from the run."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from engine_worlds import MINUTE, SPECS, START, Told, candles
from second_reading import Candles
from whole_moving import follows_alone, part_qty, stops_followed, targets_aged
from whole_reading import Whole
from whole_record import Happened
from whole_texts import Drawn

from btcli.config.loading import parse_system
from btcli.config.rules import EXPRESSIONS, SETTINGS, SIDES, Rules
from btcli.engine.loop import Pass, simulate
from btcli.engine.result import EngineResult
from btcli.errors import ConfigError
from btcli.market.loader import RunInputs, load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.simulation.parts import Prepared, prepared
from btcli.simulation.passes import world_for

SYMBOLS = ("BTCUSDT", "ETHUSDT")
PRICES = ("open", "high", "low", "close", "volume")
BEGIN = START + 16 * 60 * MINUTE  # Monday afternoon: midnight lies inside
ROLES = (  # and how many minutes there are of them
    ("{exec: 1m, ltf: 5m, mtf: 15m, htf: 30m}", 600),
    ("{exec: 5m, ltf: 15m, mtf: 30m, htf: 1h}", 1500),
    ("{exec: 5m, ltf: 10m, mtf: 10m, htf: 30m}", 1200),
)
ATR = "max(high, 2) - min(low, 2) + 1"  # the feature that `trail: {atr: …}` names, as something that is exact
WISHES = ("enter", "close", "reverse", "add", "reduce", "prepare")
SYSTEM = """
system: whole
venue: sample
symbols: [{symbols}]
timeframes: {roles}
windows: {{w: {{start: {begin}, end: {end}}}}}
account: {{initial_equity_usdt: 10000, leverage: 5}}
fills: {{mark_source: last}}
data: {{derive_from: 1m}}
risk: {risk}
instruments: {{BTCUSDT: {specs}, ETHUSDT: {specs}}}
features: {features}
strategy: {strategy}
"""


class Market(NamedTuple):
    """Candles with holes, funding, and how long they last."""

    reader: FrameReader
    roles: str
    minutes: int
    settled: tuple[int, ...]


@lru_cache(maxsize=2)
def market_of(seed: int) -> Market:
    """Two symbols whose prices step by halves about 1,000; some minutes are missing of each."""
    draw = random.Random(seed)
    roles, minutes = ROLES[seed % len(ROLES)]
    settled = tuple(range(BEGIN - 480 * MINUTE, BEGIN + minutes * MINUTE, 120 * MINUTE))
    frames = {}
    for symbol in SYMBOLS:
        frames[Series("sample", symbol, "trade", "1m")] = holed_walk(draw, minutes)
        frames[Series("sample", symbol, "funding", "")] = pl.DataFrame({"ts": settled, "rate": [1e-4] * len(settled)})
    return Market(FrameReader(frames), roles, minutes, settled)


def holed_walk(draw: random.Random, minutes: int) -> pl.DataFrame:
    """Candles of a minute with four holes, none of which is at the end."""
    price, closes = 1000.0, []
    for _ in range(minutes):
        price += draw.choice([-4, -2, -1, -0.5, 0, 0, 0.5, 1, 2, 4])
        closes.append(price)
    volumes = pl.Series([float(draw.choice([4, 8, 12])) for _ in closes])
    holes = [(draw.randrange(60, minutes - 90), draw.choice([1, 7, 20])) for _ in range(4)]
    kept = [not any(first <= n < first + length for first, length in holes) for n in range(minutes)]
    return candles(closes, BEGIN, 1.0).with_columns(volume=volumes).filter(pl.Series(kept))


def text_of(rules: Mapping[str, Any], market: Market, risk: Mapping[str, Any]) -> str:
    """The system file."""
    times = pl.Series([BEGIN, BEGIN + market.minutes * MINUTE]).cast(pl.Datetime("ms"))
    begin, end = times.dt.strftime("%Y-%m-%dT%H:%MZ")
    return SYSTEM.format(
        symbols=", ".join(SYMBOLS),
        roles=market.roles,
        begin=begin,
        end=end,
        risk=json.dumps({"sizing": {"qty": 0.5}, **risk}),
        specs=SPECS,
        features=json.dumps({"ltf": {"atr": ATR}} if "'atr'" in str(rules) else {}),
        strategy=json.dumps({"rules": rules}),
    )


class Ran(NamedTuple):
    """A run of drawn rules: how they are written, and what it told."""

    rules: Mapping[str, Any]
    risk: Mapping[str, Any]
    parts: Prepared
    inputs: RunInputs
    result: EngineResult
    told: Told

    @property
    def ruled(self) -> Rules:
        """The rules as btcli has read them."""
        rules = self.parts.system.strategy.rules
        assert rules is not None
        return rules


def ran(seed: int, market: Market) -> Ran:
    """A run of rules of this seed; what btcli refuses is drawn anew."""
    draw, drawn = random.Random(seed), Drawn(seed)
    while True:
        rules = drawn.rules()
        risk: dict[str, Any] = {"on_opposite_signal": draw.choice(["ignore", "close", "reverse"])}
        if draw.random() < 0.2:
            risk["max_bars_in_trade"] = draw.choice([2, 6])
        try:
            system = parse_system(text_of(rules, market, risk), "whole.yml")
            parts = prepared(system, "w", system.window("w"), Path())
        except ConfigError:
            continue
        inputs, told = load_run_inputs(market.reader, system, parts.spans), Told()
        result = simulate(world_for(parts, inputs), Pass(parts.makers), told)
        return Ran(rules, risk, parts, inputs, result, told)


def candles_of(run: Ran) -> dict[str, Candles]:
    """By symbol what the second reading looks at: plain numbers."""
    found = {}
    for each in run.inputs.symbols:
        closes = {str(role): bars.ts_close.tolist() for role, bars in each.bars.items()}
        columns: dict[tuple[str, str], list[float | None]] = {
            (str(role), name): getattr(bars, name).tolist() for role, bars in each.bars.items() for name in PRICES
        }
        bars = each.bars["ltf"]
        spans = [max(bars.high[n : n + 2]) - min(bars.low[n : n + 2]) for n in range(len(bars.low) - 1)]
        columns["ltf", "atr"] = [None, *(float(span) + 1.0 for span in spans)]
        lengths = {str(role): run.parts.system.timeframes.of(role).ms for role in each.bars}
        found[each.symbol] = Candles(closes, columns, lengths)
    return found


def compared(seed: int, market: Market) -> tuple[Rules, Counter[str]]:
    """A drawn rule set of which both readings say the same, and what was met in it."""
    run, counted = ran(seed, market), Counter[str]()
    told, candles_read = [Happened(*each) for each in run.told.all_events], candles_of(run)
    for symbol in SYMBOLS:
        whole = Whole(run.rules, run.risk, symbol, candles_read, told, market.settled)
        assert_same_wishes(run, whole, symbol)
        assert_same_ends(run, whole, symbol)
        counted += assert_same_moves(run, whole, symbol)
        held_back = run.result.held_back[symbol]
        counts = {(side, gate): n for side, by_gate in held_back.items() for gate, n in by_gate.items() if n}
        assert counts == dict(whole.held_back), run.rules
        counted += whole.counted + Counter(gate for _, gate in whole.held_back)
    return run.ruled, counted


def assert_same_wishes(run: Ran, whole: Whole, symbol: str) -> None:
    """At each close the same is wished, with all that its signal tells, or nothing; the last close is not looked at."""
    due = whole.wishes(run.told.ts_close[-1])
    signals = [event for event in run.told.named("signal") if event.symbol == symbol]
    told = [(event.ts, *wish_of(event.fields)) for event in signals]
    apart = next(((a, b) for a, b in zip_longest(told, due) if a != b), None)
    assert apart is None, (apart, symbol, run.rules, run.risk)


def wish_of(fields: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Direction, action and the rest; how many coins a part has is left out."""
    how = {key: value for key, value in fields.items() if key not in ("direction", "action", "reduce_qty")}
    return fields["direction"], fields["action"], how


def assert_same_ends(run: Ran, whole: Whole, symbol: str) -> None:
    """The orders that are taken back, unless their time is over at that open, and what is closed for its age."""
    told = [event for event in run.told.all_events if event.symbol == symbol]
    ended = {e.fields["order_id"]: e.fields["code"] for e in told if e.name == "order_cancelled"}
    taken_back = {order for order, code in ended.items() if code == "CANCELLED_BY_STRATEGY"}
    assert taken_back == {order for order in whole.taken_back if ended.get(order) != "EXPIRED"}, (run.rules, run.risk)
    aged = [e.ts for e in told if e.name == "order_submitted" and e.fields.get("exit_reason") == "timeout"]
    assert aged == whole.timed_out, (run.rules, run.risk)


def assert_same_moves(run: Ran, whole: Whole, symbol: str) -> Counter[str]:
    """Stops that nothing else moves, targets by age, and the coins of parts that leave on a condition."""
    told, until = [event for event in run.told.all_events if event.symbol == symbol], run.told.ts_close[-1]
    stops = [(event.ts, event.fields["stop_price"]) for event in told if event.name == "stop_moved"]
    alone = [move for move in stops if (held := whole.record.held(move[0])) and follows_alone(whole, held.side)]
    targets = [(event.ts, event.fields["target_price"]) for event in told if event.name == "target_moved"]
    followed, aged = list(stops_followed(whole, until)), list(targets_aged(whole, until))
    for moved, due in ((alone, followed), (targets, aged)):
        apart = next(((a, b) for a, b in zip_longest(moved, due) if a != b), None)
        assert apart is None, (apart, symbol, run.rules, run.risk)
    for event in told:
        if event.name == "signal" and event.fields["action"] == "reduce":
            held = whole.record.held(event.ts)
            assert held is not None
            due_qty = part_qty(whole, held, event.fields["part"])
            assert event.fields["reduce_qty"] == pytest.approx(due_qty), (event, held, run.rules)
    return Counter({"stops followed": len(followed), "targets aged": len(aged)})


def compared_over(seeds: range) -> Counter[str]:
    """Compares drawn rule sets over one market; counts what was met, and the keys that were written."""
    market, counted = market_of(seeds.start // len(seeds)), Counter[str]()
    for seed in seeds:
        rules, met = compared(seed, market)
        keys = {key for key in (*EXPRESSIONS, *SETTINGS) for side in SIDES if rules.value(side, key) is not None}
        counted += met + Counter(keys)
    return counted


def of_any_part(key: str) -> str:
    """A key without the number of its part: the fourth has all that the first has, and is drawn seldom."""
    return re.sub(r"^exits\.\d", "exits", key)


@pytest.mark.parametrize("first", range(0, 300, 30))
def test_whole_rule_sets_do_what_a_second_reading_of_the_page_says(first: int) -> None:
    """Thirty drawn sets, two symbols, several roles, holes: what is wished, held back, taken back, closed for age."""
    counted = compared_over(range(first, first + 30))
    assert min(counted[action] for action in WISHES[:2]) > 30
    assert counted["cooldown_bars"] > 1


@pytest.mark.long
def test_two_thousand_whole_rule_sets_do_what_a_second_reading_says() -> None:
    """The same over more markets; every key there is was written, and every kind of wish and every gate was met."""
    counted = Counter[str]()
    for first in range(3_000, 5_000, 50):
        counted += compared_over(range(first, first + 50))
    wanted = {*EXPRESSIONS, *SETTINGS, *WISHES, "stops followed", "targets aged"}
    assert {of_any_part(each) for each in wanted} - {of_any_part(each) for each in counted} == set()
