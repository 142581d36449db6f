"""Loading: what a run computes on, from exactly the spans of its window."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from preflight_worlds import HOUR, MINUTE, candles, funding, ms, series, system, without

from btcli.errors import UnhealthyData
from btcli.market.loader import bars_of_frame, load_run_inputs, opens_at
from btcli.market.reader import FrameReader, HoldingReader
from btcli.market.series import FundingRates
from btcli.market.window import load_window
from btcli.timeframe import Timeframe

START, END = ms("2024-01-10"), ms("2024-01-11")
EARLY, LATE = START - 30 * HOUR, END + 5 * HOUR
WARMUP = {"ltf": 8, "htf": 3}


def test_roles_of_equal_timeframe_share_their_bars() -> None:
    """A system of one timeframe holds one set of columns under four names."""
    config = system(("1h", "1h", "1h", "1h"))
    reader = FrameReader({series("trade", "1h"): candles("1h", EARLY, LATE)})
    bars = load_run_inputs(reader, config, load_window(config, "w", START, END, {})).symbols[0].bars
    assert bars["exec"] is bars["ltf"] is bars["mtf"] is bars["htf"]
    assert (bars["exec"].ts_open[0], bars["exec"].ts_close[-1]) == (START - HOUR, END)


def test_derived_roles_see_their_own_span_only() -> None:
    """Each derived role starts at its own load start, however far another role reaches back."""
    config = system(derive_from="5m")
    reader = FrameReader({series("trade", "5m"): candles("5m", EARLY, LATE)})
    inputs = load_run_inputs(reader, config, load_window(config, "w", START, END, WARMUP)).symbols[0]
    starts = {role: START - int(bars.ts_open[0]) for role, bars in inputs.bars.items()}
    assert starts == {"exec": 5 * MINUTE, "ltf": 9 * 15 * MINUTE, "mtf": HOUR, "htf": 16 * HOUR}
    assert {int(bars.ts_close[-1]) for bars in inputs.bars.values()} == {END}


def test_longer_history_changes_nothing_that_is_loaded() -> None:
    """More candles before and after the span change neither a column nor a digest."""
    config = system(derive_from="5m")
    window = load_window(config, "w", START, END, WARMUP)
    whole = candles("5m", EARLY, LATE)
    first, last = window.series[0].load_start_ms, window.series[0].load_end_ms
    cut = whole.filter((pl.col("ts_open") >= first) & (pl.col("ts_open") < last))
    rates = funding(START - 8 * HOUR, END)
    longer = load_run_inputs(FrameReader({series("trade", "5m"): whole, series("funding"): rates}), config, window)
    shorter = load_run_inputs(FrameReader({series("trade", "5m"): cut, series("funding"): rates}), config, window)
    assert longer.digests == shorter.digests
    for role, bars in longer.symbols[0].bars.items():
        assert all(map(np.array_equal, bars, shorter.symbols[0].bars[role]))


def test_columns_are_writable_and_contiguous() -> None:
    """Every array is fresh, C-contiguous and writable, so that compiled code sees one type."""
    config = system(mark_source="mark", derive_from="5m")
    reader = FrameReader(
        {series("trade", "5m"): candles("5m", EARLY, LATE), series("mark", "5m"): candles("5m", EARLY, LATE)}
    )
    inputs = load_run_inputs(reader, config, load_window(config, "w", START, END, {})).symbols[0]
    assert inputs.mark is not None
    for bars in (*inputs.bars.values(), inputs.mark):
        assert all(column.flags.c_contiguous and column.flags.writeable for column in bars)


def test_settlements_are_floored_to_the_minute_and_take_the_mark_that_opens_there() -> None:
    """Jitter of milliseconds is cut off, and mark(T) is the open of the candle at T or 0 where none is stored."""
    config = system(("1h",) * 4, funding_mark="8h")  # type: ignore[arg-type]
    marks = pl.DataFrame(
        {"ts_open": [START, START + 16 * HOUR], "open": [101.0, 103.0], "high": [104.0] * 2, "low": [100.0] * 2}
        | {"close": [102.0] * 2, "volume": [0.0] * 2}
    )
    frames = {
        series("trade", "1h"): candles("1h", EARLY, LATE),
        series("mark", "8h"): marks,
        series("funding"): funding(START, END, jitter_ms=11),
    }
    inputs = load_run_inputs(FrameReader(frames), config, load_window(config, "w", START, END, {})).symbols[0]
    assert inputs.funding.ts.tolist() == [START, START + 8 * HOUR, START + 16 * HOUR]
    assert inputs.mark is None
    assert inputs.mark_at_settlements().tolist() == [101.0, 0.0, 103.0]


def test_digests_name_every_series_that_was_read() -> None:
    """Each series of the window has its digest with rows, first and last time; an absent one has none."""
    config = system(("1h",) * 4)  # type: ignore[arg-type]
    reader = FrameReader({series("trade", "1h"): candles("1h", EARLY, LATE)})
    trade, rates = load_run_inputs(reader, config, load_window(config, "w", START, END, {})).digests
    assert (trade.series, trade.rows, trade.first_ms, trade.last_ms) == (
        series("trade", "1h"), 25, START - HOUR, END - HOUR,
    )  # fmt: skip
    assert (rates.rows, rates.first_ms, rates.last_ms) == (0, None, None)
    assert len(trade.sha256) == len(rates.sha256) == 64


def test_one_changed_price_changes_its_digest_alone() -> None:
    """A close that differs in the last bit changes the digest of its series and of no other."""
    config = system(("1h",) * 4)  # type: ignore[arg-type]
    window = load_window(config, "w", START, END, {})
    frame = candles("1h", EARLY, LATE)
    touched = frame.with_columns(
        close=pl.when(pl.col("ts_open") == START).then(np.nextafter(50.0, 51.0)).otherwise(pl.col("close"))
    )
    rates = funding(START, END)
    before, after = (
        load_run_inputs(FrameReader({series("trade", "1h"): rows, series("funding"): rates}), config, window).digests
        for rows in (frame, touched)
    )
    assert [old.sha256 == new.sha256 for old, new in zip(before, after, strict=True)] == [False, True]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda frame: frame.with_columns(close=pl.lit(float("nan"))), "no numbers"),
        (lambda frame: pl.concat([frame, frame.tail(1)]), "doubled or out of order"),
        (lambda frame: frame.reverse(), "doubled or out of order"),
        (lambda frame: frame.clear(), "no exec bar"),
    ],
)
def test_what_nobody_can_compute_on_is_refused_without_preflight_too(spoil: object, said: str) -> None:
    """NaN, doubled or unordered candles and an empty window never reach an engine."""
    config = system(("1h",) * 4)  # type: ignore[arg-type]
    frame = spoil(candles("1h", EARLY, END))  # type: ignore[operator]
    with pytest.raises(UnhealthyData, match=said):
        load_run_inputs(FrameReader({series("trade", "1h"): frame}), config, load_window(config, "w", START, END, {}))


def test_a_hole_leaves_the_other_bars_where_they_are() -> None:
    """Without preflight a missing exec bar is simply not there; the hour it belonged to is not derived."""
    config = system(("5m", "5m", "5m", "1h"), derive_from="5m")
    frame = without(candles("5m", EARLY, LATE), START + 3 * HOUR + 5 * MINUTE)
    reader = FrameReader({series("trade", "5m"): frame})
    bars = load_run_inputs(reader, config, load_window(config, "w", START, END, {})).symbols[0].bars
    assert bars["exec"].ts_open.size == 288
    assert START + 3 * HOUR not in bars["htf"].ts_open.tolist()
    assert bars["htf"].ts_open.size == 24


def test_a_holding_reader_asks_once_for_each_range() -> None:
    """What preflight has read is what the run gets, even when the store changes in between."""
    frames = {series("trade", "1h"): candles("1h", EARLY, LATE), series("funding"): funding(EARLY, LATE)}
    inner = FrameReader(frames)
    holding = HoldingReader(inner)
    first = holding.rows(series("trade", "1h"), START, END), holding.rows(series("funding"), START, END)
    inner._frames.clear()
    again = holding.rows(series("trade", "1h"), START, END), holding.rows(series("funding"), START, END)
    assert first[0] is again[0]
    assert first[1] is again[1]


@pytest.mark.parametrize("opens", [[START - HOUR], [START + HOUR], [START - HOUR, START + HOUR]])
def test_bars_around_the_window_do_not_make_it_runnable(opens: list[int]) -> None:
    """A window needs an exec bar inside it; bars that close at its start or open at its end are none."""
    config = system(("1h",) * 4)  # type: ignore[arg-type]
    frame = candles("1h", START - HOUR, START + 2 * HOUR).filter(pl.col("ts_open").is_in(opens))
    window = load_window(config, "w", START, START + HOUR, {})
    with pytest.raises(UnhealthyData, match="no exec bar in 2024-01-10 00:00 to 2024-01-10 01:00"):
        load_run_inputs(FrameReader({series("trade", "1h"): frame}), config, window)


def test_one_exec_bar_that_fills_the_window_is_enough() -> None:
    """A bar that opens at the start of the window and closes at its end is inside it."""
    config = system(("1h",) * 4)  # type: ignore[arg-type]
    reader = FrameReader({series("trade", "1h"): candles("1h", START, START + HOUR)})
    inputs = load_run_inputs(reader, config, load_window(config, "w", START, START + HOUR, {}))
    assert inputs.symbols[0].bars["exec"].ts_open.tolist() == [START]


def test_a_settlement_after_the_last_mark_candle_has_no_mark() -> None:
    """mark(T) beyond the marks that are stored is unknown, which is written as 0."""
    rates = FundingRates(np.array([START, START + 8 * HOUR, START + 16 * HOUR]), np.zeros(3))
    marks = bars_of_frame(candles("8h", START, START + 16 * HOUR, price=50.0), Timeframe.parse("8h"))
    assert opens_at(marks, rates).tolist() == [50.0, marks.open[1], 0.0]


def test_series_on_the_same_grid_hold_their_times_once() -> None:
    """Marks at the times of the trades share their columns; a volume that is all zero is there and takes nothing."""
    config = system(("5m", "5m", "5m", "1h"), derive_from="5m", mark_source="mark")
    flat = candles("5m", EARLY, LATE).with_columns(volume=pl.lit(0.0))
    frames = {series("trade", "5m"): candles("5m", EARLY, LATE), series("mark", "5m"): flat}
    inputs = load_run_inputs(FrameReader(frames), config, load_window(config, "w", START, END, {})).symbols[0]
    assert inputs.mark is not None
    assert np.shares_memory(inputs.mark.ts_open, inputs.bars["exec"].ts_open)
    assert np.shares_memory(inputs.mark.ts_close, inputs.bars["exec"].ts_close)
    assert inputs.mark.volume.tolist() == [0.0] * len(inputs.mark.ts_open)
    assert (
        inputs.mark.close.tolist()
        == flat.filter(pl.col("ts_open").is_in(inputs.mark.ts_open.tolist()))["close"].to_list()
    )


def test_marks_on_another_grid_keep_their_own_times() -> None:
    """A missing mark candle leaves both series as they are."""
    config = system(("5m", "5m", "5m", "1h"), derive_from="5m", mark_source="mark")
    frame = candles("5m", EARLY, LATE)
    frames = {series("trade", "5m"): frame, series("mark", "5m"): without(frame, START + HOUR)}
    inputs = load_run_inputs(FrameReader(frames), config, load_window(config, "w", START, END, {})).symbols[0]
    assert inputs.mark is not None
    assert START + HOUR not in inputs.mark.ts_open.tolist()
    assert START + HOUR in inputs.bars["exec"].ts_open.tolist()
