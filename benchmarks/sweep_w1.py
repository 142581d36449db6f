"""Runs `btcli sweep` of W1 in rules over many pairs of averages and prints a JSON object; for `make bench-peers`.

The same words as `many_w1.py`. The seconds are those of the whole command: reading the store, checking it, the runs,
and the table on the disk.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from many_w1 import parser


def stepped(name: str, periods: Sequence[int]) -> list[str]:
    """The option that varies an average over these periods."""
    calls = ", ".join(f'"ema(close, {period})"' for period in periods)
    return ["--grid", f"features.ltf.{name}=[{calls}]"]


def main() -> None:
    """Sweep, and tell."""
    asked = parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "btcli",
            "sweep",
            str(asked.system.resolve()),
            "--window",
            asked.window,
            "--json",
        ]
        words += ["--data", str(asked.data.resolve()), "--out", folder, *stepped("f", asked.fasts)]
        words += [*stepped("s", asked.slows), *(word for each in asked.sets for word in ("--set", each))]
        words += ["--workers", str(asked.threads)] if asked.threads else []
        begun_s = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=folder)
        inside_s = time.perf_counter() - begun_s
        rows = pl.read_parquet(Path(folder) / json.loads(done.stdout)["data"]["table"])
    scores = rows.select("trades", "fees_usdt", "net_profit_usdt").rows()
    digest = hashlib.sha256(json.dumps(scores).encode()).hexdigest()
    counts = rows["trades"].to_list()
    print(json.dumps({"trades": sum(counts), "counts": counts, "sha256": digest, "inside_s": inside_s}))


if __name__ == "__main__":
    main()
