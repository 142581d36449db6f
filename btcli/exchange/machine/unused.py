"""Object code that no process has used for a season, so that the folder does not grow with every version.

A file's time of change says when it was used last: whoever loads an object sets it, at most once a day.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress

DAY_S = 86_400.0
KEPT_S = 90 * DAY_S
MOST_REMOVED = 1_000  # at one time
OURS = re.compile(r"\w+-[0-9a-f]{40}\.o(\.sha256)?(\.\d+\.tmp)?")


def note_use(file: int, found: os.stat_result, now_s: float) -> None:
    """Say of an open file that it is used now; where that cannot be written down nothing is lost but its place."""
    if now_s - found.st_mtime > DAY_S:
        with suppress(OSError):
            os.utime(file)


def remove_unused(place: int, now_s: float) -> None:
    """Remove objects, digests and half-written files that nobody used for KEPT_S from an open folder.

    Another process may do the same, or load one meanwhile: it then has it whole, or finds none and compiles anew.
    """
    old = (name for name in os.listdir(place) if OURS.fullmatch(name) and _is_old(place, name, now_s))
    for _, name in zip(range(MOST_REMOVED), old, strict=False):
        with suppress(OSError):
            os.unlink(name, dir_fd=place)


def _is_old(place: int, name: str, now_s: float) -> bool:
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
    except OSError:  # gone meanwhile
        return False
    return stat.S_ISREG(found.st_mode) and now_s - found.st_mtime > KEPT_S
