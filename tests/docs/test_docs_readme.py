"""What the README says to type works, in that order, on a machine without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, environment

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
CANDLES = "open_time,open,high,low,close,volume\n" + "".join(
    f"{1_704_067_200_000 + 300_000 * row},100,101,99,100.5,3\n" for row in range(12)
)


def test_the_first_block_is_two_make_commands() -> None:
    """The first thing to type is make demo, then make test, and the Makefile has both."""
    commands = [line.split("#")[0].strip() for line in BLOCKS[0].splitlines()]
    makefile = (ROOT / "Makefile").read_text()
    assert commands == ["make demo", "make test"]
    assert all(f"\n{command.split()[1]}: " in makefile for command in commands)


@pytest.mark.long
def test_every_block_runs(tmp_path: Path) -> None:
    """All other blocks, typed one after the other into one shell, end well; only replay says what it will execute."""
    command = tmp_path / "bin" / "btcli"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m btcli "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    (work / "first").mkdir(parents=True)
    (work / "first" / "candles.csv").write_text(CANDLES)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    script = "set -e\n" + "\n".join(BLOCKS[1:])
    typed = {"cwd": work, "env": environment({"PATH": path})}
    done = subprocess.run(["sh", "-c", script], **typed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["about to run breakout.py:Breakout"]
    assert "replay: identical" in done.stdout
