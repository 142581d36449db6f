"""Where and with what a run was made: recorded beside it, never part of its identity."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from btcli.exchange.face.switches import passes_quietly

PACKAGES = ("btcli", "numpy", "numba", "llvmlite", "polars", "duckdb", "orjson", "pydantic", "ruamel.yaml", "TA-Lib")
GIT_TIMEOUT_S = 5.0


def platform_tag() -> str:
    """What byte identity is promised for: the operating system and the kind of processor."""
    return f"{platform.system()}-{platform.machine()}".lower()


def versions() -> dict[str, str | None]:
    """The version of Python and of each package that could change a byte; None where one is absent."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def environment(project: Path, *, started_at: str, finished_at: str, wall_s: float) -> dict[str, Any]:
    """The manifest's record of the machine, the versions, the project's git commit, the switches and the wall times."""
    return {
        "platform": platform_tag(),
        "python_build": sys.version,
        "versions": versions(),
        "git_commit": git_commit(project),
        "passes_quiet_steps": passes_quietly(),
        "started_at": started_at,
        "finished_at": finished_at,
        "wall_s": wall_s,
    }


def git_commit(folder: Path) -> str | None:
    """The commit checked out around a folder, None where there is none or no git."""
    try:
        said = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
