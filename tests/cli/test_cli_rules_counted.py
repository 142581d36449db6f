"""rules.json says of every condition what it was and what came of it, on markets small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import only_run, say
from finding_worlds import Found, Market, a_run

SHORT = 'short: {enter: "volume == 12 or volume == 11 and close > 1050", exit: "volume == 15"}'
# long at bar 2, again at 4 while held; left at 6, at 8 nothing is held; short at 10, long at 12 is the other side and
# ignored; left at 14; at 16 both sides; long again at 18.
VOLUMES: dict[int, float] = {2: 11, 4: 11, 6: 13, 8: 13, 10: 12, 12: 11, 14: 15, 16: 11, 18: 11}
MARKET = Market([1000.0] * 16 + [1100.0] + [1000.0] * 13, VOLUMES)


def told(run: Found) -> dict[str, Any]:
    """What rules.json says of BTCUSDT."""
    found: dict[str, Any] = json.loads((only_run(run.folder) / "rules.json").read_text())
    assert list(found["symbols"]) == ["BTCUSDT"]
    of_symbol: dict[str, Any] = found["symbols"]["BTCUSDT"]
    return of_symbol


def rule_of(run: Found, name: str) -> dict[str, Any]:
    """One rule of BTCUSDT; all numbers of closes add up to those at which it was true, and these to all."""
    of_symbol = told(run)
    rule: dict[str, Any] = next(rule for rule in of_symbol["rules"] if rule["rule"] == name)
    for each in (rule, *rule["parts"]):
        assert each["true"] + each["false"] + each["unknown"] == of_symbol["ready"]
    kinds = ("fired", "outranked", "unknown_level", "conflict", "ignored", "held_back", "not_held", "timed_out")
    assert sum(rule.get(kind, 0) for kind in kinds) == rule["true"]
    return rule


def that_are(rule: dict[str, Any], *keys: str) -> tuple[Any, ...]:
    """Some values of a rule."""
    return tuple(rule[key] for key in keys)


def test_every_true_condition_has_one_end(tmp_path: Path) -> None:
    """Fired, ignored while a position was held, in conflict with the other side, or with nothing to leave."""
    run = a_run(tmp_path, MARKET, rules=SHORT)
    of_symbol = told(run)
    assert that_are(of_symbol, "closes", "ready", "asked", "timed_out") == (29, 29, 29, 0)
    assert run.metrics["decisions"] == 29
    assert [rule["rule"] for rule in of_symbol["rules"]] == ["long.enter", "short.enter", "long.exit", "short.exit"]
    of_entry = ("true", "fired", "ignored", "conflict", "held_back", "filled")
    assert that_are(rule_of(run, "long.enter"), *of_entry) == (5, 2, 2, 1, 0, 2)
    assert that_are(rule_of(run, "short.enter"), *of_entry) == (2, 1, 0, 1, 0, 1)
    assert that_are(rule_of(run, "long.exit"), "true", "fired", "not_held", "filled") == (2, 1, 1, 1)
    assert that_are(rule_of(run, "short.exit"), "true", "fired", "not_held", "filled") == (1, 1, 0, 1)
    assert run.metrics["signals_ignored"] == 2


def test_parts_are_counted_in_the_order_written(tmp_path: Path) -> None:
    """Each by its own words, with how deep it stands; the parts of `and` inside `or` too."""
    parts = rule_of(a_run(tmp_path, MARKET, rules=SHORT), "short.enter")["parts"]
    assert [(part["text"], part["depth"], part["true"]) for part in parts] == [
        ("volume == 12", 1, 1),
        ("volume == 11 and close > 1050", 1, 1),
        ("volume == 11", 2, 5),
        ("close > 1050", 2, 1),
    ]


def test_unknown_is_counted_apart(tmp_path: Path) -> None:
    """A division by zero at two closes is neither true nor false there."""
    market = Market([1000.0] * 10, {3: 11, 6: 11})
    run = a_run(tmp_path, market, rules='short: {enter: "close / (volume - 11) > 2000"}')
    assert that_are(rule_of(run, "short.enter"), "true", "false", "unknown") == (0, 7, 2)


def test_an_entry_whose_stop_is_unknown_is_told_as_such(tmp_path: Path) -> None:
    """The condition was true at both bars, and the distance unknown at the first: one entry."""
    market = Market([1000.0] * 5 + [1010.0] + [1000.0] * 6, {2: 11, 5: 11})
    run = a_run(tmp_path, market, rules='stop: "50000 / (close - 1000)"')
    assert that_are(rule_of(run, "long.enter"), "true", "fired", "unknown_level", "filled") == (2, 1, 1, 1)


def test_refusals_stand_at_their_rule_by_code(tmp_path: Path) -> None:
    """As many as metrics.json counts, none of them filled."""
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 11, 5: 11}), qty=0.00001)
    rule = rule_of(run, "long.enter")
    assert that_are(rule, "true", "fired", "filled") == (2, 2, 0)
    assert rule["refused"] == run.metrics["refusals_by_code"] == {"BELOW_MIN_QTY": 2}


def test_a_close_at_which_age_ends_a_position_asks_nothing(tmp_path: Path) -> None:
    """Entered at the open after bar 2, at the second ltf close held it is closed: what is true there is not heard."""
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 11, 4: 13}), "--set", "risk.max_bars_in_trade=2")
    assert that_are(told(run), "ready", "asked", "timed_out") == (11, 10, 1)
    assert run.metrics["decisions"] == 10
    assert that_are(rule_of(run, "long.exit"), "true", "fired", "timed_out") == (1, 0, 1)


def test_closes_before_all_is_ready_are_not_counted(tmp_path: Path) -> None:
    """An average of six, with one candle before the window, is known at the fifth close of eleven."""
    more = "features: {ltf: {mean: 'sma(close, 6)'}}\nwarmup: {missing: start_late}"
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 11, 8: 11}), more=more)
    assert that_are(told(run), "closes", "ready", "asked") == (11, 7, 7)
    assert that_are(rule_of(run, "long.enter"), "true", "fired") == (1, 1)


def test_a_ruined_account_is_looked_at_up_to_its_end(tmp_path: Path) -> None:
    """The run stops at a liquidation; later closes are in no count."""
    closes = [1000.0] * 5 + [500.0] * 10
    run = a_run(tmp_path, Market(closes, {2: 11, 12: 11}), "--set", "risk.on_liquidation=stop", qty=40)
    assert run.metrics["status"] == "LIQUIDATED"
    assert that_are(told(run), "asked") == (run.metrics["decisions"],)
    assert that_are(rule_of(run, "long.enter"), "true", "fired") == (1, 1)


def test_what_code_decides_has_no_such_file(tmp_path: Path) -> None:
    """A strategy in Python has no conditions to count; its run is compared without the file."""
    run = a_run(tmp_path, MARKET)
    (run.folder / "system.yml").write_text(
        (run.folder / "system.yml").read_text().partition("strategy:")[0] + "strategy: {use: mtf_trend}\n"
        "features: {}\nwarmup: {missing: start_late}\n"
    )
    again = say(run.folder, "run", "--out", "other")
    assert again.code in (0, 5), again.err
    assert not list((run.folder / "other").rglob("rules.json"))


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_the_file_is_proved_like_the_others(tmp_path: Path, how: str) -> None:
    """Its digest stands in the manifest; replay finds what was changed in it, and says so of one that is gone."""
    run = a_run(tmp_path, MARKET, rules=SHORT)
    path = only_run(run.folder) / "rules.json"
    assert say(run.folder, "replay", "latest").code == 0
    if how == "gone":
        path.unlink()
    else:
        path.write_text(path.read_text().replace('"fired": 2', '"fired": 3'))
    said = say(run.folder, "replay", "latest")
    assert said.code != 0
    assert "rules.json" in said.out + said.err


def warned_by(run: Found) -> list[str]:
    """Warnings on rules that came with the answer of a second run."""
    said = say(run.folder, "run", "--json")
    return [each for each in json.loads(said.out)["warnings"] if each.startswith("strategy.rules")]


def test_a_condition_that_is_never_true_is_warned_of(tmp_path: Path) -> None:
    """With its words, and the part of `and` that was never true where others were."""
    rules = 'short: {enter: "volume > 0 and volume == 99", exit: "volume == 15"}'
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 11, 4: 13, 8: 15}), rules=rules)
    assert warned_by(run) == [
        "strategy.rules.short.enter was never true at 11 closes: volume > 0 and volume == 99 (nor was volume == 99)",
    ]


def test_a_condition_that_is_always_true_is_warned_of(tmp_path: Path) -> None:
    """It says nothing about when."""
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 11, 4: 13}), rules='short: {enter: "volume > 0"}')
    assert warned_by(run) == ["strategy.rules.short.enter was true at every one of 11 closes: volume > 0"]


@pytest.mark.parametrize(("unknown", "is_warned"), [(5, False), (6, True)])
def test_a_condition_that_is_mostly_unknown_is_warned_of(tmp_path: Path, unknown: int, is_warned: bool) -> None:
    """Beyond half of the closes: six of eleven, not five; a part of one that is known is named by itself."""
    volumes: dict[int, float] = {2: 11, 3: 13, 4: 12, **dict.fromkeys(range(5, 5 + unknown), 20.0)}
    rules = 'short: {enter: "volume == 12 or volume / (volume - 20) > 1000"}'
    run = a_run(tmp_path, Market([1000.0] * 12, volumes), rules=rules)
    says = "was unknown at 6 of 11 closes: it does nothing there"
    assert warned_by(run) == ([f"strategy.rules.short.enter {says}"] if is_warned else [])


def test_an_exit_that_is_true_at_other_times_alone_is_warned_of(tmp_path: Path) -> None:
    """Before the entry and never after it."""
    run = a_run(tmp_path, Market([1000.0] * 12, {2: 13, 5: 11}))
    assert warned_by(run) == [
        "strategy.rules.long.exit was true at 1 close, never while long was held: volume == 13",
    ]


def test_rules_that_did_as_they_should_are_not_warned_of(tmp_path: Path) -> None:
    """Entered and left on both sides."""
    assert warned_by(a_run(tmp_path, MARKET, rules=SHORT)) == []


def test_the_summary_has_a_line_a_side_and_in_full_one_a_rule(tmp_path: Path) -> None:
    """How often each was true and fired; in full what came of it otherwise."""
    run = a_run(tmp_path, MARKET, rules=SHORT)
    brief, full = (say(run.folder, "show", "latest", *more).out for more in ((), ("--full",)))
    assert "Rules long: enter true 5, fired 2; exit true 2, fired 1" in " ".join(brief.split())
    assert "short: enter true 2, fired 1; exit true 1, fired 1" in brief
    assert len(brief.splitlines()) <= 22
    flat = " ".join(full.split())
    assert (
        "Counted long.enter true at 5 of 29 closes: 2 fired, 1 in conflict with the other side, "
        "2 ignored while a position was held, 2 filled" in flat
    )
    assert "long.exit true at 2 of 29 closes: 1 fired, 1 without a position to leave, 1 filled" in flat
    assert run.said.out.count("long: enter true 5") == 1


def test_orders_that_wait_are_counted_by_their_rule(tmp_path: Path) -> None:
    """One waits below the market and is taken back, one fills; the condition that takes back says what it was."""
    market = Market([1000.0] * 12, {2: 11, 4: 14, 6: 11}, extremes={8: (940.0, 1000.0)})
    run = a_run(tmp_path, market, rules='order: {limit: "950"}\n    cancel_when: "volume == 14"')
    entry = rule_of(run, "long.enter")
    assert that_are(entry, "true", "fired", "filled") == (2, 2, 1)
    assert entry["cancelled"] == {"CANCELLED_BY_STRATEGY": 1}
    cancels = next(rule for rule in told(run)["rules"] if rule["rule"] == "long.cancel_when")
    assert that_are(cancels, "true", "false", "unknown") == (1, 10, 0)
