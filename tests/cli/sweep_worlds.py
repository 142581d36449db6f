"""A month of sample data under rules that may be varied, and sweeps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from cli_worlds import RULED, Said, say

LATE = "  late: {start: 2024-01-10, end: 2024-01-20}\n"
SYSTEM = RULED.replace("account:", f"{LATE}account:")
WIDE = "features: {ltf: {slow: 'ema(close, 40)'}}"


def ruled_world(folder: Path, text: str = SYSTEM) -> Path:
    """A folder with the system and the data that its trials need, with history for slower averages too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.yml").write_text(text)
    wide = text.replace('slow: "ema(close, 12)"', 'slow: "ema(close, 60)"').replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]")
    wide = wide.replace("exec: 1h", "exec: 30m")
    (folder / "wide.yml").write_text(wide)
    assert say(folder, "data", "sample", "wide.yml").code == 0
    for frame in ("1h", "2h"):
        (folder / "wide.yml").write_text(wide.replace("exec: 30m, ltf: 1h", f"exec: {frame}, ltf: {frame}"))
        assert say(folder, "data", "sample", "wide.yml").code == 0
    return folder


def grids(*texts: str) -> list[str]:
    """Options for several keys."""
    return [word for text in texts for word in ("--grid", text)]


def swept(folder: Path, *words: object) -> Said:
    """A sweep of the month, answered to machines."""
    return say(folder, "sweep", "--window", "jan", *words, "--json")


def table_of(folder: Path, said: Said) -> pl.DataFrame:
    """The table that a sweep has left."""
    assert said.code == 0, said
    return pl.read_parquet(folder / said.envelope["data"]["table"])


def refusal(said: Said) -> tuple[int, dict[str, Any]]:
    """The exit code of a sweep that was refused, and its first problem."""
    return said.code, dict(said.envelope["errors"][0])
