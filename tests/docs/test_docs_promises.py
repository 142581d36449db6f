"""Every promise has its test, and an edit that turns it red."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import ROOT, environment

ROW = re.compile(
    r"\| (?P<said>[^|]+) \| `(?P<test>[^`]+)` \| `(?P<file>[^`]+)` \| `(?P<line>[^`]+)` \| `(?P<becomes>[^`]+)` \|"
)
NAMED = """two runs give an identical state hash; cached value unchanged between closes; cache updates at close only;
HTF updates before MTF; not ready until first close; ready after both updated;
runtime snapshot mark equals exchange mark; snapshot builder never calls the price model;
mark computed once per step; mark to market uses the exchange's mark;
preflight blocks the run; report only without heal; recheck after each heal; hard failure after three heals;
heal goes through the registry; fills at ts_open and the curve at ts_close; the exchange knows no feature;
equity is recorded while not ready; single timeframe is the default; each stop reason: liquidated; each metric"""


class Promise(NamedTuple):
    """A row of docs/promises.md."""

    said: str
    test: str
    file: str
    line: str
    becomes: str


PROMISES = [Promise(*found.groups()) for found in ROW.finditer((ROOT / "docs" / "promises.md").read_text())]


def test_every_named_promise_is_listed() -> None:
    """The acceptance tests that must exist are all there, and no row was lost in reading."""
    named = {name.strip() for name in NAMED.replace("\n", " ").split(";")}
    assert named - {promise.said for promise in PROMISES} == set()
    assert len(PROMISES) == (ROOT / "docs" / "promises.md").read_text().count("\n| ") - 1


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.said)
def test_the_line_and_the_test_exist(promise: Promise) -> None:
    """The line to edit is in its file exactly once, and the test is where the row says."""
    path, _, name = promise.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()
    lines = [line.strip() for line in (ROOT / promise.file).read_text().splitlines()]
    assert sum(promise.line in line for line in lines) == 1


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code and the tests that may be broken."""
    folder = tmp_path_factory.mktemp("broken")
    for name in ("btcli", "tests", "configs", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def outcome_of(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a copy, interpreted: no broken line is worth compiling."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    switches = environment({"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(folder)})
    return subprocess.run(command, cwd=folder, env=switches, capture_output=True, text=True, check=False, timeout=1800)


@pytest.mark.long
def test_sound_code_passes(copy: Path) -> None:
    """Before any edit every promise holds in the copy."""
    done = outcome_of(copy, *dict.fromkeys(promise.test for promise in PROMISES))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.long
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.said)
def test_the_edit_turns_the_test_red(promise: Promise, copy: Path) -> None:
    """With the one line edited, the test fails; with it restored the next row starts from sound code."""
    path = copy / promise.file
    sound = path.read_text()
    path.write_text(sound.replace(promise.line, promise.becomes, 1))
    try:
        done = outcome_of(copy, promise.test)
    finally:
        path.write_text(sound)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
