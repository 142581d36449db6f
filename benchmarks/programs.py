"""Nanoseconds a row of the machine that runs recipes, for a year of minutes, and of the search for closes to ask at.

`python benchmarks/programs.py`; the least of processors among so many calls, and the digest of what came out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence

import numpy as np
from measuring import ROOT, least_cpu_ms
from numpy.typing import NDArray

sys.path.insert(0, str(ROOT))

from feature_windows import MINUTES, year

from btcli.exchange.driver.opcodes import AND, GE, GT, LE, LOAD, LT, OPCODES
from btcli.exchange.driver.program import Recipe
from btcli.exchange.face.recipes import Source, computed, found_by
from btcli.features.expression import parse_feature
from btcli.features.values import evaluate

REPEATS = 15
TIMES = 10  # the same instruction so often
READ = [(LOAD, 8, 0, 0), (LOAD, 9, 1, 0)]
LAGGED = [*READ, (LOAD, 10, 0, 1), (LOAD, 11, 1, 1)]
CROSSES = [*LAGGED, (GT, 12, 8, 9), (LE, 13, 10, 11), (AND, 14, 12, 13), (LT, 12, 8, 9), (GE, 13, 10, 11)]
NAMES = ("f", "s")


def recipe(lines: Sequence[tuple[int, int, int, int]], **outputs: int) -> Recipe:
    """Code over two averages."""
    return Recipe("ltf", np.array(lines, np.int32), np.empty(0), NAMES, tuple(outputs.items()))


def measured(name: str, instructions: int, work: Callable[[], NDArray[np.generic]]) -> None:
    """Print a line: what one row and one instruction of it cost."""
    per_row_ns = least_cpu_ms(work, REPEATS) * 1e6 / MINUTES
    digest = hashlib.sha256(work().tobytes()).hexdigest()[:16]
    print(f"{name:34} {per_row_ns:6.2f} ns a row, {per_row_ns / instructions:5.2f} an instruction, {digest}")


def main() -> None:
    """Print a line an instruction, then the crosses of two averages as columns and as the rows where they are."""
    bars = year()
    sources = [Source(evaluate(parse_feature(text), bars)) for text in ("ema(close, 12)", "ema(close, 48)")]
    for opcode in OPCODES.values():
        if opcode.arity:
            code = recipe([*READ, *[(opcode.number, 10, 8, 9)] * TIMES], x=10)
            measured(f"2 LOAD, {TIMES} {opcode.name}", 2 + TIMES, lambda: computed(code, sources, MINUTES))  # noqa: B023
    crosses = recipe([*CROSSES, (AND, 15, 12, 13)], up=14, down=15)
    many = len(crosses.code)
    measured("both crosses, two columns", many, lambda: computed(crosses, sources, MINUTES))
    measured("both crosses, the rows where", many, lambda: found_by(crosses, sources, ["up", "down"], (0, MINUTES))[0])


if __name__ == "__main__":
    main()
