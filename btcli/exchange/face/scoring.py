"""Run after run on one book, each for its score alone: nobody is asked, nothing is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.book.records import Records
from btcli.exchange.book.terms import Terms
from btcli.exchange.face.counting import counters_of
from btcli.exchange.face.entries import drive, drive_together
from btcli.exchange.face.events import Counters
from btcli.exchange.face.first_state import fresh_books, write_first_state
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.ruling import Kept, Rules, rules_record
from btcli.exchange.face.score import Curve, Results, begin_score, curve_of, results_of
from btcli.exchange.face.tape import Market
from btcli.exchange.machine.compiled import IS_COMPILED, proved_by, unlocked

proved_by(drive_together, "btcli.exchange.face.proof:mini_scores")

PIECE = 4096  # steps of one symbol, whose prices stay in the processor's cache for the run after this one
STEPS_IN_A_CALL = 2_000_000 if IS_COMPILED else 4096  # of all runs and symbols: below 0.2 s, to hear an interrupt


class Scorer:
    """One state of an exchange, taken by one run after the other; each thread has one of its own."""

    def __init__(self) -> None:
        self._books = fresh_books()
        self._book = self._books[0]
        self._results: list[Results] = []
        self._rules: list[tuple[Records, Kept]] = []

    def begin(
        self,
        market: Market,
        instruments: Sequence[Instrument],
        terms: Terms,
        initial_equity_usdt: float,
        window_ms: tuple[int, int],
        rules: Sequence[Rules] = (),
    ) -> None:
        """Forget the run before, and stand before the first step of the next, for which `rules` decide by symbol.

        Raises ValueError for what an instrument cannot be, and for a window of more days than a score holds.
        """
        self._market, self._results = market, []
        write_first_state(self._books, market, instruments, terms, initial_equity_usdt)
        begin_score(self._book, *window_ms)
        self._rules = [rules_record(each) for each in rules]
        for index, (record, _) in enumerate(self._rules):
            self._book["deciders"][index]["rules"] = record.ctypes.data

    def run(self, goes_on: Callable[[], bool]) -> bool:
        """Run to the end, asking between pieces whether to go on; whether the end was reached."""
        drive_alone, places = unlocked(drive), self.places
        return _run([self], 1, lambda until: int(drive_alone(*places, until)), goes_on)

    def keep_results(self) -> None:
        """Empty the buffer of trades."""
        account = self._book["account"]
        self._results.append(results_of(self._book["trades"][: account["n_trades"]]))
        account["n_trades"] = 0

    @property
    def places(self) -> tuple[int, int]:
        """Where its tape and its book lie."""
        return self._market.tape.address, int(self._books.ctypes.data)

    @property
    def shape(self) -> tuple[int, int]:
        """How many steps and how many symbols its market has."""
        return len(self._market.tape.ts_open), len(self._market.symbols)

    @property
    def status(self) -> str:
        """RUNNING, or why the run has ended."""
        return codes.RUN_STATUS_NAMES[self._book["account"]["status"]]

    def curve(self) -> Curve:
        """What the closes of equity came to."""
        return curve_of(self._book)

    def results(self) -> Results:
        """What the trades came to."""
        self.keep_results()
        if len(self._results) > 1:
            self._results = [Results._make(np.concatenate(parts) for parts in zip(*self._results, strict=True))]
        return self._results[0]

    def counters(self) -> Counters:
        """The sums of the run."""
        return counters_of(self._book)


def run_together(scorers: Sequence[Scorer], goes_on: Callable[[], bool]) -> bool:
    """Run all of them to the end, over markets of the same steps and symbols, as each would run alone.

    They take turns, since a run by itself waits for prices that the next one finds in the processor's cache. Between
    calls `goes_on` is asked; whether the end was reached.
    """
    drive_all, places = unlocked(drive_together), np.array([each.places for each in scorers], np.int64)
    piece = max(1, PIECE // scorers[0].shape[1])
    return _run(scorers, piece, lambda until: int(drive_all(places.ctypes.data, len(scorers), until, piece)), goes_on)


def _run(scorers: Sequence[Scorer], least: int, go: Callable[[int], int], goes_on: Callable[[], bool]) -> bool:
    """Let `go` run the steps before one, further in each call by `least` steps or as many as a call may take."""
    steps, symbols = scorers[0].shape
    span = max(least, STEPS_IN_A_CALL // (len(scorers) * symbols))
    until = min(span, steps)
    while goes_on():
        why = go(until)
        if why == codes.FULL:
            for each in scorers:
                each.keep_results()
        elif why == codes.ENDED or until == steps:
            return True
        else:
            until = min(steps, until + span)
    return False
