"""What decides for a symbol without asking anybody: code, and what it reads at the closes that matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import RULES, Floats, Records


class Rules(NamedTuple):
    """The rules of one symbol in a run: its program's code and constants, and the rows of its wish table."""

    code: NDArray[np.int32]  # [instructions, op out a b]
    constants: Floats
    steps: NDArray[np.int64]  # [rows], ascending
    values: Floats  # [rows, reads]


def rules_record(rules: Rules) -> tuple[Records, Rules]:
    """RULES[1] with the addresses of the arrays, and these arrays as they lie there: both are to be kept alive."""
    kept = Rules(
        np.require(rules.code, np.int32, ["C", "A"]),
        np.require(rules.constants, np.float64, ["C", "A"]),
        np.require(rules.steps, np.int64, ["C", "A"]),
        np.require(rules.values, np.float64, ["C", "A"]),
    )
    records = np.zeros(1, RULES)
    record = records[0]
    record["n_code"], record["n_constants"] = len(kept.code), len(kept.constants)
    record["n_rows"], record["n_reads"] = kept.values.shape
    for name in Rules._fields:
        record[name] = getattr(kept, name).ctypes.data
    return records, kept
