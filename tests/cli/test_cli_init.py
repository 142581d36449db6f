"""`btcli init --template`: a system that runs at once, beside which nothing is lost."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_worlds import say
from command_line import environment
from system_worlds import CONFIGS

from btcli.workflows.system.templates import templates

README = (CONFIGS / "README.md").read_text(encoding="utf-8")
NAMES = [each.name for each in templates()]


def test_every_system_file_is_a_template() -> None:
    """What lies in configs/ is offered by its name, and stands in a row of the page there, with a sentence."""
    assert sorted(path.stem for path in CONFIGS.glob("*.yml")) == NAMES
    assert sorted(re.findall(r"^\| \[(\w+)\.yml\]\(\1\.yml\) \| \w.+ \|$", README, re.MULTILINE)) == NAMES
    assert len(NAMES) >= 15


def test_the_list_says_what_each_is(tmp_path: Path) -> None:
    """By name and first line, also for machines; nothing is written."""
    shown, told = say(tmp_path, "init", "--list"), say(tmp_path, "init", "--list", "--json")
    assert (shown.code, "donchian         Donchian breakout, after the Turtles' first system." in shown.out) == (
        0,
        True,
    )
    rows = told.envelope["data"]["templates"]
    assert [row["name"] for row in rows] == NAMES
    assert {"name": "grid", "summary": "Limit orders on a grid around an average."} in rows
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_the_file(tmp_path: Path, name: str) -> None:
    """It is written as system.yml with the schema that its first line names, and can be read."""
    said = say(tmp_path, "init", "new", "--template", name)
    assert (said.code, said.err) == (0, "")
    assert (tmp_path / "new" / "system.yml").read_bytes() == (CONFIGS / f"{name}.yml").read_bytes()
    assert (tmp_path / "new" / "schema.json").read_bytes() == (CONFIGS / "schema.json").read_bytes()
    assert re.search(r"^next: cd new && btcli (data sample && btcli run|run --heal)( --window \w+)?$", said.out, re.M)


def test_a_template_runs_by_the_command_in_its_head(tmp_path: Path) -> None:
    """`btcli init --template donchian && btcli data sample && btcli run`, word by word."""
    (line,) = re.findall(r"^# +(btcli init .+)$", (CONFIGS / "donchian.yml").read_text(), re.MULTILINE)
    for command in line.split(" && "):
        said = say(tmp_path, *command.split()[1:])
        assert said.code == 0, said.err
    assert "donchian · q1" in said.out


@pytest.mark.parametrize("name", [each.name for each in templates() if "  rules:" in each.text and "#   " in each.text])
def test_the_head_says_how_to_run_it_and_what_it_is(name: str) -> None:
    """Its own name in the command, where it comes from, with a year, and what it is not."""
    head = (CONFIGS / f"{name}.yml").read_text().partition("\nsystem:")[0]
    assert f"\n#   btcli init --template {name} && btcli data sample && btcli run\n" in head
    assert [part for part in ("What it is:", "Where it comes from:", "What it is not:") if part not in head] == []
    assert re.search(r"\b(19|20)\d\d\b", head)


@pytest.mark.parametrize(
    ("name", "meant"), [("donchain", "did you mean donchian?"), ("", "there are"), ("../demo", "there are")]
)
def test_an_unknown_template_is_answered_with_those_there_are(tmp_path: Path, name: str, meant: str) -> None:
    """Exit code 2 with every name, and nothing is written."""
    said = say(tmp_path, "init", "new", "--template", name, "--json")
    (error,) = said.envelope["errors"]
    assert (said.code, error["message"], meant in error["hint"]) == (2, f"there is no template {name!r}", True)
    assert ", ".join(NAMES) in error["hint"]
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_not_a_template(tmp_path: Path) -> None:
    """Both at once are a contradiction."""
    assert say(tmp_path, "init", "--list", "--template", "grid").code == 2


def test_what_is_the_same_is_no_loss(tmp_path: Path) -> None:
    """The same template again asks nothing; another one, where nobody is to be asked, is refused without --yes."""
    assert say(tmp_path, "init", "--template", "grid").code == 0
    assert say(tmp_path, "init", "--template", "grid").code == 0
    for words in (("--template", "macd"), ()):
        said = say(tmp_path, "init", *words, "--json")
        assert (said.code, "already has system.yml" in said.err + said.out) == (2, True)
    assert (tmp_path / "system.yml").read_bytes() == (CONFIGS / "grid.yml").read_bytes()
    assert say(tmp_path, "init", "--template", "macd", "--yes").code == 0
    assert (tmp_path / "system.yml").read_bytes() == (CONFIGS / "macd.yml").read_bytes()


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, "mine"), ("y", 0, "system: macd")])
def test_a_terminal_is_asked_before_a_file_is_replaced(tmp_path: Path, answer: str, code: int, left: str) -> None:
    """A no leaves everything as it is, with exit code 1."""
    (tmp_path / "system.yml").write_text("mine")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "btcli", "init", "--template", "macd"]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=theirs, stderr=subprocess.PIPE, text=True
    )
    os.write(ours, f"{answer}\n".encode())
    _, said = running.communicate(timeout=300)
    os.close(ours)
    os.close(theirs)
    assert (running.returncode, "Replace?" in said) == (code, True)
    assert left in (tmp_path / "system.yml").read_text()
    assert (tmp_path / "schema.json").exists() == (code == 0)
