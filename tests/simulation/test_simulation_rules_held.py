"""What became of the closes at which a part was to leave or an add to be made adds up, and agrees with the signals."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from btcli.artifacts.pack import read_pack
from btcli.artifacts.rules_shape import require_rules
from btcli.artifacts.run_dir import RESOLVED
from btcli.config.loading import load_system
from btcli.legible.rules import rule_warnings
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.packs import from_pack
from btcli.simulation.parts import prepared
from btcli.simulation.recorded import simulate_into

RULED = Path(__file__).parents[1] / "golden" / "ruled"
PARTS = "[{share: 0.3, when: close > slow + near * atr}, {share: 0.3, at: 3 * atr}, {share: 0.2, when: close > slow}]"
CHANGES = (
    f"strategy.rules.long.exits={PARTS}",
    "strategy.rules.long.adds={when: close < fast, most: 2, apart: atr}",
    "strategy.rules.short.adds={when: close < 0, most: 1}",
)
ENDS = ("fired", "outranked", "unknown_level", "conflict", "ignored", "held_back", "not_held", "done", "timed_out")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """rules.json, and the events, of two symbols over six days."""
    folder, pack = tmp_path_factory.mktemp("held"), read_pack(RULED / "pack")
    system = load_system(RULED / RESOLVED, CHANGES)
    parts = from_pack(prepared(system, "w", system.window("w"), pack.strategy_folder), pack)
    simulate_into(folder, parts, inputs_looked_at(pack.reader, parts))
    events = [orjson.loads(line) for line in (folder / "events.jsonl").open("rb")]
    return orjson.loads((folder / "rules.json").read_bytes()), events


def test_the_ends_of_true_closes_add_up(told: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    """Of every rule that leads to something, each close at which it was true has one end."""
    rules, _ = told
    require_rules(rules, "rules.json")
    for symbol in rules["symbols"].values():
        for rule in symbol["rules"]:
            assert sum(rule.get(end, 0) for end in ENDS) == rule["true"], rule["rule"]


def test_what_fired_are_the_signals_of_parts_and_adds(told: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    """By symbol and rule: parts by their number, adds by their action; and each is outranked somewhere."""
    rules, events = told
    signals = Counter(
        (event["symbol"], "adds.when" if event["action"] == "add" else f"exits.{event['part'] - 1}.when")
        for event in events
        if event["event"] == "signal" and event["action"] in ("add", "reduce")
    )
    fired = {
        (name, rule["rule"].partition(".")[2]): rule["fired"]
        for name, symbol in rules["symbols"].items()
        for rule in symbol["rules"]
        if rule["rule"].endswith(".when") and rule["fired"]
    }
    assert fired == signals
    assert {key for _, key in fired} == {"exits.0.when", "exits.2.when", "adds.when"}
    outranked = {
        rule["rule"] for symbol in rules["symbols"].values() for rule in symbol["rules"] if rule.get("outranked")
    }
    assert {"long.exits.2.when", "long.enter"} <= outranked


def test_an_add_that_is_never_asked_for_is_warned_of(told: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    """A close below zero is none."""
    rules, _ = told
    assert any("short.adds.when was never true" in said for said in rule_warnings(rules["symbols"]))
