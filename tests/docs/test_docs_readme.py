"""What the README says to type works, in that order, on a machine without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import ROOT
from pages import blocks_of
from typing_blocks import type_one_shell

README = ROOT / "README.md"
BLOCKS = [block for block in blocks_of(README) if block.language == "sh"]


def test_the_first_block_is_two_make_commands() -> None:
    """The first thing to type is make demo, then make test, and the Makefile has both."""
    commands = [line.split("#")[0].strip() for line in BLOCKS[0].text.splitlines()]
    makefile = (ROOT / "Makefile").read_text()
    assert commands == ["make demo", "make test"]
    assert all(f"\n{command.split()[1]}: " in makefile for command in commands)


def test_every_block_runs(project: Path, path: str, tmp_path: Path) -> None:
    """All other blocks, typed one after the other into one shell, end well; only replay says what it will execute."""
    (tmp_path / "first").mkdir()
    shutil.copy(project / "candles.csv", tmp_path / "first")
    done = type_one_shell(BLOCKS[1:], tmp_path, path)
    assert done.returncode == 0, done.stderr
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["about to run breakout.py:Breakout"]
    assert "replay: identical" in done.stdout


@pytest.mark.parametrize("word", ["data/", "runs/", "events.jsonl", "run_manifest.json", "~/.cache/btcli/objects"])
def test_the_page_says_what_is_written_where(word: str) -> None:
    """A newcomer reads where data, runs and object code lie."""
    assert word in README.read_text()
