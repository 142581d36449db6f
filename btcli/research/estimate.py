"""What a sweep takes of time, memory and disk, told before its first trial."""

from __future__ import annotations

import resource
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from btcli.errors import AccessError
from btcli.research.folder import BLOCK_BYTES
from btcli.research.plan import Plan
from btcli.research.rows import FIGURES
from btcli.research.running import Work, alone_s
from btcli.timeframe import UNIT_MS

COLUMN_BYTES, RETURN_BYTES, OTHER_COLUMNS = 8, 4, 14
HEAD_BYTES, HEAD_ROWS = 256, 1 << 14  # of a column in a Parquet file, beside its values, for so many rows
SMALL_FILES = 12  # of a sweep beside its chunks, and its folders
TIMES_IN_MEMORY = 3  # while the table is put together
MOST_IN_MEMORY = 1 << 30  # of the table: what is more is sorted on the disk, which takes it once more
PER_RSS = 1 if sys.platform == "darwin" else 1024


class Estimate(NamedTuple):
    """What is still to be done, from a timed sample, and what it takes; `memory_bytes` is what is held by now.

    `disk_bytes` is for all of it, `room_bytes` for what is still to be written: at most that, where no more trials
    fail than of the sample.
    """

    trials: int
    left: int
    worlds: int
    workers: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    room_bytes: int
    days: int
    is_sampled: bool = False  # what is not left was run to time it, just now


def estimate_of(plan: Plan, left: int, work: Work, *, is_new: bool = False) -> Estimate:
    """What it takes; other processes on this machine each hold as much as this one, and read a pack.

    Of a sweep that `is_new` nothing was kept before.
    """
    trials, days = plan.space.trials, -(-(plan.window_ms[1] - plan.window_ms[0]) // UNIT_MS["d"])
    columns = len(FIGURES) + len(plan.space.axes) + OTHER_COLUMNS
    reason_bytes = plan.sampled.get("reason_bytes", 0)
    rows_bytes = trials * (columns * COLUMN_BYTES + days * RETURN_BYTES + reason_bytes)
    head_bytes = columns * HEAD_BYTES
    chunks_bytes = rows_bytes + plan.chunks * (head_bytes * -(-plan.length // HEAD_ROWS) + BLOCK_BYTES)
    is_sorted_on_disk = TIMES_IN_MEMORY * rows_bytes > MOST_IN_MEMORY
    table_bytes = (1 + is_sorted_on_disk) * rows_bytes + head_bytes * -(-trials // HEAD_ROWS)
    table_bytes += len(plan.to_bytes()) + SMALL_FILES * BLOCK_BYTES
    held_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PER_RSS
    held_bytes += work.bench.room_bytes if left else 0
    workers, processes, pack_bytes = work.workers, 1, 0
    if work.away is not None:
        workers, pack_bytes = work.away.workers, work.away.takes_bytes(plan) if left else 0
        processes += workers if work.away.engine.address is None else 0
    return Estimate(
        trials,
        left,
        len(plan.groups),
        workers,
        left * alone_s(plan) / workers,
        processes * held_bytes + min(TIMES_IN_MEMORY * rows_bytes, MOST_IN_MEMORY),
        chunks_bytes + table_bytes + pack_bytes,
        chunks_bytes * left // trials + table_bytes + pack_bytes,
        days,
        is_new,
    )


def require_room(folder: Path, estimate: Estimate) -> None:
    """Raise AccessError where the disk has not the room for what is still to be written."""
    free = shutil.disk_usage(folder).free
    if estimate.room_bytes > free:
        said = f"the sweep takes about {_size(estimate.room_bytes)}, {_size(free)} are free"
        raise AccessError(said, where=str(folder), hint="make room, or choose another folder with --out")


def _size(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 10_000_000 else f"{size / 1e3:,.0f} kB"
