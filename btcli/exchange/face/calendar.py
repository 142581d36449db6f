"""What the closes of a run's steps bring beside their prices, known before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import NOTE_WIDTH


class Calendar(NamedTuple):
    """Who may decide where, and what is to be told of the closes; texts are named by their index in `texts`."""

    flags: NDArray[np.uint8]  # [steps], bits of book.codes: DECIDES, NOTED, STEP_TOLD
    deciding: NDArray[np.uint8]  # [symbols, steps], 1 where a symbol may decide
    notes: NDArray[np.int64]  # [notes, step kind symbol a b c], ascending in step; see phases.notes
    texts: Sequence[str] = ("",)  # the first is none
    bar_ms: int = 0  # of a bar of ltf


def nothing_on(symbols: int, steps: int) -> Calendar:
    """The calendar of a run in which nobody decides."""
    flags, deciding = np.zeros(steps, np.uint8), np.zeros((symbols, steps), np.uint8)
    return Calendar(flags, deciding, np.zeros((0, NOTE_WIDTH), np.int64))


class Texts:
    """The table of texts: those of the calendar for good, and the tags that wait in the buffers to be told."""

    def __init__(self, fixed: Sequence[str]) -> None:
        self._texts = list(fixed)
        self._fixed = len(self._texts)

    def __getitem__(self, index: int) -> str:
        return self._texts[index]

    def index(self, text: str) -> int:
        """The index of one more text; 0 for none."""
        if not text:
            return 0
        self._texts.append(text)
        return len(self._texts) - 1

    def forget(self) -> None:
        """Forget the tags: the buffers are empty."""
        del self._texts[self._fixed :]
