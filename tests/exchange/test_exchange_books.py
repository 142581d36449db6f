"""What the book of a run holds of the memory."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from btcli.exchange.book.records import BOOK
from btcli.exchange.face.first_state import BEFORE_BUFFERS, fresh_books

COUNT, MOST_KB = 16, 1024


def resident_kb() -> int:
    """The memory that this process holds now."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone tells how much is held")
def test_a_book_holds_what_a_run_wrote() -> None:
    """Its buffers, 46 MB, cost nothing before they are written, and then what was written, not a large page each."""
    before = resident_kb()
    books = [fresh_books() for _ in range(COUNT)]
    for each in books:
        each.view(np.uint8)[:BEFORE_BUFFERS] = 0
        each[0]["trades"][0], each[0]["days"][0] = each[0]["trades"][1], 1.0
    assert resident_kb() - before < COUNT * MOST_KB


def test_a_fresh_book_is_empty_and_can_be_written() -> None:
    """Every byte of it is 0, and writing one book leaves another as it is."""
    one, other = fresh_books(), fresh_books()
    assert one.dtype == BOOK
    assert not one.view(np.uint8).any()
    one[0]["account"]["cash_usdt"] = 5.0
    assert (one[0]["account"]["cash_usdt"], other[0]["account"]["cash_usdt"]) == (5.0, 0.0)
