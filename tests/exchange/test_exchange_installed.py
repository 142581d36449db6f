"""A wheel installed somewhere else needs the compiler once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = "import btcli; print(btcli.__file__)"
DEMO = ROOT / "configs" / "demo.yml"


def _pip(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with btcli alone in it, from a wheel."""
    built = _pip("wheel", "--no-deps", "--wheel-dir", tmp_path / "wheels", ROOT)
    if built.returncode:
        pytest.skip(f"no wheel can be built here: {built.stderr.strip().splitlines()[-1]}")
    (wheel,) = (tmp_path / "wheels").glob("btcli-*.whl")
    installed = _pip("install", "--no-deps", "--target", tmp_path / "site", wheel)
    assert installed.returncode == 0, installed.stderr
    return tmp_path / "site"


@pytest.mark.long
def test_an_installed_wheel_loads_numba_once(site: Path, tmp_path: Path) -> None:
    """It has templates; the first run compiles; the second loads what that stored, and imports no module of numba."""
    environment = {**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def python(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    assert python("-c", NAMED).stdout.startswith(str(site))
    python("-m", "btcli", "init", "first", "--template", "donchian")
    assert (tmp_path / "first" / "system.yml").read_bytes() == (DEMO.parent / "donchian.yml").read_bytes()
    python("-m", "btcli", "data", "sample", str(DEMO), "--data", "data")
    words = ("-X", "importtime", "-m", "btcli", "run", str(DEMO), "--window", "q1", "--data", "data", "--out", "runs")
    python(*words)
    second = python(*words)
    imported = {line.rpartition("|")[2].strip() for line in second.stderr.splitlines()}
    assert "btcli.exchange.machine.loading" in imported
    assert {name for name in imported if name.split(".")[0] == "numba"} == set()
