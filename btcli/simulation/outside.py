"""Signals of a run: found where its system names them, or in its pack."""

from __future__ import annotations

from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.config.model import System
from btcli.errors import RequestError
from btcli.strategies.sealing import SealedFolder, path_inside

if TYPE_CHECKING:
    from btcli.market.signals.rows import Signals


def signals_of(system: System, folder: Path, end_ms: int) -> Signals | None:
    """The signals of a system whose paths count from `folder`, those known by `end_ms`; None where it names none.

    Raises RequestError for a file that is not there or holds something else, AccessError for one that is unreadable.
    """
    written = system.signals
    if written is None:
        return None
    from btcli.market.signals.reading import read_signals

    where = system.where_value("signals.file")
    return read_signals(_file_of(written.file, folder, where), written, system.symbols, end_ms)


def _file_of(name: str, folder: Path, where: str) -> Path:
    try:
        if isinstance(folder, SealedFolder):
            path: Path = path_inside(folder, name, where)
        else:
            path = Path(realpath(folder / name))
        is_there, is_file = path.exists(), path.is_file()
    except (OSError, ValueError) as refusal:  # a name that is too long, or holds a zero byte
        raise RequestError(f"{name[:60]!r} is no name of a file", where=where, hint=str(refusal)[:80]) from None
    if is_file:
        return path
    if is_there:
        what = "a folder" if path.is_dir() else "no file"
        raise RequestError(f"{name} is {what}", where=where, hint="name a Parquet, Feather or CSV file")
    raise RequestError(f"there is no file {name}", where=where, hint=f"looked in {folder.resolve()}")
