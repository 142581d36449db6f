"""Which libraries a start of `btcli run` and of `btcli sweep` loads: what it does not need costs every start."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import ROOT, btcli
from sweep_worlds import grids, ruled_world

TELLING = """
import atexit, json, os, sys
def tell():
    with open(os.environ["LOADED"], "a") as file:
        file.write(json.dumps(list(sys.modules)) + "\\n")
atexit.register(tell)
"""
# Of frames, of drawing, of the network, of clusters; numpy's masked arrays, which some of its functions load; and what
# makes TA-Lib's functions take frames.
UNNEEDED = {"polars", "pandas", "pyarrow", "rich", "httpx", "requests", "joblib", "dask", "ray", "numpy.ma"}
UNNEEDED |= {"talib.abstract"}
DESCRIBED = "importlib.metadata"  # how packages are described, which a record of a run needs
# The exchange's rules themselves, where there is machine code of them.
UNNEEDED |= {"btcli.exchange.driver.drive", "btcli.exchange.driver.machine", "btcli.exchange.phases.closing"}
# What asks strategies in Python, what they see and say: trials by rules are run without it.
ASKING = {"btcli.engine.loop", "btcli.engine.snapshots", "btcli.strategies.snapshot", "btcli.strategies.signal"}
RUN = ("run", "--window", "jan", "--json")
SWEEP = ("sweep", "--window", "jan", "--json", "--yes", *grids("strategy.params.far=0.01..0.02:0.01"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data, a system by rules, and a module that tells what each process has loaded."""
    folder = ruled_world(tmp_path_factory.mktemp("loading") / "world")
    (folder / "sitecustomize.py").write_text(TELLING)
    return folder


@pytest.mark.parametrize(
    ("words", "unneeded"), [(RUN, UNNEEDED), (SWEEP, UNNEEDED | ASKING | {DESCRIBED})], ids=["run", "sweep"]
)
def test_a_start_loads_nothing_that_it_does_not_use(words: tuple[str, ...], unneeded: set[str], world: Path) -> None:
    """An answer for machines about a system by rules is worked out and written without them, in every process."""
    assert btcli(*words, "--out", "before", cwd=world).code == 0  # compiles the exchange where nobody has yet
    told = world / f"{words[0]}.loaded"
    done = btcli(*words, cwd=world, env={"PYTHONPATH": f"{world}{os.pathsep}{ROOT}", "LOADED": str(told)})
    assert (done.code, done.err) == (0, "")
    processes = [set(json.loads(line)) for line in told.read_text(encoding="utf-8").splitlines()]
    if any("numba" in loaded for loaded in processes):
        pytest.skip("machine code cannot be stored here, and what compiles it loads what it likes")
    assert any(f"btcli.workflows.{room}" in loaded for loaded in processes for room in ("run.run", "research.sweep"))
    assert set().union(*processes) & unneeded == set()
