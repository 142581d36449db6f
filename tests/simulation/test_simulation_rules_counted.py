"""Sums of what rules did agree with the figures and the events of the run."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from btcli.artifacts.pack import read_pack
from btcli.artifacts.run_dir import RESOLVED
from btcli.config.loading import load_system
from btcli.legible.rules import rule_warnings
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.packs import from_pack
from btcli.simulation.parts import prepared
from btcli.simulation.recorded import simulate_into

RULED = Path(__file__).parents[1] / "golden" / "ruled"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Two symbols by rules over six days of three timeframes: the folder, metrics.json, and rules.json by symbol."""
    folder, pack = tmp_path_factory.mktemp("ruled"), read_pack(RULED / "pack")
    system = load_system(RULED / RESOLVED)
    parts = from_pack(prepared(system, "w", system.window("w"), pack.strategy_folder), pack)
    simulate_into(folder, parts, inputs_looked_at(pack.reader, parts))
    metrics, rules = (orjson.loads((folder / name).read_bytes()) for name in ("metrics.json", "rules.json"))
    return folder, metrics, rules["symbols"]


def events_of(folder: Path) -> list[dict[str, Any]]:
    """What the run told."""
    return [orjson.loads(line) for line in (folder / "events.jsonl").open("rb")]


def test_closes_that_were_asked_are_the_decisions(counted: tuple[Path, dict[str, Any], dict[str, Any]]) -> None:
    """Of all symbols together."""
    _, metrics, rules = counted
    assert sum(symbol["asked"] for symbol in rules.values()) == metrics["decisions"] > 1000


def test_what_fired_are_the_signals(counted: tuple[Path, dict[str, Any], dict[str, Any]]) -> None:
    """By symbol; and what was ignored, of all of them."""
    folder, metrics, rules = counted
    signals = Counter(event["symbol"] for event in events_of(folder) if event["event"] == "signal")
    assert {name: sum(rule["fired"] for rule in symbol["rules"]) for name, symbol in rules.items()} == signals
    ignored = sum(rule.get("ignored", 0) for symbol in rules.values() for rule in symbol["rules"])
    assert ignored == metrics["signals_ignored"] > 0


def test_refusals_and_fills_are_those_of_the_events(counted: tuple[Path, dict[str, Any], dict[str, Any]]) -> None:
    """Refusals by code of all rules; fills of entries by symbol, which are those that no exit caused."""
    folder, metrics, rules = counted
    refused: Counter[str] = Counter()
    for symbol in rules.values():
        for rule in symbol["rules"]:
            refused.update(rule["refused"])
    assert refused == metrics["refusals_by_code"]
    fills = [event for event in events_of(folder) if event["event"] == "order_filled" and "exit_reason" not in event]
    entered = {
        name: sum(rule["filled"] for rule in symbol["rules"] if rule["rule"].endswith("enter"))
        for name, symbol in rules.items()
    }
    assert entered == Counter(event["symbol"] for event in fills)


STANDING = """\
strategy:
  rules:
    long:
      enter: "cross_above(fast, slow) and account.open_positions < 2"
      exit: "position.bars >= 8 or position.move_pct < -0.4"
    short:
      enter: "cross_below(fast, slow) and not position.side == 1 or (fast < slow then close > fast within 2)"
      exit: "position.bars >= 8 and account.equity_usdt > 0"
"""
LTF_MS = 15 * 60_000


def run_of(folder: Path, rules: str) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """The same run by other rules."""
    pack, file = read_pack(RULED / "pack"), folder / "system.yml"
    file.write_text((RULED / RESOLVED).read_text().partition("strategy:")[0] + rules)
    system = load_system(file)
    parts = from_pack(prepared(system, "w", system.window("w"), pack.strategy_folder), pack)
    simulate_into(folder, parts, inputs_looked_at(pack.reader, parts))
    metrics, told = (orjson.loads((folder / name).read_bytes()) for name in ("metrics.json", "rules.json"))
    return folder, metrics, told["symbols"]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """The same run by rules that name how the position and the account stand."""
    return run_of(tmp_path_factory.mktemp("standing"), STANDING)


def ms_of(event: dict[str, Any]) -> int:
    """When it happened, milliseconds UTC."""
    return round(datetime.fromisoformat(event["ts"]).timestamp() * 1000)


