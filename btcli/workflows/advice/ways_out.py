"""What to do when a replay lacks something that was there when the run was made."""

from __future__ import annotations

import shlex
from pathlib import Path

from btcli.artifacts.pack import PACK, read_pack
from btcli.config.model import System
from btcli.errors import BtcliError, Problem
from btcli.strategies.sealing import SealedFolder
from btcli.workflows.foreign_code import foreign_code


def from_the_pack(run_dir: Path, system: System) -> str:
    """The command that replays a run from its own pack; "" where it has none, or one without its strategy."""
    if not (run_dir / PACK).is_dir():
        return ""
    try:
        found = foreign_code(system, SealedFolder(read_pack(run_dir / PACK).strategy_folder))
    except BtcliError:
        return ""
    is_whole = all(each.file is not None for each in found)
    return f"btcli replay {shlex.quote(str(run_dir))} --pack-only" if is_whole else ""


def with_way_out(error: BtcliError, run_dir: Path, system: System) -> BtcliError:
    """The same error, whose first problem ends with the command that does without what is missing."""
    first, *others = error.problems
    packed = from_the_pack(run_dir, system)
    way = f"from the run's own pack: {packed}" if packed else f"{_unpacked(run_dir)}"
    error.problems = (Problem(first.message, first.where, f"{first.hint}; {way}" if first.hint else way), *others)
    return error


def _unpacked(run_dir: Path) -> str:
    said = "the run's pack does not have it" if (run_dir / PACK).is_dir() else "the run has no pack"
    return f"{said}: put it back, or verify files and data alone: btcli replay {shlex.quote(str(run_dir))} --no-run"
