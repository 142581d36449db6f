"""The Parquet files of a run: what its text files say, for whoever reads columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import polars as pl

from btcli.artifacts.comparison import Comparison, Difference
from btcli.artifacts.disk import disk
from btcli.artifacts.frame_files import write_frames
from btcli.artifacts.frames import equity_frame, events_frame, trades_frame
from btcli.artifacts.recorder import EQUITY, EVENTS, TRADES

# The file, what reads the same from text, and the text file that says it.
FRAMES: Mapping[str, tuple[Callable[[Path], pl.DataFrame], str]] = MappingProxyType(
    {
        "trades.parquet": (trades_frame, TRADES),
        "equity_curve.parquet": (equity_frame, EQUITY),
        "events.parquet": (events_frame, EVENTS),
    }
)


def write_parquet(folder: Path) -> None:
    """Write the Parquet files of a run beside its text files; raises AccessError when the folder or disk refuses."""
    write_frames({folder / name: partial(read, folder) for name, (read, _) in FRAMES.items()}, overwrite=True)


def with_parquet(comparison: Comparison, run_dir: Path) -> Comparison:
    """The comparison and what it says of the run's Parquet files, where it has any and its text files hold.

    Each must say what the text file beside it says, value by value: its bytes hang on the version of polars.
    """
    if not comparison.identical:
        return comparison
    there = [name for name in FRAMES if (run_dir / name).exists()]
    other = tuple(name for name in there if not _says_the_same(run_dir, name))
    same = tuple(name for name in there if name not in other)
    found = (Difference(name, 1, None, None, None, f"does not say what {FRAMES[name][1]} says") for name in other)
    return Comparison((*comparison.same, *same), tuple(found))


def _says_the_same(run_dir: Path, name: str) -> bool:
    read, _ = FRAMES[name]
    with disk(run_dir / name, "read"):
        content = (run_dir / name).read_bytes()
    try:
        found = pl.read_parquet(BytesIO(content))
    except pl.exceptions.PolarsError:
        return False
    expected = read(run_dir)
    return found.schema == expected.schema and found.equals(expected)
