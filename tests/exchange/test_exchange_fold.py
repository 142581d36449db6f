"""The curve folded step by step gives the facts that analysis draws from its rows, to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from exchange_quiet import Market, markets
from exchange_scenarios import exchange_of, run_on
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.equity import EquityFacts, EquityFold
from btcli.exchange.book.codes import DONE
from btcli.exchange.book.records import BOOK, ROW_WIDTH
from btcli.exchange.book.told import TRADE
from btcli.exchange.driver.drive import drive_together
from btcli.exchange.driver.fold import fold_row
from btcli.exchange.face import scoring
from btcli.exchange.face.proof import mini_scores
from btcli.exchange.face.score import begin_score, curve_of, results_of
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.telling import EndedTrades
from btcli.exchange.machine.compiled import plain
from btcli.market.series import Floats, Millis
from btcli.simulation.scores import facts_of

DAY = 86_400_000
START = 19_723 * DAY + 7 * 3_600_000  # in the middle of a day

BOOKS = np.zeros(1, BOOK)


def folded(initial: float, start_ms: int, ts_close: Millis, rows: Floats) -> EquityFacts:
    """What the rules' fold makes of rows, one after the other."""
    book = BOOKS[0]
    book["account"]["initial_equity_usdt"] = initial
    end_ms = int(ts_close[-1]) if len(ts_close) else start_ms + 1
    begin_score(book, start_ms, end_ms)
    for ts, row in zip(ts_close.tolist(), rows.tolist(), strict=True):
        fold_row(book["score"], book["days"], ts, row[0], row[3], row[4])
    return facts_of(curve_of(book), initial, start_ms)


def by_rows(initial: float, start_ms: int, ts_close: Millis, rows: Floats) -> EquityFacts:
    """What analysis makes of them."""
    fold = EquityFold(initial, start_ms)
    fold.add(ts_close, rows)
    return fold.facts()


def rows_of(curve: Sequence[float], used: Sequence[float] = (), free: Sequence[float] = ()) -> Floats:
    rows = np.zeros((len(curve), ROW_WIDTH))
    rows[:, 0] = curve
    rows[:, 3] = used or 0.0
    rows[:, 4] = free or 0.0
    return rows


def evenly(steps: int, step_ms: int, start_ms: int = START) -> Millis:
    return start_ms + step_ms * np.arange(1, steps + 1, dtype=np.int64)


CURVES = {
    "only rises": [100.0, 101.0, 103.0],
    "only falls": [99.0, 90.0, 80.0],
    "stays": [100.0, 100.0, 100.0],
    "a peak reached twice": [110.0, 105.0, 110.0, 99.0, 110.0, 120.0],
    "two falls of one depth": [100.0, 90.0, 100.0, 90.0, 101.0],
    "a deeper fall after a recovery": [110.0, 100.0, 110.0, 90.0, 95.0, 109.0],
    "a deeper fall without a recovery": [110.0, 100.0, 105.0, 90.0, 95.0, 115.0, 60.0],
    "deepest in percent and in money apart": [20.0, 10.0, 200.0, 160.0],
    "equity below zero": [100.0, -20.0, 5.0, -30.0, 0.0],
    "one step": [100.0],
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_gives_the_facts_of_its_rows(name: str) -> None:
    """Each kind of curve: days, peak, falls with their moments, and margins."""
    curve = CURVES[name]
    rows = rows_of(curve, [abs(each) / 3 for each in curve], [each - 7.0 for each in curve])
    ts_close = evenly(len(curve), 9 * 3_600_000)
    assert folded(100.0, START, ts_close, rows) == by_rows(100.0, START, ts_close, rows)


def test_nothing_recorded_gives_the_initial_equity() -> None:
    """A score without a step says what rows without one say."""
    assert folded(100.0, START, evenly(0, DAY), rows_of([])) == by_rows(100.0, START, evenly(0, DAY), rows_of([]))


@pytest.mark.parametrize("first_close", [DAY, DAY + 1, 3 * DAY, 3 * DAY + 1, 3 * DAY - 1])
def test_midnight_and_holes_count_alike(first_close: int) -> None:
    """A step that closes at midnight belongs to the day that ends; days without one take the close before."""
    ts_close = 19_723 * DAY + np.array([first_close, first_close + 2 * DAY, first_close + 2 * DAY + 1])
    rows = rows_of([101.0, 99.0, 98.0])
    assert folded(100.0, 19_723 * DAY, ts_close, rows) == by_rows(100.0, 19_723 * DAY, ts_close, rows)


MONEY = st.integers(-30, 130).map(lambda tenths: tenths * 0.1)
ROWS = st.lists(st.tuples(MONEY, st.integers(0, 40).map(lambda n: n / 7), MONEY, st.integers(1, 4)), max_size=60)


@given(ROWS, st.sampled_from([1, 3_600_000, 11 * 3_600_000, DAY]))
def test_any_rows_give_their_facts(rows: list[tuple[float, float, float, int]], step_ms: int) -> None:
    """Curves with ties, holes, and equity of either sign."""
    ts_close = START + step_ms * np.cumsum([row[3] for row in rows], dtype=np.int64)
    table = rows_of([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    assert folded(6.5, START, ts_close, table) == by_rows(6.5, START, ts_close, table)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-3, 1.0, 1e6]))
