"""What a process that does one command settles before it loads the libraries that the command needs."""

from __future__ import annotations

import gc
import os

from btcli.engine.collecting import SELDOM

ALGEBRA_THREADS = "OPENBLAS_NUM_THREADS"


def start_lean() -> None:
    """Look for cycles seldom while modules are loaded, and start no threads for linear algebra that nobody does.

    By default all that was loaded is looked at again after every 700 values that follow; and numpy starts a thread for
    each processor, which turn idly for a while. Who wants them for a strategy sets OPENBLAS_NUM_THREADS.
    """
    gc.set_threshold(*SELDOM)
    os.environ.setdefault(ALGEBRA_THREADS, "1")
