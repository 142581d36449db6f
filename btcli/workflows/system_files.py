"""What people mean when they name a system, or name none."""

from __future__ import annotations

import re
from pathlib import Path

from btcli.errors import RequestError

SYSTEM_FILE = Path("system.yml")
SYSTEM_FOLDER = Path("configs")
_HAS_WINDOWS = re.compile(r"^windows\s*:", re.MULTILINE)


def system_files(named: Path | None) -> tuple[Path, ...]:
    """The system files meant: the one named, else system.yml here, else all of configs/ that have windows.

    Raises RequestError when there is none.
    """
    if named is not None:
        return (_existing(named),)
    if SYSTEM_FILE.is_file():
        return (SYSTEM_FILE,)
    found = tuple(path for path in sorted(SYSTEM_FOLDER.glob("*.yml")) if _has_windows(path))
    if not found:
        raise RequestError("there is no system.yml here, and no configs/ with one", hint="name a file, or: btcli init")
    return found


def system_file(named: Path | None) -> Path:
    """The one system file meant; raises RequestError when there are several to choose from."""
    found = system_files(named)
    if len(found) > 1:
        raise RequestError("which system?", hint="name one of " + ", ".join(map(str, found)))
    return found[0]


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    beside = sorted(str(other) for other in path.parent.glob("*.yml")) if path.parent.is_dir() else []
    raise RequestError(f"there is no file {path}", hint=f"there is {', '.join(beside[:5])}" if beside else "btcli init")


def _has_windows(path: Path) -> bool:
    return bool(_HAS_WINDOWS.search(path.read_text(encoding="utf-8")))
