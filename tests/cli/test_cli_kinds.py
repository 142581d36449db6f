"""Comparisons that say nothing are told by whatever reads a system, on the screen and for machines."""

from __future__ import annotations

import json
from pathlib import Path

from cli_worlds import SYSTEM, say

RULES = """\
strategy:
  rules:
    long: {enter: "rsi(close, 14) > close"}
    stop: "20"
"""
SAYS = "rsi(close, 14) > close compares an oscillator with a price: they have no scale in common"


def test_what_is_compared_in_vain_is_told_by_every_command(tmp_path: Path) -> None:
    """Preflight, run and explain warn on stderr with file:line:column; the run goes on."""
    (tmp_path / "system.yml").write_text(SYSTEM.partition("strategy:")[0] + RULES)
    assert say(tmp_path, "data", "sample").code == 0
    for words in (("preflight",), ("run",), ("explain", "system.yml")):
        said = say(tmp_path, *words)
        assert said.code == 0, said.err
        assert f"warning: system.yml:11:19 strategy.rules.long.enter: {SAYS}, at column 1:" in said.err
        found = json.loads(say(tmp_path, *words, "--json").out)["warnings"]
        assert sum(SAYS in each for each in found) == 1


def test_sensible_rules_are_read_without_a_word(tmp_path: Path) -> None:
    """Nothing is said of a system that compares what can be compared."""
    (tmp_path / "system.yml").write_text(
        SYSTEM.partition("strategy:")[0] + RULES.replace("rsi(close, 14) > close", "rsi(close, 14) > 50")
    )
    assert say(tmp_path, "explain", "system.yml").err == ""
