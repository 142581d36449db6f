"""What held entries back is counted by its gate in rules.json, told in the summary, and warned of where all were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli_worlds import SYSTEM, only_run, say
from finding_worlds import Found, Market, a_run
from test_cli_rules_counted import rule_of, that_are

FLAT = [1000.0] * 20
# Long at the close of bar 2, left at that of 4; true again at those of 5, 6 and 7.
COOLING = Market(FLAT, {2: 11, 4: 13, 5: 11, 6: 11, 7: 11})
SHORT = 'short: {enter: "volume == 12"}\n    '
OF_ENTRY = ("true", "fired", "ignored", "held_back", "filled")


def gate(name: str, held_back: int, place: str = "") -> dict[str, Any]:
    """A row of `gates`."""
    return {"gate": name, "key": f"strategy.rules.{place}{name}", "held_back": held_back}


def warned(run: Found) -> list[str]:
    """What the run warns of in rules."""
    said = say(run.folder, "run", "--json")
    return [each for each in json.loads(said.out)["warnings"] if each.startswith("strategy.rules")]


def summary_of(run: Found) -> str:
    """The summary on one line."""
    return " ".join(run.said.out.split())


def test_what_a_gate_held_back_stands_at_its_rule(tmp_path: Path) -> None:
    """Two of four are held back after the trade; the gate that never did is there with 0, and neither is warned of."""
    run = a_run(tmp_path, COOLING, rules="cooldown_bars: 2\n    max_entries_per_day: 5")
    rule = rule_of(run, "long.enter")
    assert that_are(rule, *OF_ENTRY) == (4, 2, 0, 2, 2)
    assert rule["gates"] == [gate("max_entries_per_day", 0), gate("cooldown_bars", 2)]
    assert "long: enter true 4, fired 2, held back 2 (cooldown_bars 2)" in summary_of(run)
    assert not [each for each in warned(run) if "held back" in each]


def test_a_run_without_gates_says_nothing_of_them(tmp_path: Path) -> None:
    """Nothing is held back, and no gate is listed."""
    run = a_run(tmp_path, COOLING)
    assert "gates" not in rule_of(run, "long.enter")
    assert "held back" not in run.said.out


def test_a_gate_that_never_opened_is_warned_of(tmp_path: Path) -> None:
    """Entries at 03:00 and 06:00, and a session that ends at one."""
    run = a_run(tmp_path, Market(FLAT, {2: 11, 5: 11}), rules="session: {hours: 00:00-01:00}")
    assert that_are(rule_of(run, "long.enter"), *OF_ENTRY) == (2, 0, 0, 2, 0)
    assert "strategy.rules.session held back every one of 2 entries of long that came to it" in warned(run)
    full = say(run.folder, "show", "latest", "--full").out
    assert "2 held back (session 2)" in " ".join(full.split())


def test_a_turn_that_is_held_back_is_counted_as_such(tmp_path: Path) -> None:
    """Short at 07:00, out of the session, closes the long of 03:00 and enters nothing; it has not fired."""
    market = Market(FLAT, {2: 11, 6: 12})
    rules = f"{SHORT}session: {{hours: 00:00-05:00}}"
    run = a_run(tmp_path, market, "--set", "risk.on_opposite_signal=reverse", rules=rules)
    assert that_are(rule_of(run, "short.enter"), *OF_ENTRY) == (1, 0, 0, 1, 0)
    assert rule_of(run, "short.enter")["gates"] == [gate("session", 1)]
    (trade,) = (only_run(run.folder) / "trades.csv").read_text().splitlines()[1:]
    assert ",signal," in trade


def test_an_entry_whose_size_is_unknown_is_told_as_such(tmp_path: Path) -> None:
    """The condition was true at two closes, and the size unknown at the first: one entry."""
    market = Market([1000.0] * 5 + [1010.0] + [1000.0] * 6, {2: 11, 5: 11})
    run = a_run(tmp_path, market, rules='size: {qty: "1 / (close - 1000)"}')
    assert that_are(rule_of(run, "long.enter"), "true", "fired", "unknown_level", "filled") == (2, 1, 1, 1)


def test_gates_are_read_back(tmp_path: Path) -> None:
    """Each in a line, with whose trades it looks at, and the time and size of an entry."""
    rules = (
        "{long: {enter: close > open, order: {limit: close, for: 3}, size: {qty: 2}, cooldown_bars: 1, rearm: true}, "
        "short: {enter: close < open, order: market, size: {margin_pct: 5}}, cooldown_after_loss_bars: 5, "
        "pause_after_losses: {losses: 2, bars: 10}, max_entries_per_day: 8, "
        "session: {hours: 22:00-06:30, days: [mon, wed-fri], not_around_funding: 30m}}"
    )
    (tmp_path / "system.yml").write_text(SYSTEM.partition("strategy:")[0] + f"strategy: {{rules: {rules}}}\n")
    said = say(tmp_path, "explain", "system.yml")
    assert said.code == 0, said.err
    out = " ".join(said.out.split())
    for line in (
        "long: its entry has this size, coins 2",
        "one that waits is cancelled 3 bars of ltf after its arrival, at the first open of exec from then on",
        "made only at closes from 22:00 until before 06:30 UTC, on mon, wed-fri (of the day on which the hours begin), "
        "more than 30m before and after settlements of funding; what is held is left at any time",
        "at most 8 a UTC day, counting those that filled of either side",
        "none at the 10 closes of ltf after every 2 losing trades in a row of either side",
        "none at the 5 closes of ltf after a trade of either side ended with a loss",
        "none at the 1 close of ltf after a trade of long ended",
        "after one that filled, none before enter was false (and known) at a close",
        "no entry is sized by risk.sizing: risk_pct 1",
    ):
        assert line in out
    assert out.count("a trade of long ended") == out.count("after one that filled") == 1
