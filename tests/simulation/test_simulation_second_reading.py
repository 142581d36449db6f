"""What a whole run wishes, against a second reading of its rules from their text, with positions held or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from many_worlds import START, SYMBOL, parts_of, reader_of, system_of
from second_reading import Candles, Facts, Reader, Seen, tree_of, wish
from second_texts import Written

from btcli.config.changing import changed
from btcli.config.changing import tree_of as keys_of
from btcli.config.model import System
from btcli.errors import ConfigError
from btcli.market.loader import load_run_inputs
from btcli.simulation.recorded import simulate_into

PRICES = ("open", "high", "low", "close", "volume")
SETTLED_MS = START + 2 * 86_400_000  # from here on nothing hangs on where history begins
ELSEWHERE = ("bars_since", "sma(", "funding", "mark", "basis", "position.", "account.", "ETHUSDT")


def drawn_system(seed: int) -> System:
    """A system of drawn rules that enter and leave often; what btcli refuses is drawn anew."""
    drawn = Written(seed, ["close", "htf.close", "htf.open", "high"], ["2", "3"])
    while True:
        one, two, three, four = (drawn.condition(1) for _ in range(4))
        rules = {
            "long": {"enter": f"rising(close, 2) and ({one}) or ({two})", "exit": f"falling(close, 2) and ({three})"},
            "short": {"enter": f"falling(low, 2) and not ({two})", "exit": f"rising(high, 2) or ({four})"},
            "stop": f"0.003 * close + abs({drawn.number(1)} - close) / 100",
            "target": "abs(high - low) * 4",
        }
        if any(word in str(rules) for word in ELSEWHERE):
            continue
        system = system_of()
        change = {"strategy": {"params": {}, "rules": rules}, "account.initial_equity_usdt": 1_000_000}
        try:
            system = changed(system, keys_of(system), change)
            parts_of(system)
        except ConfigError:
            continue
        return system


def events_of(system: System, inputs: Any, folder: Path) -> list[dict[str, Any]]:
    """The events of a run."""
    simulate_into(folder, parts_of(system), inputs)
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def ms_of(event: dict[str, Any]) -> int:
    """When an event was."""
    return round(datetime.fromisoformat(event["ts"]).astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize("seed", range(8))
def test_a_run_wishes_what_a_second_reading_says(seed: int, tmp_path: Path) -> None:
    """At each close of two days: side, stop and target, an exit, or nothing, by what was held at that close."""
    system = drawn_system(seed)
    inputs = load_run_inputs(reader_of(system), system, parts_of(system).spans)
    events = events_of(system, inputs, tmp_path)
    signals = {ms_of(event): event for event in events if event["event"] == "signal"}
    moves = [event for event in events if event["event"] in ("position_opened", "position_closed")]
    bars = inputs.symbols[0].bars
    columns = {(role, name): getattr(each, name).tolist() for role, each in bars.items() for name in PRICES}
    reader = Reader(SYMBOL, {SYMBOL: Candles({r: b.ts_close.tolist() for r, b in bars.items()}, columns)}, Facts())
    rules = system.strategy.rules
    assert rules is not None
    trees = {
        side: {key: tree_of(str(rules.said(side, key))) for key in ("enter", "exit", "stop", "target")}
        for side in ("long", "short")
    }
    told, due = [], []
    for place, now in enumerate(bars["ltf"].ts_close.tolist()):
        if not SETTLED_MS <= now < START + 4 * 86_400_000:
            continue
        before = [move for move in moves if ms_of(move) < now]
        held = before[-1]["side"] if before and before[-1]["event"] == "position_opened" else ""
        said: dict[str, dict[str, Seen]] = {
            side: {key: reader.at(tree, place) for key, tree in keys.items()} for side, keys in trees.items()
        }
        due.append(wish(said, held))
        signal = signals.get(now)
        told.append(signal and (signal["direction"], signal.get("stop_distance"), signal.get("target_distance")))
    assert told == due
    assert len({each and each[0] for each in due}) >= 2
