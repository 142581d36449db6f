"""What a command loads: only what it needs, and that once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import only_run, small_world
from command_line import btcli

# Libraries and parts of btcli that cost time or memory, and that a run of a strategy of btcli's own has no use for.
UNUSED = (
    "polars",
    "pandas",
    "pyarrow",
    "ssl",
    "http.client",
    "asyncio",
    "unittest",
    "btcli.tools",
    "btcli.sources",
    "btcli.market.importing",
    "btcli.market.schema",
    "btcli.market.store.writing",
)


def loaded(cwd: Path, *words: object) -> list[str]:
    """The modules that the processes of a command loaded, as Python itself tells it."""
    done = btcli(*words, cwd=cwd, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.code == 0
    lines = [line for line in done.err.splitlines() if line.startswith("import time:")]
    return [line.rsplit("|", 1)[1].strip() for line in lines]


def foreign(names: list[str]) -> list[str]:
    """Those of UNUSED that were loaded; TA-Lib's looking for polars and pandas in vain leaves a line of each."""
    tried = {"polars", "pandas"}
    return [
        name
        for name in UNUSED
        if (name in names and name not in tried) or any(each.startswith(f"{name}.") for each in names)
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with sample data and one run."""
    folder = small_world(tmp_path_factory.mktemp("imports") / "small")
    assert btcli("run", cwd=folder).code == 0
    return folder


def test_a_run_loads_no_library_of_frames_and_nothing_that_changes_a_store(world: Path) -> None:
    """A run of a strategy that comes with btcli reads the store without polars, and TA-Lib is kept from loading it."""
    names = loaded(world, "run")
    assert "btcli.workflows.run.run" in names
    assert foreign(names) == []


def test_a_replay_loads_no_more_than_a_run(world: Path) -> None:
    """Proving a run takes none of these either."""
    names = loaded(world, "replay", only_run(world))
    assert "btcli.workflows.run.replay" in names
    assert foreign(names) == []


def test_no_library_is_loaded_by_two_processes(world: Path) -> None:
    """What the process that waits and the one that works both need is loaded before they part."""
    names = loaded(world, "run")
    heavy = ("numpy", "_duckdb", "talib._ta_lib", "pydantic", "orjson", "ruamel.yaml", "rich.console", "typer")
    assert {name: names.count(name) for name in heavy} == dict.fromkeys(heavy, 1)
