"""Whether the first step of a run has to wait for the compiler."""

from __future__ import annotations

import os
from pathlib import Path

LARGEST = "drive.*.nbi"  # the rule that takes nearly all of the time, as the compiler's cache names it


def compiling_notice() -> str | None:
    """What to tell whoever waits: the exchange is compiled before its first step; None when it is at hand."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return None
    from btcli.exchange.machine.compiled import cache_folder

    folder = cache_folder()
    if not folder:
        return "compiling the exchange: about half a minute, each time, for no cache folder is writable"
    if any(Path(folder).rglob(LARGEST)):
        return None
    return "compiling the exchange, once per version: about half a minute"
