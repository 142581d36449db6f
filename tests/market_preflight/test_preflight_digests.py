"""Digests that a thread works out are those of the very rows, whoever asks when."""

from __future__ import annotations

import threading

import pytest
from interrupted_lines import said
from preflight_worlds import HOUR, candles, funding, ms, series, system

from btcli.market import digests_beside
from btcli.market.digests_beside import DigestsBeside
from btcli.market.loader import load_run_inputs
from btcli.market.reader import FrameReader, HoldingReader
from btcli.market.window import load_window

START, END = ms("2024-01-10"), ms("2024-01-11")
EARLY, LATE = START - 30 * HOUR, END + 5 * HOUR


def test_inputs_are_the_same_whether_digests_were_begun_or_not() -> None:
    """Rows, firsts, lasts and sha256 of every series; marks of rows, too."""
    config = system(("1h", "1h", "1h", "1h"))
    window = load_window(config, "w", START, END, {})
    frames = {series("trade", "1h"): candles("1h", EARLY, LATE), series("funding"): funding(EARLY, LATE)}
    plain = load_run_inputs(FrameReader(frames), config, window)
    with DigestsBeside() as digests:
        held = HoldingReader(FrameReader(frames), digests.begin)
        beside = load_run_inputs(held, config, window, digests.of)
    assert beside.digests == plain.digests
    assert [each.row_marks for each in beside.digests] == [each.row_marks for each in plain.digests]


def test_rows_that_nobody_has_begun_with_are_digested_when_they_are_asked_for() -> None:
    """Once: whoever asks again gets the same."""
    rows = FrameReader({series("trade", "1h"): candles("1h", EARLY, LATE)}).rows(series("trade", "1h"), START, END)
    with DigestsBeside() as digests:
        asked = digests.of(series("trade", "1h"), rows)
        assert (asked.rows, asked.first_ms, asked.last_ms) == (24, START, END - HOUR)
        assert digests.of(series("trade", "1h"), rows) is asked


def test_what_is_wrong_with_a_digest_is_raised_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the thread, where nobody hears it; and the thread is gone with the block."""

    def failing(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(digests_beside, "digest_of_series", failing)
    before = set(threading.enumerate())  # of whom others may end meanwhile
    rows = FrameReader({}).rows(series("trade", "1h"), START, END)
    with DigestsBeside() as digests:
        digests.begin(series("trade", "1h"), rows)
        with pytest.raises(MemoryError):
            digests.of(series("trade", "1h"), rows)
    assert not set(threading.enumerate()) - before


def test_an_interrupt_at_any_line_is_raised_and_leaves_no_thread() -> None:
    """While digests are begun, asked for, or no longer wanted."""
    code, told = said("""
from interrupted_lines import at_every_line
from btcli.market import digests_beside
digests_beside.digest_of_series = lambda series, rows, marks: rows
def work():
    with digests_beside.DigestsBeside() as digests:
        asked, unwanted = [1], [2]
        digests.begin("series", asked)
        digests.begin("series", unwanted)
        assert digests.of("series", asked) is asked
at_every_line(lambda: work)
""")
    assert code == 0, told
