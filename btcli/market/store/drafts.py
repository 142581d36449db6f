"""Files beside a store that a process makes before it gives them the store's name, and what is left of them."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

_KINDS = ("new", "compact")
_BESIDE = ("", ".wal", ".tmp")  # the file, and what DuckDB keeps beside it


def draft_of(path: Path, kind: str) -> Path:
    """The name under which this process makes a store file ("new") or an ordered copy of one ("compact")."""
    return path.with_name(f".{path.name}.{kind}-{os.getpid()}")


def remove_draft(draft: Path) -> None:
    """Take a draft away with everything beside it, whichever of it is there."""
    for end in _BESIDE:
        _remove(draft.with_name(draft.name + end))


def leftovers(path: Path) -> tuple[Path, ...]:
    """Drafts beside a store, in the order of their names: those of processes that ended, unless one is at work now."""
    found = (each for kind in _KINDS for each in path.parent.glob(f".{path.name}.{kind}-*"))
    return tuple(sorted(found))


def sweep(path: Path) -> tuple[str, ...]:
    """Remove every leftover and name it; only for who holds the store, for then no draft is of any use."""
    return tuple(left.name for left in leftovers(path) if _remove(left))


def _remove(path: Path) -> bool:
    """Whether there was something, and it is gone."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:  # gone already, or not ours to remove
        return False
    return True


def settle(draft: Path) -> None:
    """Have a closed draft on the disk before it takes a name; raises OSError when part of it is in a log beside it."""
    if draft.with_name(f"{draft.name}.wal").exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
