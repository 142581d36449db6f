"""The end of a process, without its last search for cycles: that takes longer than many a run."""

from __future__ import annotations

import gc
import io
import sys
from contextlib import suppress

_KEEP_BACK = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom})
_LOADING = "btcli.strategies.loading"


def leave_cycles() -> None:
    """Let Python end without looking at every object again, several times over, for what only cycles keep.

    A file of the user's code that such a cycle keeps open would not be written out then, so all files are first; btcli
    closes its own.
    """
    if _has_user_code():
        for each in gc.get_objects():
            if type(each) in _KEEP_BACK:
                with suppress(OSError, ValueError):  # closed, read only, or on a full disk
                    each.flush()
    gc.freeze()


def _has_user_code() -> bool:
    """Whether any was loaded; to look at all objects for nothing takes longer than to load most of btcli."""
    loading = sys.modules.get(_LOADING)
    return loading is not None and bool(loading.were_loaded)
