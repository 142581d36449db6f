"""What decides for a symbol without asking anybody: code, and what it reads at the closes that matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import RULES, Floats, Records
from btcli.exchange.driver.program import Entering
from btcli.exchange.formulas.choosing import ALWAYS_MATTERS, FIRST_GROUP


class Rules(NamedTuple):
    """The rules of one symbol in a run: its program's code and constants, and the rows of its wish table."""

    code: NDArray[np.int32]  # [instructions, op out a b] of all groups, one after the other
    constants: Floats
    first: NDArray[np.int64]  # [groups]: the instruction at which each begins
    n_reads: NDArray[np.int64]  # [groups]: how many numbers a row holds for each
    steps: NDArray[np.int64]  # [rows], ascending
    kinds: NDArray[np.int32]  # [rows]: bits of when each matters and of the groups that run there; see choosing
    starts: NDArray[np.int64]  # [rows]: where among the values its own begin
    values: Floats  # of each row what its groups read, in their order
    entering: tuple[Entering, Entering] = (Entering(), Entering())  # long, short


def rules_of_rows(code: NDArray[np.int32], constants: Floats, steps: NDArray[np.int64], values: Floats) -> Rules:
    """Rules of one group that runs at each of their rows, whatever is held: float64[rows, reads]."""
    rows, reads = values.shape
    kinds, starts = np.full(rows, ALWAYS_MATTERS | FIRST_GROUP, np.int32), np.arange(rows) * reads
    return Rules(code, constants, np.zeros(1, np.int64), np.array([reads]), steps, kinds, starts, values.reshape(-1))


TYPES = {"code": np.int32, "constants": np.float64, "kinds": np.int32, "values": np.float64}


def rules_record(rules: Rules) -> tuple[Records, Rules]:
    """RULES[1] with the addresses of the arrays, and these arrays as they lie there: both are to be kept alive."""
    said = rules._asdict()
    entering = said.pop("entering")
    arrays = {name: np.require(each, TYPES.get(name, np.int64), ["C", "A"]) for name, each in said.items()}
    kept = Rules(**arrays, entering=entering)
    records = np.zeros(1, RULES)
    record = records[0]
    record["n_code"], record["n_constants"], record["n_groups"] = len(kept.code), len(kept.constants), len(kept.first)
    record["n_rows"], record["n_values"] = len(kept.steps), len(kept.values)
    for name in ("first", "n_reads"):
        record[name][: len(kept.first)] = getattr(kept, name)
    for name in ("code", "constants", "steps", "kinds", "starts", "values"):
        record[name] = getattr(kept, name).ctypes.data
    record["entering"] = [tuple(each) for each in kept.entering]
    return records, kept
