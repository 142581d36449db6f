"""Levels that nothing could reach are warned of before a run where they are written so, and after it with how often."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli_worlds import say
from finding_worlds import Found, Market, a_run
from test_cli_rules_counted import rule_of

FLAT = [1000.0] * 20
TWICE = Market(FLAT, {2: 11, 4: 13, 6: 11, 8: 13})


def warned(run: Found) -> list[str]:
    """What the run warns of levels."""
    return [each for each in json.loads(say(run.folder, "run", "--json").out)["warnings"] if " beyond " in each]


def levels(run: Found, rule: str = "long.enter") -> list[dict[str, Any]]:
    """What rules.json has of them."""
    found: list[dict[str, Any]] = rule_of(run, rule).get("levels", [])
    return found


def test_a_trail_that_began_beyond_the_target_is_counted(tmp_path: Path) -> None:
    """At the first close volume is 11, the target 22 away and the trail begins 30 away, at both entries."""
    rules = "target: 2 * volume, trail: {distance: 10, from: close + 30}".replace(", trail", "\n    trail")
    run = a_run(tmp_path, TWICE, rules=rules)
    assert levels(run) == [{"key": "strategy.rules.trail.from", "beyond": "target", "entries": 2}]
    said = "strategy.rules.trail.from lay beyond the target at 2 of 2 entries of long: the trail could not begin"
    assert warned(run) == [said]


def test_only_the_entries_of_which_it_is_so_are_counted(tmp_path: Path) -> None:
    """The close is 1,000 at the first entry and 1,040 at the second, from which 1,050 is 10 away."""
    market = Market([1000.0] * 6 + [1040.0] * 14, {2: 11, 4: 13, 6: 11, 8: 13})
    run = a_run(tmp_path, market, rules="target: 20\n    trail: {distance: 10, from: 1050}")
    assert levels(run) == [{"key": "strategy.rules.trail.from", "beyond": "target", "entries": 1}]


def test_a_trail_that_could_begin_is_not_told(tmp_path: Path) -> None:
    """At the very target, before it, and without one."""
    for place, rules in enumerate(("target: 30", "target: 31", "break_even: 5")):
        run = a_run(tmp_path / str(place), TWICE, rules=f"{rules}\n    trail: {{distance: 10, from: close + 30}}")
        assert levels(run) == []
        assert warned(run) == []


def test_a_target_by_price_and_a_short_are_seen_too(tmp_path: Path) -> None:
    """Short at 1,000: the target at 980, the trail from 970 on."""
    short = 'short: {enter: "volume == 12", target: {price: 980}, trail: {distance: 10, from: 970}}'
    run = a_run(tmp_path, Market(FLAT, {2: 12}), rules=short)
    assert levels(run, "short.enter") == [{"key": "strategy.rules.short.trail.from", "beyond": "target", "entries": 1}]


def test_parts_that_leave_with_all_end_a_position_as_a_target_does(tmp_path: Path) -> None:
    """Half at 10 and half at 20: from 25 on nothing is left to follow; of a half that stays something is."""
    trail = "\n    trail: {distance: 10, from: close + 25}"
    run = a_run(tmp_path / "all", TWICE, rules=f"exits: [{{share: 0.5, at: 10}}, {{share: 0.5, at: 20}}]{trail}")
    assert [each["entries"] for each in levels(run)] == [2]
    run = a_run(tmp_path / "half", TWICE, rules=f"exits: [{{share: 0.5, at: 20}}]{trail}")
    assert levels(run) == []
    run = a_run(tmp_path / "rest", TWICE, rules=f"exits: [{{share: 0.5, at: 10}}]\n    target: 20{trail}")
    assert [each["entries"] for each in levels(run)] == [2]


def test_a_limit_is_counted_from_its_own_price(tmp_path: Path) -> None:
    """It waits at 980, and its target is 1,000: the trail would begin at 1,010."""
    order = "order: {limit: close - 20}\n    target: 20\n    trail: {distance: 5, from: close + 10}"
    market = Market(FLAT, {2: 11}, {4: (970.0, 1000.0)})
    run = a_run(tmp_path, market, rules=order)
    assert [each["entries"] for each in levels(run)] == [1]


def test_a_stop_beyond_the_liquidation_is_counted(tmp_path: Path) -> None:
    """At leverage 20 the margin is 50 of 1,000, and the stop 60 away."""
    run = a_run(tmp_path, TWICE, rules="stop: 6 * volume - 6", leverage=20)
    assert levels(run) == [{"key": "strategy.rules.stop", "beyond": "liquidation", "entries": 2}]
    said = "strategy.rules.stop lay beyond the liquidation at 2 of 2 entries of long: the position is liquidated before"
    assert warned(run) == [said]
    assert levels(a_run(tmp_path / "near", TWICE, rules="stop: 40", leverage=20)) == []


def test_a_stop_that_was_moved_or_refused_did_not_lie_there(tmp_path: Path) -> None:
    """`adjust` moves it before the liquidation, `reject` refuses the entry and counts that."""
    for mode in ("adjust", "reject"):
        choice = ("--set", f"risk.stop_vs_liquidation={mode}")
        run = a_run(tmp_path / mode, TWICE, *choice, rules="stop: 60", leverage=20)
        assert levels(run) == []
    assert rule_of(run, "long.enter")["refused"] == {"STOP_BEYOND_LIQUIDATION": 2}


def test_what_is_written_alone_is_told_before_the_run(tmp_path: Path) -> None:
    """Preflight, run and explain name the file, line and column."""
    rules = "stop: 0.06 * close\n    target: 20\n    trail: {distance: 10, from: close + 30}"
    run = a_run(tmp_path, TWICE, rules=rules, leverage=20)
    begins = "strategy.rules.trail.from: lies beyond the target: the trail can never begin"
    for words in (("preflight",), ("run",), ("explain", "system.yml")):
        err = say(run.folder, *words).err
        assert f"warning: system.yml:16:33 {begins}" in err
        assert "warning: system.yml:14:11 strategy.rules.stop: lies beyond the liquidation" in err
    adjusted = say(run.folder, "preflight", "--set", "risk.stop_vs_liquidation=adjust").err
    assert "beyond the liquidation" not in adjusted


def test_a_stop_alone_is_told_before_the_run(tmp_path: Path) -> None:
    """6 % are more than the margin of leverage 20; in cross all of the account stands behind a position."""
    run = a_run(tmp_path, TWICE, rules="stop: 0.06 * close", leverage=20)
    said = "strategy.rules.stop: lies beyond the liquidation: at leverage 20 that comes before 5 %"
    assert f"warning: system.yml:14:11 {said}" in say(run.folder, "preflight").err
    assert "beyond" not in say(run.folder, "preflight", "--set", "account.margin_mode=cross").err
    assert "beyond" not in say(run.folder, "preflight", "--set", "account.leverage=10").err