def test_walks_of_any_size_give_their_facts(seed: int, scale: float) -> None:
    """A long walk whose falls and percentages need all their bits."""
    random = np.random.Generator(np.random.PCG64(seed))
    curve = 100.0 * scale + np.cumsum(random.normal(0.0, 3.0 * scale, 400))
    table = rows_of(curve.tolist(), np.abs(random.normal(0.0, scale, 400)).tolist(), (curve - scale).tolist())
    ts_close = evenly(400, 1_800_000)
    assert folded(100.0 * scale, START, ts_close, table) == by_rows(100.0 * scale, START, ts_close, table)


def test_a_score_refuses_more_days_than_it_holds() -> None:
    """A window of a hundred years is refused with both numbers."""
    book = BOOKS[0]
    with pytest.raises(ValueError, match="a score holds 32768 days, the window has 36525"):
        begin_score(book, 0, 36_525 * DAY)


def chunk_of(place: int) -> int:
    """Chunks of one size or another; 0 is all at once."""
    return (0, 1, 7, 1000)[place % 4]


def scored(market: Market, chunk: int, *, passes: bool) -> tuple[SimulatedExchange, EquityFacts]:
    """A market that was run for its score alone, and the facts of its curve."""
    exchange, scenario = exchange_of(market.scenario), market.scenario
    exchange._book["cursor"]["runs_in_full"] = not passes
    begin_score(exchange._book, scenario.start_ms, int(scenario.ts_open[-1]) + scenario.step_ms)
    cuts = range(0, scenario.steps, chunk) if chunk else ()
    run_on(exchange, scenario, cuts, only_when_flat=market.only_when_flat)
    return exchange, facts_of(curve_of(exchange._book), scenario.cash, scenario.start_ms)


@pytest.mark.parametrize("seeds", [range(40, 48), range(48, 56)], ids=str)
def test_a_score_says_what_rows_and_trades_do(seeds: Iterable[int]) -> None:
    """Markets of every kind, with quiet steps passed or not: facts, results, counters and state of a run with rows."""
    for place, market in enumerate(markets(seeds)):
        kept = exchange_of(market.scenario)
        run_on(kept, market.scenario, only_when_flat=market.only_when_flat)
        fold = EquityFold(market.scenario.cash, market.scenario.start_ms)
        fold.add(*kept.drain_equity())
        trades = kept.drain_trades()
        for passes in (True, False):
            exchange, facts = scored(market, chunk_of(place), passes=passes)
            assert facts == fold.facts(), market.name
            assert exchange.counters() == kept.counters(), market.name
            assert exchange.state_hash() == kept.state_hash(), market.name
            assert exchange.drain_trades() == trades, market.name
            assert len(exchange.drain_equity()[0]) == 0


def test_results_are_those_that_trades_tell() -> None:
    """Net, fees and funding of the records are the numbers of the trades made of them."""
    random = np.random.Generator(np.random.PCG64(5))
    records = np.zeros(200, TRADE)
    for name in ("gross_usdt", "fees_usdt", "funding_usdt"):
        records[name] = np.round(random.normal(0.0, 50.0, 200), 8)
    records["gross_usdt"][:2], records["fees_usdt"][:2], records["funding_usdt"][:2] = -0.0, 0.0, -0.0
    records["exit_reason"], records["side"] = 1, 1
    trades = EndedTrades(records, ["A"])
    told = [[trade.net_pnl_usdt, trade.fees_usdt, trade.funding_usdt] for trade in trades]
    found = results_of(records)
    assert np.column_stack(found).tobytes() == np.array(told).tobytes()


def test_a_score_keeps_nothing_of_what_is_told() -> None:
    """Where nobody listens no event and no wish is kept, whatever happens, so that no step waits for room."""
    market = next(markets(range(40, 41)))
    kept = exchange_of(market.scenario)
    run_on(kept, market.scenario, only_when_flat=market.only_when_flat)
    exchange, _ = scored(market, 7, passes=True)
    assert len(kept.drain_events()) > 20
    assert exchange.drain_events() == []
    assert exchange._book["cursor"]["n_wishes"] == 0


def test_the_proof_of_runs_together_says_the_same_in_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three runs of rules in turns come to the same scores by machine code and by the plain function; not when cut."""
    told = mini_scores()
    monkeypatch.setattr(scoring, "drive_together", plain(drive_together))
    assert mini_scores() == told
    monkeypatch.setattr(scoring, "drive_together", lambda pairs, count, until, piece: DONE)
    assert mini_scores() != told
