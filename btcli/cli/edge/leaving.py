"""The end of a process, without its last search for cycles: that takes longer than many a run."""

from __future__ import annotations

import gc
import io
from contextlib import suppress

_KEEP_BACK = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom})


def leave_cycles() -> None:
    """Let Python end without looking at every object again, several times over, for what only cycles keep.

    A file that such a cycle keeps open would not be written out then, so all files are first.
    """
    for each in gc.get_objects():
        if type(each) in _KEEP_BACK:
            with suppress(OSError, ValueError):  # closed, read only, or on a full disk
                each.flush()
    gc.freeze()
