"""What decides for a symbol without asking anybody: code, and what it reads at the closes that matter."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.records import Floats, Records
from btcli.exchange.driver.opcodes import STATE
from btcli.exchange.driver.program import HOLDS_ALL, Entering, Holding
from btcli.exchange.formulas.choosing import ALWAYS_MATTERS, FIRST_GROUP, LOOKED_AHEAD


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
    memories: int = 0  # so many of the groups, the last ones, are of conditions that are remembered
    holding: tuple[Holding, Holding] = HOLDS_ALL  # of long and of short

    @property
    def states(self) -> NDArray[np.int64]:
        """What the code reads of the position, the account and what is remembered; see book.states; ascending."""
        return np.array(sorted(set(self.code[self.code[:, 0] == STATE, 2].tolist())), np.int64)


def rules_of_rows(code: NDArray[np.int32], constants: Floats, steps: NDArray[np.int64], values: Floats) -> Rules:
    """Rules of one group that runs at each of their rows, whatever is held: float64[rows, reads]."""
    rows, reads = values.shape
    kinds, starts = np.full(rows, ALWAYS_MATTERS | FIRST_GROUP, np.int32), np.arange(rows) * reads
    return Rules(code, constants, np.zeros(1, np.int64), np.array([reads]), steps, kinds, starts, values.reshape(-1))


TYPES = {"code": np.int32, "constants": np.float64, "kinds": np.int32, "values": np.float64}


class Kept(NamedTuple):
    """The arrays that a record of rules has the addresses of, as they lie there."""

    rules: Rules
    states: NDArray[np.int64]
    standing: Floats  # [closes, states]: how things stood at each close of ltf so far, if that is noted


def rules_record(rules: Rules, closes: int = 0) -> tuple[Records, Kept]:
    """RULES[1] with the addresses of the arrays, and these: both are to be kept alive.

    With room for so many closes how things stand is noted at each.
    """
    names = [name for name in Rules._fields if name not in ("entering", "memories", "holding")]
    arrays: dict[str, Any] = {
        name: np.require(getattr(rules, name), TYPES.get(name, np.int64), ["C", "A"]) for name in names
    }
    kept, states = rules._replace(**arrays), rules.states
    standing = np.full((closes if len(states) else 0, len(states)), np.nan)
    records = np.zeros(1, RULES)
    record = records[0]
    record["n_code"], record["n_constants"], record["n_groups"] = len(kept.code), len(kept.constants), len(kept.first)
    record["n_memories"] = kept.memories
    record["looks_ahead"] = bool((kept.kinds & LOOKED_AHEAD).any())
    record["n_rows"], record["n_values"] = len(kept.steps), len(kept.values)
    for name in ("first", "n_reads"):
        record[name][: len(kept.first)] = getattr(kept, name)
    for name in ("code", "constants", "steps", "kinds", "starts", "values"):
        record[name] = getattr(kept, name).ctypes.data
    record["entering"] = [tuple(each) for each in kept.entering]
    for place, side in zip(record["holding"], rules.holding, strict=True):
        place["n_parts"], place["n_ages"] = len(side.shares), len(side.ages)
        place["shares"][: len(side.shares)], place["ages"][: len(side.ages)] = side.shares, side.ages
        place["most_adds"], place["follows"] = side.most_adds, side.follows
    record["n_states"], record["states"] = len(states), states.ctypes.data
    record["n_closes"], record["standing"] = len(standing), standing.ctypes.data
    return records, Kept(kept, states, standing)
