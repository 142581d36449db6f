"""Turning an exception of the user's code into an error that shows that code alone."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

import btcli
from btcli.errors import StrategyError

OWN = Path(btcli.__file__).resolve().parent
BUILT_IN = OWN / "strategies" / "builtin"
INSTALLED = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def strategy_error(error: BaseException, doing: str) -> StrategyError:
    """A StrategyError that says what was being done and ends with the traceback of the user's own frames.

    `where` is the innermost of those frames as file:line.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_project_file(frame.filename)]
    shown = "".join(traceback.format_list(frames)).rstrip()
    said = "".join(traceback.format_exception_only(error)).strip()
    where = f"{shortest(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return StrategyError(f"{doing}: {said}" + (f"\n{shown}" if shown else ""), where=where)


def is_project_file(name: str) -> bool:
    """Whether a source file is the user's or a built-in strategy: not Python's, not an installed package's."""
    if name.startswith("<"):
        return False
    path = Path(name).resolve()
    if path.is_relative_to(OWN):
        return path.is_relative_to(BUILT_IN)
    return "site-packages" not in path.parts and not any(path.is_relative_to(folder) for folder in INSTALLED)


def shortest(name: str) -> str:
    """A file's name relative to the working directory where that is shorter."""
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else name
