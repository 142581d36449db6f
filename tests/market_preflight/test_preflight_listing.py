"""Symbols that were listed or delisted on the way: what is asked of them, and what explains that nothing is there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from preflight_worlds import DAY, HOUR, MINUTE, candles, frame_of, funding, ms, series, system, without

from btcli.errors import RequestError
from btcli.market.derive import derive_bars
from btcli.market.health import HealthReport, check_health, heal_plan
from btcli.market.health.funding import funding_gaps
from btcli.market.listing import ALWAYS, Life
from btcli.market.loader import bars_of_frame, load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.market.window import LoadWindow, SeriesSpan, load_window
from btcli.timeframe import Timeframe

START, END = ms("2024-01-10"), ms("2024-01-14")
EARLY, LATE = START - 3 * DAY, END + DAY
LISTED, DELISTED = ms("2024-01-11T08:20"), ms("2024-01-12T10:40")
OLD, NEW = "BTCUSDT", "NEWUSDT"
H1 = Timeframe.parse("1h")
SPECS: Any = dict.fromkeys((OLD, NEW), SimpleNamespace(tiers=("one",), funding_cap_rate=None))
TRADE, MARK, FUNDING = series("trade", "1h", NEW), series("mark", "1h", NEW), series("funding", "", NEW)


def config(**changes: Any) -> Any:
    """Two symbols on hours and four hours, both stored, with mark candles."""
    gaps = changes.pop("gaps", "refuse")
    made = system(("1h", "1h", "1h", "4h"), mark_source="mark", symbols=(OLD, NEW), **changes)
    made.data.gaps = gaps
    return made


def window(life: Life = ALWAYS, **changes: Any) -> LoadWindow:
    return load_window(config(**changes), "w", START, END, {"htf": 2}, {OLD: Life(), NEW: life})


def frames(first_ms: int = EARLY, last_ms: int = LATE) -> dict[Series, Any]:
    """Whole series of the old symbol; those of the new one have the rows in [first_ms, last_ms)."""
    made: dict[Series, Any] = {}
    for symbol, start, end in ((OLD, EARLY, LATE), (NEW, first_ms, last_ms)):
        hours = candles("1h", EARLY, LATE).filter(pl.col("ts_open").is_between(start, end - HOUR))
        made[series("trade", "1h", symbol)] = made[series("mark", "1h", symbol)] = hours
        fours = derive_bars(bars_of_frame(hours, H1), H1, Timeframe.parse("4h"))
        made[series("trade", "4h", symbol)] = frame_of(fours)
        made[series("funding", "", symbol)] = funding(-(-start // (8 * HOUR)) * 8 * HOUR, end)
    return made


def check(
    stored: dict[Series, Any], life: Life = ALWAYS, absent: dict[Series, Any] | None = None, **changes: Any
) -> HealthReport:
    return check_health(FrameReader(stored), config(**changes), window(life, **changes), SPECS, absent)


def spans(life: Life) -> dict[str, tuple[int, int]]:
    """Hours after START of what is loaded of the new symbol."""
    return {
        f"{span.series.kind} {span.series.timeframe}".strip(): (
            (span.load_start_ms - START) // HOUR,
            (span.load_end_ms - START) // HOUR,
        )
        for span in window(life).of_symbol(NEW)
    }


def test_without_a_life_nothing_changes() -> None:
    """A symbol of which nothing is said is loaded as ever."""
    assert spans(Life()) == {"trade 1h": (-1, 96), "trade 4h": (-12, 96), "mark 1h": (-1, 96), "funding": (-8, 96)}
    assert window().lives == {}


def test_only_whole_bars_of_the_life_are_asked_for() -> None:
    """Listed on the 11th at 8:20 and delisted on the 12th at 10:40: hours from 9 to 10, four hours from 12 to 8."""
    whole = {"trade 1h": (33, 58), "trade 4h": (36, 56), "mark 1h": (33, 58), "funding": (32, 58)}
    assert spans(Life(LISTED, DELISTED)) == whole
    assert window(Life(LISTED, DELISTED)).listings == (
        "NEWUSDT: listed 2024-01-11 08:20, inside the window; delisted 2024-01-12 10:40, inside the window",
    )
    assert spans(Life(START - 5 * HOUR)) == {
        "trade 1h": (-1, 96),
        "trade 4h": (-4, 96),
        "mark 1h": (-1, 96),
        "funding": (-5, 96),
    }


def test_warm_up_counts_from_the_listing() -> None:
    """Of the warm-up as many bars are left as the symbol had before the window."""
    by_series = {str(span.series): span.warmup_bars for span in window(Life(START - 5 * HOUR)).of_symbol(NEW)}
    assert by_series["binance NEWUSDT trade 4h"] == 1
    assert {span.warmup_bars for span in window(Life(LISTED)).of_symbol(NEW)} == {0}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (Life(END), "NEWUSDT: listed 2024-01-14 00:00, after the window: no whole 1h bar of it in 'w'"),
        (Life(None, START), "NEWUSDT: delisted 2024-01-10 00:00, before the window: no whole 1h bar of it in 'w'"),
        (Life(None, START + 59 * MINUTE), "NEWUSDT: delisted 2024-01-10 00:59, inside the window: no whole 1h bar"),
    ],
)
def test_a_symbol_that_never_traded_in_the_window_is_refused(life: Life, said: str) -> None:
    """The message names the symbol, the fact and the window, and what to do."""
    with pytest.raises(RequestError) as refused:
        window(life)
    assert str(refused.value).startswith(said)
    assert "leave NEWUSDT out of symbols" in str(refused.value)


def test_a_late_listing_is_healthy_and_told() -> None:
    """Data that begins and ends with the life has nothing missing, and the report says why it is short."""
    report = check(frames(LISTED, DELISTED), Life(LISTED, DELISTED))
    assert (report.errors, report.warnings) == ((), ())
    assert report.to_dict()["listings"] == list(window(Life(LISTED, DELISTED)).listings)
    assert "listings" not in check(frames()).to_dict()


def test_without_the_fact_it_is_a_gap_that_a_heal_asks_for() -> None:
    """The same data without a word about the listing lacks its bars at both ends, and the hint says how to tell."""
    report = check(frames(LISTED, DELISTED))
    trade = next(health for health in report.series if health.span.series == TRADE)
    assert [(gap.place, gap.count) for gap in trade.gaps] == [("start", 34), ("end", 38)]
    assert "instruments: {NEWUSDT: {delisted: …}}" in trade.hint
    assert {call.tool for call in heal_plan(report)} == {"sync_range", "sync_mark", "sync_funding"}


def test_what_is_missing_inside_the_life_is_still_missing() -> None:
    """Bars after the listing, before the delisting and in between are errors as ever, for marks and funding too."""
    life = Life(LISTED, DELISTED)
    late = check(frames(LISTED + 2 * HOUR, DELISTED - 12 * HOUR), life)
    found = {(h.span.series.kind, g.place) for h in late.series for g in h.gaps if g.severity == "error"}
    assert found == {("trade", "start"), ("trade", "end"), ("mark", "start"), ("mark", "end"), ("funding", "end")}
    asked = [call.arguments for call in heal_plan(late)]
    assert (min(call["start_ms"] for call in asked), max(call["end_ms"] for call in asked)) == (
        START + 33 * HOUR,
        START + 58 * HOUR,
    )
    holed = frames(LISTED, DELISTED)
    holed[TRADE] = without(holed[TRADE], START + 40 * HOUR)
    assert [str(problem) for problem in check(holed, life).errors] == [
        "binance NEWUSDT trade 1h: 1 bar missing inside, 2024-01-11 16:00"
    ]


def test_rows_outside_the_life_are_told_and_not_read() -> None:
    """Candles from before the listing and after the delisting are counted in a warning; the run does not see them."""
    life = Life(LISTED, DELISTED)
    report = check(frames(), life)
    assert report.healthy
    said = [str(problem) for problem in report.warnings if "trade 1h" in str(problem)]
    assert said == [
        "binance NEWUSDT trade 1h: 33 x row from before the listing, not used"
        " (first 2024-01-09 23:00, last 2024-01-11 07:00)",
        "binance NEWUSDT trade 1h: 37 x row from after the delisting, not used"
        " (first 2024-01-12 11:00, last 2024-01-13 23:00)",
    ]
    loaded = [
        load_run_inputs(FrameReader(stored), config(), window(life)).digests
        for stored in (frames(), frames(LISTED, DELISTED))
    ]
    rows_of_all, rows_of_life = ([digest.rows for digest in each] for each in loaded)
    assert rows_of_all == rows_of_life


def test_a_first_trade_after_the_listing_is_known_from_the_venue() -> None:
    """Hours that the venue confirmed to be absent right from the listing on only warn, and nothing else is asked."""
    first = START + 37 * HOUR
    life, absent = Life(LISTED), {TRADE: ((0, first),)}
    report = check(frames(first), life, absent)
    assert report.healthy
    assert [str(problem) for problem in report.warnings] == [
        "binance NEWUSDT trade 1h: 4 bars missing at the start, 2024-01-11 09:00 to 2024-01-11 12:00,"
        " confirmed absent by the exchange"
    ]
    assert not check(frames(first), life).healthy


def test_confirmed_absence_before_the_first_candle_needs_a_yes_without_a_listing() -> None:
    """Under gaps refuse the confirmed start is an error with the keys that would allow it, and no heal asks again;
    under allow_confirmed marks and funding are expected from the first trade on."""
    first = START + 37 * HOUR
    absent = {TRADE: ((0, first),), series("trade", "4h", NEW): ((0, first),)}
    refused = check(frames(first), absent=absent)
    trade = next(health for health in refused.series if health.span.series == TRADE)
    assert [(gap.severity, gap.confirmed) for gap in trade.gaps] == [("error", True)]
    assert "data.gaps: allow_confirmed" in trade.hint
    assert not [call for call in heal_plan(refused) if call.arguments["series"] == TRADE]
    assert check(frames(first), absent=absent, gaps="allow_confirmed").healthy
    marks = frames(first)
    marks[MARK] = without(marks[MARK], first)
    assert not check(marks, absent=absent, gaps="allow_confirmed").healthy


def test_a_confirmed_hole_at_the_end_is_no_delisting() -> None:
    """Among other symbols a confirmed hole that reaches the end of the window stays an error; alone it warns."""
    hole = (END - 3 * HOUR, END + 3 * HOUR)
    stored = frames()
    stored[TRADE] = without(stored[TRADE], *range(*hole, HOUR))
    report = check(stored, absent={TRADE: (hole,)}, gaps="allow_confirmed")
    (problem,) = report.errors
    assert "3 bars missing at the end" in str(problem)
    alone = system(("1h", "1h", "1h", "4h"), mark_source="mark", symbols=(NEW,))
    alone.data.gaps = "allow_confirmed"
    spans = load_window(alone, "w", START, END, {"htf": 2})
    assert check_health(FrameReader(stored), alone, spans, SPECS, {TRADE: (hole,)}).healthy


@pytest.mark.parametrize(("hours", "due"), [(7, False), (8, False), (9, True), (17, True)])
def test_a_short_life_may_see_no_settlement(hours: int, due: bool) -> None:
    """Listed at midnight: the first settlement that somebody can hold through comes eight hours later."""
    end = START + hours * HOUR
    span = SeriesSpan(FUNDING, ("funding",), START, end, 0, START, end, (START - 8 * HOUR, END))
    assert bool(funding_gaps(funding(0, 0)["ts"].to_numpy(), span)) == due
