"""A folder that is all there is: code from elsewhere that may import its own files and what is installed, no more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from os.path import realpath
from pathlib import Path

from btcli.errors import RequestError
from btcli.strategies.failing import installed

AT_START = tuple(sys.path)  # before any project was loaded


class SealedFolder(type(Path())):  # type: ignore[misc]
    """The folder of a pack's sources: a path like any other, whose type tells what may be imported beside it."""


def path_inside(folder: Path, place: str, where: str) -> Path:
    """The file `place` of a sealed folder; of one outside the project a pack keeps the file under its bare name.

    Raises RequestError for one that lies elsewhere and is not kept.
    """
    path, kept = (type(folder)(realpath(folder / each)) for each in (place, Path(place).name))
    if not path.is_relative_to(folder.resolve()) and kept.is_file():
        path = kept
    if not path.is_relative_to(folder.resolve()):
        raise RequestError(
            f"{place} leads out of the run's own files", where=where, hint="only files of the run may be executed"
        )
    return path


def seal_imports(folders: Sequence[Path], entry: str) -> None:
    """Let the folders be imported from, after everything that is installed, and the working directory no longer.

    Raises RequestError when a module of them, but the file `entry` that is run by its path, has the name of one that
    is installed: Python would take the other one.
    """
    here, own = Path.cwd(), [str(folder) for folder in folders]
    elsewhere = [each for each in AT_START if each not in own and (_is_installed(each) or not _is_here(each, here))]
    names = {name for folder in folders for name in _module_names(folder, entry)}
    taken = sorted(name for name in names if _is_taken(name, elsewhere))
    if taken:
        raise RequestError(
            f"its {', '.join(taken)} {'has' if len(taken) == 1 else 'have'} the name of an installed module",
            where=own[0],
            hint="run it from its project, without --pack-only",
        )
    sys.path[:] = [*elsewhere, *own]


def _is_here(entry: str, here: Path) -> bool:
    return not entry or Path(entry).resolve() == here.resolve()


def _is_installed(entry: str) -> bool:
    return bool(entry) and any(Path(entry).resolve() == folder for folder in installed())


def _module_names(folder: Path, entry: str) -> list[str]:
    """The names that can be imported from a folder."""
    names = {path.stem for path in folder.glob("*.py") if path.name != entry}
    return sorted(names | {path.name for path in folder.iterdir() if path.is_dir()})


def _is_taken(name: str, paths: Sequence[str]) -> bool:
    if name == "btcli" or name in sys.stdlib_module_names:
        return True
    found = PathFinder.find_spec(name, paths)
    return found is not None and found.origin is not None
