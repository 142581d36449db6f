"""Whoever listens to a run hears the same from columns as from values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_worlds import SYMBOLS, told_of, trades_of

from btcli.analysis.costs import CostFold
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.metrics import MetricsFold
from btcli.exchange.book import codes
from btcli.exchange.face.events import Event
from btcli.exchange.face.telling import Told
from btcli.simulation.agreement import PathsSeen
from btcli.simulation.detail import AmbiguousTrades
from btcli.simulation.recorded import OrdersSeen
from btcli.simulation.rules_heard import Fired, RulesHeard

NEVER = [Fired("nobody", "long", "enter")]
SEEDS = st.integers(0, 2**32)
QUIET = (codes.ORDER_FILLED, codes.FUNDING_SETTLED, codes.POSITION_OPENED, codes.POSITION_CHANGED)
KINDS = pytest.mark.parametrize("kinds", [tuple(codes.EVENT_NAMES), QUIET], ids=["all", "quiet"])


def pieces(seed: int, kinds: tuple[int, ...]) -> list[Told]:
    """A run told in three pieces."""
    return [told_of(seed + n, 40, kinds) for n in range(3)]


@KINDS
@given(seed=SEEDS)
def test_costs_are_the_same_to_the_last_bit(kinds: tuple[int, ...], seed: int) -> None:
    """Sums are built from the first amount to the last, wherever the pieces are cut."""
    by_columns, by_values = CostFold(), CostFold()
    for told in pieces(seed, kinds):
        by_columns.events(told)
        for event in told:
            by_values.events([event])
    assert repr(by_columns.by_symbol(SYMBOLS)) == repr(by_values.by_symbol(SYMBOLS))


@KINDS
@given(seed=SEEDS)
def test_what_metrics_and_the_review_need_is_the_same(kinds: tuple[int, ...], seed: int) -> None:
    """First refusals, fills without volume, cancelled orders and kinds of orders."""
    columns: tuple[Any, ...] = (MetricsFold(1.0, 0), OrdersSeen())
    values: tuple[Any, ...] = (MetricsFold(1.0, 0), OrdersSeen())
    for told in pieces(seed, kinds):
        for one, other in zip(columns, values, strict=True):
            one.events(told)
            other.events(list(told))
    assert columns[0]._stale == values[0]._stale
    assert repr(columns[0]._first_refusals) == repr(values[0]._first_refusals)
    assert sorted(columns[1].cancelled.items()) == sorted(values[1].cancelled.items())
    assert vars(columns[1].kinds) == vars(values[1].kinds)


@KINDS
@given(seed=SEEDS)
def test_the_rules_that_fired_are_the_same(kinds: tuple[int, ...], seed: int) -> None:
    """Entries by their side, exits by the side of the last position before them, wherever the pieces are cut."""
    by_columns, by_values = RulesHeard(NEVER), RulesHeard(NEVER)
    for told in pieces(seed, (*kinds, codes.SIGNALLED, codes.POSITION_OPENED)):
        by_columns.events(told)
        for event in told:
            by_values.events([event])
    assert by_columns.fired == by_values.fired
    assert by_columns._held == by_values._held


@KINDS
@pytest.mark.parametrize("alone", [True, False], ids=["one symbol", "two symbols"])
@given(seed=SEEDS)
def test_the_reason_to_run_every_path_is_the_same(alone: bool, kinds: tuple[int, ...], seed: int) -> None:
    """The first event that hangs on the order of extremes is noticed either way."""
    by_columns, by_values = PathsSeen(), PathsSeen()
    for told in pieces(seed, kinds):
        if alone:
            told.records["symbol"] = 0
            told.symbols = SYMBOLS[:1]
        by_columns.events(told)
        by_values.events(list(told))
    assert by_columns.reason == by_values.reason


@given(seed=SEEDS)
def test_the_ledger_and_the_doubts_are_the_same(seed: int) -> None:
    """What is kept of each trade, and which of them are in doubt."""
    columns, values = (TradeLedger(), AmbiguousTrades()), (TradeLedger(), AmbiguousTrades())
    for trades in (trades_of(seed, 30), trades_of(seed + 1, 1), trades_of(seed + 2, 0)):
        for (ledger, doubts), told in ((columns, trades), (values, list(trades))):
            ledger.add(told)
            doubts.trades(told)
    in_order = [
        vars(ledger) | {name: sorted(vars(ledger)[name].items()) for name in ("exit_reasons", "_firsts")}
        for ledger, _ in (columns, values)
    ]
    assert repr(in_order[0]) == repr(in_order[1])
    assert columns[1].trades_seen == values[1].trades_seen


def test_an_exit_belongs_to_the_side_that_was_held() -> None:
    """A signal to leave is told without a side: it is that of the position before it."""
    heard = RulesHeard(NEVER)
    heard.events([Event(0, "signal", "A", {"direction": "short"}), Event(1, "position_opened", "A", {"side": "short"})])
    heard.events([Event(2, "signal", "A", {"direction": "flat"}), Event(3, "signal", "B", {"direction": "long"})])
    assert heard.fired == {Fired("A", "short", "enter"), Fired("A", "short", "exit"), Fired("B", "long", "enter")}
