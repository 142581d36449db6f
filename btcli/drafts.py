"""Drafts of files, by the process that writes them, and those that processes left which are no more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from glob import escape
from pathlib import Path


def own_draft(path: Path) -> Path:
    """The name under which this process makes a file that gets its own when all of it is there."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a crash, where the platform lets folders be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_left_behind(path: Path) -> None:
    """Take away drafts of a file by processes that are no more; one that may not be removed stays."""
    for each in left_behind(path):
        with suppress(OSError):
            each.unlink(missing_ok=True)


def left_behind(path: Path) -> Iterator[Path]:
    """Drafts of a file by processes that are no more, where the platform tells of processes."""
    for each in path.parent.glob(f".{escape(path.name)}.*") if os.name == "posix" else ():
        writer = each.name.rpartition(".")[2]
        if writer.isdecimal() and not _is_alive(int(writer)):
            yield each


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True
