"""The one LoadWindow: which series are read, and from when to when."""

from __future__ import annotations

import pytest
from preflight_worlds import DAY, HOUR, MINUTE, ms, series, system

from btcli.errors import RequestError
from btcli.market.window import load_window

START, END = ms("2024-01-10"), ms("2024-01-12")
WARMUP = {"exec": 0, "ltf": 20, "mtf": 0, "htf": 50}


def test_each_role_loads_its_warm_up_and_one_bar_before_it() -> None:
    """A role's span starts at the window's bar minus warm-up minus one bar, on its own grid."""
    window = load_window(system(), "w", START, END, WARMUP)
    starts = {span.role: START - span.load_start_ms for span in window.roles}
    assert starts == {"exec": 5 * MINUTE, "ltf": 21 * 15 * MINUTE, "mtf": HOUR, "htf": 51 * 4 * HOUR}
    assert {span.load_end_ms for span in window.roles} == {END}


def test_a_window_off_the_grid_is_floored_per_timeframe() -> None:
    """A start inside a 4h bar loads that bar, and an end inside a bar leaves the unclosed bar out."""
    window = load_window(system(), "w", START + 70 * MINUTE, END + 70 * MINUTE, {})
    spans = {span.role: (span.load_start_ms, span.load_end_ms) for span in window.roles}
    assert spans["exec"] == (START + 65 * MINUTE, END + 70 * MINUTE)
    assert spans["ltf"] == (START + 45 * MINUTE, END + 60 * MINUTE)
    assert spans["mtf"] == (START, END + 60 * MINUTE)
    assert spans["htf"] == (START - 4 * HOUR, END)


def test_series_are_read_as_stored_without_derive_from() -> None:
    """Every role names its own stored series, and funding is read from one interval before the window."""
    window = load_window(system(), "w", START, END, WARMUP)
    kinds = [(span.series.kind, span.series.timeframe, span.roles) for span in window.series]
    assert kinds == [
        ("trade", "5m", ("exec",)),
        ("trade", "15m", ("ltf",)),
        ("trade", "1h", ("mtf",)),
        ("trade", "4h", ("htf",)),
        ("funding", "", ()),
    ]
    assert (window.series[-1].load_start_ms, window.series[-1].load_end_ms) == (START - 8 * HOUR, END)


def test_derive_from_reads_one_series_over_the_earliest_need() -> None:
    """With derive_from every role feeds on one stored series that reaches back as far as the neediest of them."""
    window = load_window(system(derive_from="5m"), "w", START, END, WARMUP)
    trade = window.series[0]
    assert trade.series == series("trade", "5m")
    assert trade.roles == ("exec", "ltf", "mtf", "htf")
    assert START - trade.load_start_ms == 51 * 4 * HOUR
    assert trade.warmup_bars == 51 * 48 - 1
    assert [span.series.kind for span in window.series] == ["trade", "funding"]


def test_marks_are_read_only_where_the_config_asks() -> None:
    """mark_source mark adds exec marks, funding_mark adds its own series with the bar that opens before the end."""
    window = load_window(system(mark_source="mark", funding_mark="8h"), "w", START, END - HOUR, WARMUP)
    mark, funding_mark = window.span_for("BTCUSDT", "mark"), window.span_for("BTCUSDT", "funding_mark")
    assert mark is not None
    assert funding_mark is not None
    assert (mark.series.timeframe, mark.load_start_ms, mark.load_end_ms) == ("5m", START - 5 * MINUTE, END - HOUR)
    assert (funding_mark.load_start_ms, funding_mark.load_end_ms) == (START - 8 * HOUR, END)
    assert load_window(system(), "w", START, END, WARMUP).span_for("BTCUSDT", "mark") is None


def test_funding_is_read_unless_it_is_left_out() -> None:
    """Of every symbol, and nothing else changes."""
    settled = load_window(system(symbols=("AUSDT", "BUSDT")), "w", START, END, WARMUP)
    left_out = load_window(system(symbols=("AUSDT", "BUSDT"), funding="none"), "w", START, END, WARMUP)
    assert [span.series.symbol for span in settled.series if span.series.kind == "funding"] == ["AUSDT", "BUSDT"]
    assert list(left_out.series) == [span for span in settled.series if span.series.kind != "funding"]


def test_one_mark_series_serves_both_uses_when_timeframes_agree() -> None:
    """An exec mark that also marks funding is one series, read once."""
    frames = ("8h", "8h", "8h", "8h")
    window = load_window(system(frames, mark_source="mark", funding_mark="8h"), "w", START, END, {})
    assert [span.uses for span in window.series if span.series.kind == "mark"] == [("mark", "funding_mark")]


def test_roles_of_equal_timeframe_share_the_longest_warm_up() -> None:
    """A single timeframe is one series whose warm-up is the largest of the roles'."""
    window = load_window(system(("1h", "1h", "1h", "1h")), "w", START, END, {"ltf": 30, "htf": 5})
    assert {span.warmup_bars for span in window.roles} == {30}
    assert len([span for span in window.series if span.series.kind == "trade"]) == 1


def test_weekly_bars_start_on_monday() -> None:
    """A weekly htf is floored to Mondays, whatever day the window starts."""
    window = load_window(system(("1h", "1h", "1d", "1w")), "w", START, END, {"htf": 2})
    assert window.role("htf").load_start_ms == ms("2024-01-08") - 3 * 7 * DAY
    assert window.role("htf").load_end_ms == ms("2024-01-08")


def test_a_window_without_a_whole_exec_bar_is_refused() -> None:
    """A window shorter than one exec bar cannot be run and says so."""
    with pytest.raises(RequestError, match="holds no whole 5m bar"):
        load_window(system(), "tiny", START + MINUTE, START + 6 * MINUTE, {})


def test_every_symbol_has_its_own_series() -> None:
    """Two symbols load the same spans, one after the other in the system's order."""
    window = load_window(system(("1h",) * 4, symbols=("ETHUSDT", "BTCUSDT")), "w", START, END, {})  # type: ignore[arg-type]
    assert [span.series.symbol for span in window.series] == ["ETHUSDT", "ETHUSDT", "BTCUSDT", "BTCUSDT"]


def test_a_window_of_one_exec_bar_is_a_window() -> None:
    """The shortest window holds exactly one exec bar, wherever between bars it begins and ends."""
    window = load_window(system(), "short", START + MINUTE, START + 10 * MINUTE, {})
    assert window.role("exec").load_end_ms == START + 10 * MINUTE


def test_series_spans_of_a_window_off_the_grid() -> None:
    """A stored series starts at the bar that holds the window's start and ends with the last bar closed by its end."""
    config = system(derive_from="5m", mark_source="mark")
    start, end = START + 72 * MINUTE, END + 73 * MINUTE
    trade, mark, _ = load_window(config, "w", start, end, {}).series
    assert (trade.window_start_ms, trade.window_end_ms) == (START + 70 * MINUTE, END + 70 * MINUTE)
    assert (trade.load_start_ms, trade.load_end_ms) == (START - 4 * HOUR, END + 70 * MINUTE)
    assert (mark.window_start_ms, mark.load_start_ms) == (START + 70 * MINUTE, START + 65 * MINUTE)
    assert (mark.window_end_ms, mark.load_end_ms) == (END + 70 * MINUTE,) * 2
