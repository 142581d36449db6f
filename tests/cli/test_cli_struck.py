"""Commands that are killed, or find no room, at any of the things that they do to files: nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from interrupted_lines import said

World = tuple[list[tuple[str, ...]], tuple[str, ...], list[tuple[str, ...]]]

DATA, RUN = ("data", "sample"), ("run", "--window", "jan")
SWEEP = ("sweep", "--window", "jan", "--grid", "strategy.params.far=0.01..0.04:0.01")
INIT, EXPORT = ("init", "new", "--yes"), ("export", "latest", "--to", "csv", "--out", "there")
VERIFIED = ("replay", "latest", "--no-run")
OF_RUNS = (
    ([DATA], RUN, [RUN, ("replay", "latest")]),
    ([DATA, RUN], (*RUN, "--pack"), [(*RUN, "--pack"), VERIFIED, ("replay", "latest", "--pack-only")]),
    ([DATA, RUN], EXPORT, [(*EXPORT, "--overwrite"), VERIFIED]),
    ([DATA, RUN, EXPORT], (*EXPORT, "--overwrite"), [(*EXPORT, "--overwrite"), VERIFIED]),
    ([DATA, RUN], ("report", "latest"), [("report", "latest"), VERIFIED]),
    ([DATA, RUN], ("replay", "latest"), [("replay", "latest")]),
)
OTHERS = (
    ([], INIT, [INIT]),
    ([INIT], INIT, [INIT]),
    ([DATA], SWEEP, [SWEEP, ("sweep", "show", "latest")]),
    ([DATA, SWEEP], SWEEP, [SWEEP, ("sweep", "show", "latest")]),
    ([DATA], ("data", "compact"), [("data", "compact"), ("data", "list")]),
    ([DATA], ("preflight", "--window", "jan", "--out", "said"), [("preflight", "--window", "jan", "--out", "said")]),
)


def struck(top: Path, world: World, how: str, step: int) -> int:
    """How often a command was struck."""
    here = Path(__file__).parent
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(here)!r})
from struck_commands import strike
strike(Path({str(top)!r}), *{world!r}, {how!r}, {step})
"""
    ended, told = said(code)
    assert ended == 0, told
    return int(told.split()[-2])


@pytest.mark.long
@pytest.mark.parametrize(("how", "step"), [("killed", 1), ("full", 3)])
@pytest.mark.parametrize("world", [*OF_RUNS, *OTHERS], ids=lambda world: " ".join(world[1]))
def test_no_command_loses_anything(tmp_path: Path, world: World, how: str, step: int) -> None:
    """At everything that it does to files: what was there stays, the same command works, and leaves no litter."""
    assert (struck(tmp_path, world, how, step) > 0) is (world[1][0] != "replay")
