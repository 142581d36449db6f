"""What rules.json counts against the events of the same run, on drawn markets and rules."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import only_run
from finding_worlds import Market, a_run

ENDS = ("fired", "outranked", "unknown_level", "conflict", "ignored", "held_back", "not_held", "timed_out")
ENTERS = ("volume == 12", "volume == 12 or volume == 11 and close > 1050", "volume == 12 and 1 / (close - 1000) > 0")


def drawn_market(draw: random.Random) -> Market:
    """Up to sixty hours with steps of up to a fifth, wicks, and volumes that make rules enter and leave."""
    closes = [1000.0]
    for _ in range(draw.randint(10, 59)):
        closes.append(round(max(100.0, closes[-1] * draw.choice([0.8, 0.95, 0.99, 1.0, 1.01, 1.05, 1.2])), 1))
    hours = range(len(closes))
    volumes = {hour: float(draw.choice([11, 12, 13, 14, 15, 0])) for hour in hours if draw.random() < 0.7}
    wicks = {
        hour: (
            min(closes[hour - 1], closes[hour]) * draw.choice([1, 0.97, 0.9]),
            max(closes[hour - 1], closes[hour]) * draw.choice([1, 1.03]),
        )
        for hour in hours[1:]
        if draw.random() < 0.5
    }
    return Market(closes, volumes, wicks)


def drawn_rules(draw: random.Random) -> str:
    """The other side, and what stands beside both."""
    rules = f'short: {{enter: "{draw.choice(ENTERS)}"{draw.choice(["", ", exit: volume == 15"])}}}'
    if draw.random() < 0.5:
        rules += f"\n    stop: {draw.choice(['0.05 * close', '50000 / (close - 1000)'])}"
    if draw.random() < 0.4:
        rules += "\n    order: {limit: 0.98 * close}" + draw.choice(["", "\n    cancel_when: volume == 14"])
    return rules


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 100))])
def test_counts_agree_with_events_and_figures(tmp_path: Path, seed: int) -> None:
    """Truths add up to the ready closes, ends to those that were true, and both to decisions, signals and refusals."""
    draw = random.Random(seed)
    words = ["--set", f"risk.on_opposite_signal={draw.choice(['ignore', 'close', 'reverse'])}"]
    words += ["--set", f"risk.max_bars_in_trade={draw.randint(1, 4)}"] if draw.random() < 0.3 else []
    qty = draw.choice([1, 1, 5, 0.00001, 40])
    run = a_run(tmp_path, drawn_market(draw), *words, rules=drawn_rules(draw), qty=qty)
    counted = json.loads((only_run(tmp_path) / "rules.json").read_text())["symbols"]["BTCUSDT"]
    rules: dict[str, dict[str, Any]] = {rule["rule"]: rule for rule in counted["rules"]}
    for rule in rules.values():
        assert rule["true"] + rule["false"] + rule["unknown"] == counted["ready"]
        assert "fired" not in rule or sum(rule.get(end, 0) for end in ENDS) == rule["true"]
    lines = (only_run(tmp_path) / "events.jsonl").read_text().splitlines()
    signals = [event for event in map(json.loads, lines) if event["event"] == "signal" and event["action"] != "prepare"]
    fired: Counter[str] = Counter()
    for name, rule in rules.items():
        fired["flat" if name.endswith(".exit") else name.partition(".")[0]] += rule.get("fired", 0)
    assert +fired == Counter(signal["direction"] for signal in signals)
    assert counted["asked"] == run.metrics["decisions"]
    assert sum(rule.get("ignored", 0) for rule in rules.values()) == run.metrics["signals_ignored"]
    refused = sum((Counter(rule.get("refused", {})) for rule in rules.values()), Counter[str]())
    assert refused == run.metrics["refusals_by_code"]
