"""How many processors there are for this process: the one place that asks."""

from __future__ import annotations

import os


def processors() -> int:
    """Those that it may use, where the system says so; at least one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