def test_sums_hold_for_rules_that_read_how_all_stands(
    standing: tuple[Path, dict[str, Any], dict[str, Any]],
) -> None:
    """What fired are the signals; true, false and unknown are all closes, and what the true ones led to is told."""
    folder, metrics, rules = standing
    signals = Counter(event["symbol"] for event in events_of(folder) if event["event"] == "signal")
    assert {name: sum(rule["fired"] for rule in symbol["rules"]) for name, symbol in rules.items()} == signals
    assert sum(symbol["asked"] for symbol in rules.values()) == metrics["decisions"]
    for symbol in rules.values():
        for rule in symbol["rules"]:
            for each in (rule, *rule["parts"]):
                assert each["true"] + each["false"] + each["unknown"] == symbol["ready"]
            kinds = ("fired", "outranked", "unknown_level", "conflict", "ignored", "held_back", "not_held", "timed_out")
            assert sum(rule.get(kind, 0) for kind in kinds) == rule["true"]


def test_a_condition_of_the_position_is_counted_at_every_close(
    standing: tuple[Path, dict[str, Any], dict[str, Any]],
) -> None:
    """Of `position.bars >= 8`: unknown while flat, false at the first seven closes of each position, then true."""
    folder, _, rules = standing
    told = events_of(folder)
    for name, symbol in rules.items():
        opened = [ms_of(event) for event in told if event["symbol"] == name and event["event"] == "position_opened"]
        closed = [ms_of(event) for event in told if event["symbol"] == name and event["event"] == "position_closed"]
        last_ms = ms_of(told[-1]) - 1  # the last close is not looked at
        ages = [min(end, last_ms) // LTF_MS - start // LTF_MS for start, end in zip(opened, closed, strict=True)]
        held, old = sum(ages), sum(max(age - 7, 0) for age in ages)
        assert held > 50
        for rule in symbol["rules"]:
            found = [part for part in rule["parts"] if part["text"] == "position.bars >= 8"]
            for part in found:
                assert (part["true"], part["false"], part["unknown"]) == (old, held - old, symbol["ready"] - held)
            assert len(found) == rule["rule"].endswith("exit")


def test_what_was_before_is_counted_by_its_parts(standing: tuple[Path, dict[str, Any], dict[str, Any]]) -> None:
    """Of `A then B within 2` A, B and the whole; it is never true where B is not, nor as often as B with any A."""
    for symbol in standing[2].values():
        (enter,) = [rule for rule in symbol["rules"] if rule["rule"] == "short.enter"]
        parts = {part["text"]: part for part in enter["parts"]}
        whole, first, second = (
            parts[text] for text in ("fast < slow then close > fast within 2", "fast < slow", "close > fast")
        )
        assert 0 < whole["true"] < second["true"]
        assert (first["depth"], second["depth"], whole["depth"]) == (2, 2, 1)
        assert whole["true"] + whole["false"] + whole["unknown"] == symbol["ready"]


APART = """\
strategy:
  rules:
    long: {enter: "close < open then close > high[1] within 8"}
    short: {enter: "close < low[1]"}
    exit: position.bars >= 12
"""


def test_what_is_remembered_is_no_entry(tmp_path: Path) -> None:
    """Two sides that can never be entered at one close have no conflict; what did not fire was ignored or outranked."""
    _, _, told = run_of(tmp_path, APART)
    entries = [rule for symbol in told.values() for rule in symbol["rules"] if rule["rule"].endswith("enter")]
    assert [rule["conflict"] for rule in entries] == [0] * 4
    assert all(rule["fired"] > 10 and rule["ignored"] > 10 for rule in entries)


def test_an_exit_by_the_position_is_no_doubt(tmp_path: Path) -> None:
    """It is unknown while nothing is held, as it has to be; nobody is warned of that."""
    _, _, told = run_of(tmp_path, APART)
    exits = [rule for symbol in told.values() for rule in symbol["rules"] if rule["rule"].endswith("exit")]
    assert all(rule["unknown"] > 0 for rule in exits)
    few = {"BTCUSDT": {**told["BTCUSDT"], "rules": [{**exits[0], "unknown": told["BTCUSDT"]["ready"] - 1}]}}
    assert not any("unknown" in said for said in rule_warnings(few))
