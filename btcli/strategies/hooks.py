"""What Python calls by itself, and how it goes about it: signals, the collector of cycles, tracing, printed arrays."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable

PutBack = Callable[[], None]
TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")


def signals() -> PutBack:
    """Remember who answers which signal; only the main thread can put that back. Timers that were set are stopped."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}

    def back() -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for name in filter(lambda name: hasattr(signal, name), TIMERS):
            signal.setitimer(getattr(signal, name), 0)
        for number, answer in before.items():
            if answer is not None and signal.getsignal(number) is not answer:
                signal.signal(number, answer)

    return back


def collector() -> PutBack:
    """Remember whether cycles are looked for, who is told, and whether anything is left out."""
    is_on, told, frozen = gc.isenabled(), list(gc.callbacks), gc.get_freeze_count()

    def back() -> None:
        (gc.enable if is_on else gc.disable)()
        gc.callbacks[:] = told
        if not frozen and gc.get_freeze_count():
            gc.unfreeze()

    return back


def tracing() -> PutBack:
    """Remember who watches every call and line."""
    traces, profiles = sys.gettrace(), sys.getprofile()

    def back() -> None:
        if sys.gettrace() is not traces:
            sys.settrace(traces)
        if sys.getprofile() is not profiles:
            sys.setprofile(profiles)

    return back


def printed_arrays() -> PutBack:
    """Remember how numpy writes its arrays."""
    import numpy as np

    before = np.get_printoptions()
    return lambda: np.set_printoptions(**before)
