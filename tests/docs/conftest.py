"""One project with sample data and a packed run, made once for all tests of the documentation."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from typing_blocks import STEPS, candles, shell


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `btcli` and `python` are those of this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    for name, words in (("btcli", "-m btcli"), ("python", "")):
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        command.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, path: str) -> Path:
    """A project as `btcli init` writes it, with sample data, a file of candles and one packed run."""
    home = tmp_path_factory.mktemp("project")
    done = shell(STEPS, home, path)
    assert done.returncode == 0, done.stderr
    (home / "first" / "candles.csv").write_text(candles(3))
    return home / "first"


@pytest.fixture(scope="session")
def run(project: Path) -> Path:
    """The folder of that run."""
    (found,) = (project / "runs" / "first" / "q1").iterdir()
    return found


@pytest.fixture(scope="session")
def metrics(run: Path) -> dict[str, Any]:
    """The content of its metrics.json."""
    return dict(json.loads((run / "metrics.json").read_text()))


@pytest.fixture(scope="session")
def manifest(run: Path) -> dict[str, Any]:
    """The content of its run_manifest.json."""
    return dict(json.loads((run / "run_manifest.json").read_text()))
