"""Writes candles as one .npy a column, for engines that take arrays.

`python benchmarks/columns.py FILE.parquet FOLDER`; the columns are `ts` (ms, opening), `open`, `high`, `low`, `close`
and `volume`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl


def main() -> None:
    """Write the columns."""
    frame, folder = pl.read_parquet(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True)
    for name in ("ts", "open", "high", "low", "close", "volume"):
        np.save(folder / f"{name}.npy", frame[name].to_numpy())


if __name__ == "__main__":
    main()
