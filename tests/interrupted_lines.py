"""Ctrl-C at every line that Python runs for a piece of work, one after the other: what luck alone would hit."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

HANGS_AFTER_S = 300.0
LEFT_BEHIND_S = 300.0
SWALLOWS = "_weakrefset.py"  # Python calls it where nothing can be raised: it says "Exception ignored", and goes on
TESTS = Path(__file__).parent


class Points:
    """Interrupts this process at the first line that it has not interrupted before, or at the `most`th line."""

    def __init__(self, most: int) -> None:
        self.hit: set[tuple[str, int]] = set()
        self.latest = ("", 0)
        self.most = most

    def interrupted(self, work: Callable[[], Any]) -> bool | None:
        """Whether work that was interrupted raised KeyboardInterrupt; None where every line had been tried before."""
        fired = is_known = False
        lines = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal fired, is_known, lines
            point = frame.f_code.co_filename, frame.f_lineno
            if fired or event != "line" or point[0].endswith(SWALLOWS):
                return trace
            lines += 1
            if point not in self.hit or lines > self.most:
                fired, is_known = True, point in self.hit
                self.latest = point
                self.hit.add(point)
                os.kill(os.getpid(), signal.SIGINT)
            return trace

        try:
            sys.settrace(trace)
            work()
        except KeyboardInterrupt:
            return None if is_known else True
        finally:
            sys.settrace(None)
        return False if fired else None


def at_every_line(make: Callable[[], Callable[[], Any]], most: int = 10_000) -> None:
    """Do anew made work again and again, interrupted elsewhere each time, and tell what was not as it should be."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    points, answered, before = Points(most), True, set(threading.enumerate())
    while answered is not None:
        faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
        answered = points.interrupted(make())
        if left := set(threading.enumerate()) - before:
            gc.collect()  # an error's trace may hold whoever holds them
        for each in left:  # told to end, but a moment ago
            each.join(LEFT_BEHIND_S)
        told = {
            "not raised": answered is False,
            "a thread is left": not before.issuperset(threading.enumerate()),
            "another answers": signal.getsignal(signal.SIGINT) is not signal.default_int_handler,
        }
        if any(told.values()):
            sys.exit(f"{[what for what, is_so in told.items() if is_so]} at {points.latest}")
    sys.stdout.write(f"{len(points.hit)} lines\n")


def said(code: str) -> tuple[int, str]:
    """How a process ends that runs the code, and what it says; the modules of the tests are at hand."""
    path = os.pathsep.join([str(TESTS), *sys.path])
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    return child.returncode, child.stdout + child.stderr
