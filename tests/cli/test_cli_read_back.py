"""`btcli explain SYSTEM`: rules read back in plain words, without any data."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say

HEAD = SYSTEM.partition("strategy:")[0].replace("exec: 1h, ltf: 1h", "exec: 5m, ltf: 15m")


def told(folder: Path, strategy: str, head: str = HEAD) -> str:
    """What is said of the system with that strategy, on one line."""
    (folder / "system.yml").write_text(head + strategy)
    said = say(folder, "explain", "system.yml")
    assert said.code == 0, said.err
    return " ".join(said.out.split())


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("close > open", "the close of ltf is above the open of ltf"),
        ("htf.close[2] <= 5", "(the close of htf) 2 bars before is at most 5"),
        (
            "fast > 1 and (close < 2 or not close == 3)",
            "all of these hold: ltf.fast (ema(close, 12)) is above 1 any of these holds: the close of ltf is below 2 "
            "this is false (and known): the close of ltf equals 3",
        ),
        ("cross_below(close, far * fast)", "the close of ltf crosses below (far (2) * ltf.fast (ema(close, 12)))"),
        ("rising(volume, 3)", "the volume of ltf has risen for 3 bars in a row"),
        ("count(close > open, 10) >= 6", "the number of the last 10 bars at which the close of ltf is above the open"),
        ("htf.rsi(close, 14) < 30", "rsi(close, 14) on the bars of htf is below 30"),
        ("time.hour < 8", "the hour of the close of ltf (UTC) is below 8"),
    ],
)
def test_conditions_are_read_back(tmp_path: Path, condition: str, words: str) -> None:
    """Comparisons, what joins them, crosses, earlier bars, features by what they are made of, parameters by number."""
    strategy = f"strategy: {{params: {{far: 2}}, rules: {{long: {{enter: '{condition}'}}, stop: far * 10}}}}\n"
    head = HEAD + 'features: {ltf: {fast: "ema(close, 12)"}}\n'
    assert f"long is entered when {words}" in told(tmp_path, strategy, head)


def test_what_applies_beside_is_told(tmp_path: Path) -> None:
    """When it is looked at, when it reaches the exchange, sizes, and what the other side's entry does."""
    said = told(tmp_path, "strategy: {rules: {long: {enter: 'close > open'}, stop: '20'}}\n")
    assert "looked at once at each close of ltf (15m)" in said
    assert "reaches the exchange at the next open of exec (5m)" in said
    assert "sized by risk.sizing: risk_pct 1" in said
    assert "(risk.on_opposite_signal: ignore)" in said
    assert "its stop lies this far from the fill, USDT per coin 20" in said
    assert "short" not in said


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ('{ltf: {fast: "ema(12)"}}', "features.ltf.fast: ema reads one series, not 0, at column 1"),
        ('{htf: {slow: "emma(close, 9)"}}', "features.htf.slow: unknown function 'emma'"),
        ('{ltf: {fast: "ema(slow, 9)"}}', "features.ltf.fast: unknown name 'slow'"),
    ],
)
def test_a_feature_that_a_run_refuses_is_refused(tmp_path: Path, features: str, problem: str) -> None:
    """What cannot be computed is no system to be read back: the mistake is that of `btcli run`, in its place."""
    strategy = f"features: {features}\nstrategy: {{rules: {{long: {{enter: 'close > open'}}, stop: '20'}}}}\n"
    (tmp_path / "system.yml").write_text(HEAD + strategy)
    told_by = [say(tmp_path, *words) for words in (("explain", "system.yml"), ("run", "system.yml"))]
    assert [said.code for said in told_by] == [2, 2]
    assert problem in " ".join(told_by[0].err.replace("│", " ").split())
    assert told_by[0].err == told_by[1].err


def test_code_has_no_rules_to_be_read_back(tmp_path: Path) -> None:
    """A strategy in Python is refused with what to do instead."""
    (tmp_path / "system.yml").write_text(SYSTEM)
    said = say(tmp_path, "explain", "system.yml")
    assert said.code == 2
    assert "has no rules to be read back" in said.err


def test_mistakes_are_told_as_by_a_run(tmp_path: Path) -> None:
    """With file, line and column; and a moment is no question to a system."""
    (tmp_path / "system.yml").write_text(HEAD + "strategy: {rules: {long: {enter: 'clse > 1'}, stop: '20'}}\n")
    said = say(tmp_path, "explain", "system.yml")
    assert (said.code, "unknown name 'clse'" in said.err) == (2, True)
    assert say(tmp_path, "explain", "system.yml", "--at", "2024-01-10").code == 2
