"""Who decides for each symbol of a run, rules or a strategy that is asked, and how that went."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from btcli.exchange.book.records import NEVER, Floats, Records
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.gating import Gating, gating_of
from btcli.exchange.face.ruling import Kept, Rules, rules_record
from btcli.exchange.formulas.gating import GATE_NAMES


class Decided(NamedTuple):
    """How often a strategy was asked, its wishes without effect, and its first decision with everything ready."""

    decisions: int
    ignored: int
    first_ts: int  # ts_close in milliseconds UTC; 0: there was none
    first_steps: int  # steps run by then


class Deciders:
    """Who decides on one exchange, by the index of the symbol."""

    def __init__(self, records: Records, texts: Texts) -> None:
        """`records`: one DECIDER a symbol, which this and the driver write."""
        self._records, self._texts = records, texts
        self._rules: dict[int, tuple[Records, Kept]] = {}

    def rest(self, index: int) -> None:
        """A symbol's strategy has nothing to say in a position: it is passed over there."""
        self._records[index]["rests"] = 1

    def rule(self, index: int, rules: Rules, closes: int = 0) -> None:
        """Let rules decide for a symbol, so that nobody is asked; over so many closes how things stand is noted."""
        self._rules[index] = rules_record(rules, closes)
        self._records[index]["rules"] = self._rules[index][0].ctypes.data

    def standing(self, index: int) -> Floats:
        """How things stood at each close of ltf so far, where that is noted: float64[closes, states of the rules]."""
        return self._rules[index][1].standing if index in self._rules else np.empty((0, 0))

    def conflicts(self, index: int) -> int:
        """At how many closes the rules of a symbol would have entered on both sides, and so did on none."""
        return int(self._records[index]["conflicts"])

    def held_back(self, index: int) -> dict[str, dict[str, int]]:
        """By side and gate, how many entries of the rules of a symbol were held back."""
        sides = zip(("long", "short"), self._records[index]["held_back"].tolist(), strict=True)
        return {side: dict(zip(GATE_NAMES, counts, strict=True)) for side, counts in sides}

    def gating(self, index: int) -> Gating:
        """What the gates of the entries of a symbol's rules look at, as it stands."""
        return gating_of(self._records[index])

    def look_from(self, index: int, step: int) -> None:
        """From a step on, come back with LOOK where a symbol's strategy is passed over."""
        self._records[index]["look_from"] = min(step, NEVER)

    def reasons(self, index: int) -> tuple[str, ...]:
        """Why a symbol could not decide at the last close; empty when it could."""
        found = self._records[index]["reasons"].tolist()
        return tuple(self._texts[reason] for reason in found if reason)

    def decided(self, index: int) -> Decided:
        """How a symbol's decisions went so far."""
        decider = self._records[index]
        return Decided(*(int(decider[name]) for name in Decided._fields))
