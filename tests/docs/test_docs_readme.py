"""What the README says to type works, in that order, on a machine without a network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import ROOT
from pages import blocks_of
from typing_blocks import candles, shell, type_one_shell

README = ROOT / "README.md"
BLOCKS = [block for block in blocks_of(README) if block.language == "sh"]


@pytest.fixture
def checkout(path: str, tmp_path: Path) -> Path:
    """A checkout whose environment is installed: what the Makefile asks for is there, older than its mark."""
    for name in ("Makefile", "configs", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(path.partition(os.pathsep)[0])
    (tmp_path / ".venv" / "runtime.ok").touch()
    return tmp_path


def test_the_first_block_is_two_make_commands() -> None:
    """The first thing to type is make demo, then make test, and the Makefile has both."""
    commands = [line.split("#")[0].strip() for line in BLOCKS[0].text.splitlines()]
    makefile = (ROOT / "Makefile").read_text()
    assert commands == ["make demo", "make test"]
    assert all(f"\n{command.split()[1]}: " in makefile for command in commands)


def test_every_block_runs(checkout: Path, path: str) -> None:
    """All blocks but `make test`, typed into one shell in a checkout, end well, and at two reports."""
    demo, *blocks = BLOCKS
    done = type_one_shell([demo._replace(text=demo.text.replace("make test", "#")), *blocks], checkout, path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("replay: identical") == 2
    assert "about to run breakout.py:Breakout: " in done.stderr
    pages = [
        checkout / ".demo" / "report.html",
        checkout / ".mine" / "report.html",
        *checkout.glob("first/runs/*/*/*/*.html"),
    ]
    assert len(pages) == 3
    assert all(page.stat().st_size > 100_000 for page in pages)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("CANDLES=nowhere.csv VENUE=binance", 2, "make mine CANDLES=file VENUE=binance"),
        ("CANDLES=short.csv SYMBOL=BTCUSDT", 2, "which is never guessed"),
        ("CANDLES=short.csv VENUE=binance", 2, "--symbol"),
        ("CANDLES=short.csv VENUE=binance SYMBOL=BTCUSDT", 0, "report.html"),
        ("CANDLES='two months.csv' VENUE=bybit SYMBOL=SOLUSDT", 0, "report.html"),
    ],
    ids=["no file", "no venue", "nobody said whose", "three days", "a space, no packaged rules"],
)
def test_candles_of_ones_own(words: str, code: int, said: str, checkout: Path, path: str) -> None:
    """`make mine` ends at a report, or says what it lacks."""
    (checkout / "short.csv").write_text(candles(3))
    (checkout / "two months.csv").write_text(candles(60))
    done = shell(f"make mine {words}", checkout, path)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr


@pytest.mark.parametrize("word", ["data/", "runs/", "events.jsonl", "run_manifest.json", "~/.cache/btcli/objects"])
def test_the_page_says_what_is_written_where(word: str) -> None:
    """A newcomer reads where data, runs and object code lie."""
    assert word in README.read_text()
