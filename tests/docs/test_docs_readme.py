"""What the README says to type works, in that order, on a machine without a network."""

from __future__ import annotations

import os
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
    done = type_one_shell([block for block in BLOCKS if not block.text.startswith("make ")], tmp_path, path)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("about to run breakout.py:Breakout: ")]
    assert "replay: identical" in done.stdout
    (page,) = (tmp_path / "first").rglob("report.html")
    assert page.stat().st_size > 100_000


def test_one_more_command_reports_on_candles_of_ones_own(project: Path, path: str, tmp_path: Path) -> None:
    """`make mine`, as the README has it, ends at a report of candles that nobody prepared a system for."""
    (block,) = [block for block in BLOCKS if block.text.startswith("make mine ")]
    bin_, _, _ = path.partition(os.pathsep)
    kept = f"-o .venv/runtime.ok -C {ROOT} BIN={bin_} MINE={tmp_path}/mine"
    text = block.text.replace("make mine", f"make {kept} mine").replace("candles.csv", str(project / "months.csv"))
    done = type_one_shell([block._replace(text=text)], tmp_path, path)
    assert done.returncode == 0, done.stdout + done.stderr
    (page,) = (tmp_path / "mine").rglob("report.html")
    assert page.stat().st_size > 100_000


@pytest.mark.parametrize("word", ["data/", "runs/", "events.jsonl", "run_manifest.json", "~/.cache/btcli/objects"])
def test_the_page_says_what_is_written_where(word: str) -> None:
    """A newcomer reads where data, runs and object code lie."""
    assert word in README.read_text()
