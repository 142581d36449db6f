"""A `--grid` that a shell has cut into words is told as that, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import say

from btcli.cli.research.grid_words import require_whole
from btcli.errors import RequestError

CUT = (
    (["--grid", "a.b=1", "a.b=2", "a.b=3"], "several words of it, the next is a.b=2", "without braces: a.b=1..3"),
    (["--grid", "k=x", "k=y", "--yes"], "several words of it, the next is k=y", "'k=[1, 3]' for a list"),
    (["--yes", "--grid", "k=[1,", "2]"], "cut it at a space", "quote it: --grid 'k=[1, 2]'"),
    (["--grid", "k=[1,", "-2]", "s.yml"], "cut it at a space", "quote it: --grid 'k=[1, -2]'"),
    (["--grid", "k=[{a:", "1},", "{a:", "2}]", "s.yml"], "cut it at a space", "--grid 'k=[{a: 1}, {a: 2}]'"),
    (["--grid", "k=ema(close,", "{5..9})", "s.yml"], "cut it at a space", "--grid 'k=ema(close, {5..9})'"),
)
WHOLE = (
    ["--grid", "k=1..3", "system.yml"],
    ["--grid", "k=[1, 2]", "k.yml"],
    ["--grid", "k=1", "--grid", "k=2"],
    ["--grid", "k=[1,"],
    ["--grid", "k=[1,2", "system.yml"],
    ["--grid", "k=[1,", "--yes"],
    ["--grid", "k", "system.yml"],
    ["--grid"],
)


@pytest.mark.parametrize(("words", "said", "hint"), CUT, ids=str)
def test_a_grid_that_was_cut_is_told(words: list[str], said: str, hint: str) -> None:
    """With the option as it has to be written."""
    with pytest.raises(RequestError, match=said) as refused:
        require_whole(words)
    (problem,) = refused.value.problems
    assert hint in problem.hint


@pytest.mark.parametrize("words", WHOLE, ids=str)
def test_other_words_are_the_commands_own(words: list[str]) -> None:
    """A system file after a grid is one; what is wrong with the grid itself is told by whoever reads it."""
    require_whole(words)


@pytest.mark.parametrize("words", [["k=1", "k=2"], ["k=1", "k=2", "k=3"], ["k=[1,", "2]"]], ids=str)
def test_the_command_names_the_option_and_not_a_file(words: list[str], tmp_path: Path) -> None:
    """Its second part is no system file that is missing."""
    said = say(tmp_path, "sweep", "--grid", *words, "--json")
    assert (said.code, said.envelope["errors"][0]["where"]) == (2, f"--grid {words[0]}")
