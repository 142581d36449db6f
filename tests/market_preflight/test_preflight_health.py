"""The whole check over a small system: reports, hints, plans, and what it reads."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from preflight_worlds import DAY, HOUR, MINUTE, candles, frame_of, funding, ms, series, system, without

from btcli.market.derive import derive_bars
from btcli.market.health import DataHealthCheck, HealthReport, PlannedCall, check_health, heal_plan
from btcli.market.loader import bars_of_frame
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.market.window import load_window
from btcli.timeframe import Timeframe

START, END = ms("2024-01-10"), ms("2024-01-12")
EARLY, LATE = START - 3 * DAY, END + DAY
SPECS: Any = {"BTCUSDT": SimpleNamespace(tiers=("one",), funding_cap_rate=None)}
TRADE, MARK, FUNDING = series("trade", "5m"), series("mark", "5m"), series("funding")


def world(**changed: pl.DataFrame) -> dict[Series, pl.DataFrame]:
    """Healthy five-minute candles, marks and funding; a frame given by kind takes the place of one of them."""
    frames = {"trade": candles("5m", EARLY, LATE), "mark": candles("5m", EARLY, LATE)}
    frames["funding"] = funding(EARLY, LATE)
    return {
        name: changed.get(kind, frames[kind]) for kind, name in (("trade", TRADE), ("mark", MARK), ("funding", FUNDING))
    }


def check(
    frames: dict[Series, pl.DataFrame], config: Any = None, instruments: Any = None, absent: Any = None
) -> HealthReport:
    config = config or system(derive_from="5m", mark_source="mark")
    window = load_window(config, "w", START, END, {"htf": 2})
    return check_health(FrameReader(frames), config, window, SPECS if instruments is None else instruments, absent)


def test_healthy_data_passes() -> None:
    """Whole series raise neither an error nor a warning, and every one of them is in the report."""
    report = check(world())
    assert (report.healthy, report.errors, report.warnings) == (True, (), ())
    assert [health.span.series for health in report.series] == [TRADE, MARK, FUNDING]
    trade = report.series[0].coverage
    assert (trade.rows, trade.expected_rows, trade.starts_in_time, trade.ends_in_time) == (720, 720, True, True)
    assert (trade.first_ms, trade.last_ms) == (START - 12 * HOUR, END - 5 * MINUTE)


def test_a_hole_fails_with_its_range_and_count() -> None:
    """Thirty-seven bars cut out of the candles are one gap, named with series, range and count."""
    hole = [START + 10 * HOUR + position * 5 * MINUTE for position in range(37)]
    report = check(world(trade=without(candles("5m", EARLY, LATE), *hole)))
    assert not report.healthy
    (problem,) = report.errors
    said = "binance BTCUSDT trade 5m: 37 bars missing inside, 2024-01-10 10:00 to 2024-01-10 13:00"
    assert str(problem) == said
    assert report.series[0].coverage.rows == 720 - 37
    assert [health.healthy for health in report.series] == [False, True, True]


def test_the_bars_of_warm_up_and_buffer_count() -> None:
    """A series that begins with the window lacks exactly what is needed before it."""
    report = check(world(trade=candles("5m", START, LATE)))
    (gap,) = report.series[0].gaps
    assert (gap.place, gap.first_ms, gap.last_ms) == ("start", START - 12 * HOUR, START - 5 * MINUTE)
    assert (gap.count, gap.severity) == (144, "error")
    assert not report.series[0].coverage.starts_in_time


def test_missing_warm_up_is_a_warning_where_the_run_may_start_late() -> None:
    """With warmup.missing start_late a short history warns; marks have no warm-up to miss."""
    config = system(derive_from="5m", mark_source="mark", missing="start_late")
    late = check(world(trade=candles("5m", START, LATE)), config)
    assert late.healthy
    assert [problem.where for problem in late.warnings] == ["binance BTCUSDT trade 5m:"]
    assert not check(world(mark=candles("5m", START, LATE)), config).healthy


def test_the_end_is_judged_in_closes() -> None:
    """The last bar needed closes with the window; a window that ends inside a bar does not need that bar."""
    assert check(world(trade=candles("5m", EARLY, END))).healthy
    (gap,) = check(world(trade=candles("5m", EARLY, END - 5 * MINUTE))).series[0].gaps
    assert (gap.place, gap.first_ms, gap.count) == ("end", END - 5 * MINUTE, 1)


def test_confirmed_holes_pass_only_when_allowed() -> None:
    """A hole that the exchange confirmed is an error under gaps refuse and a warning under allow_confirmed."""
    hole = (START + 10 * HOUR, START + 10 * HOUR + 5 * MINUTE)
    frames = world(trade=without(candles("5m", EARLY, LATE), *hole))
    absent = {TRADE: ((hole[0], hole[1] + 5 * MINUTE),)}
    config = system(derive_from="5m", mark_source="mark")
    refused = check(frames, config, absent=absent)
    assert not refused.healthy
    assert heal_plan(refused) == []
    config.data.gaps = "allow_confirmed"
    allowed = check(frames, config, absent=absent)
    assert allowed.healthy
    assert "confirmed absent by the exchange" in str(allowed.warnings[0])


def test_last_and_mark_are_compared_although_the_roles_are_derived() -> None:
    """A mark far away from the last price is a warning filed under the mark."""
    marks = world()[MARK].with_columns(close=pl.when(pl.col("ts_open") == START).then(90.0).otherwise("close"))
    report = check(world(mark=marks.with_columns(low=pl.min_horizontal("low", "close"))))
    assert report.healthy
    assert [issue.code for issue in report.series[1].issues] == ["MARK_APART"]


def test_stored_higher_bars_are_held_against_lower_ones() -> None:
    """With every role stored, a higher bar that its lower bars contradict is a warning under its own series."""
    config = system(("5m", "5m", "5m", "1h"))
    five = candles("5m", EARLY, LATE)
    hours = frame_of(derive_bars(bars_of_frame(five, Timeframe.parse("5m")), *map(Timeframe.parse, ("5m", "1h"))))
    frames = {TRADE: five, series("trade", "1h"): hours, FUNDING: funding(EARLY, LATE)}
    assert check(frames, config).warnings == ()
    frames[series("trade", "1h")] = hours.with_columns(high=pl.col("high") + 1.0)
    found = {health.span.series: [issue.code for issue in health.issues] for health in check(frames, config).series}
    assert found == {TRADE: [], series("trade", "1h"): ["CONTRADICTED"], FUNDING: []}


def test_missing_instruments_and_tiers_are_errors() -> None:
    """A run needs the specs of its symbols and their risk tiers."""
    unknown = check(world(), instruments={})
    assert (unknown.healthy, [issue.code for issue in unknown.issues]) == (False, ["NO_INSTRUMENT"])
    bare = {"BTCUSDT": SimpleNamespace(tiers=(), funding_cap_rate=None)}
    report = check(world(), instruments=bare)
    assert (report.healthy, [issue.code for issue in report.issues]) == (False, ["NO_TIERS"])


def hint_of(report: HealthReport, name: Series) -> str:
    return next(health.hint for health in report.series if health.span.series == name)


def test_an_absent_series_names_derive_from_when_finer_candles_are_stored() -> None:
    """Where only 5m candles are stored and others are asked for, the hint names the key that derives them."""
    report = check(world(), system())
    assert hint_of(report, TRADE) == ""
    for label in ("15m", "1h", "4h"):
        assert hint_of(report, series("trade", label)) == "stored instead: 5m; set data.derive_from: 5m"
    assert "data.derive_from: 5m" in str(report.errors[0])


def test_candles_that_no_role_can_be_derived_from_are_not_offered() -> None:
    """Coarser candles do not help a finer role: the hint says to import what is missing."""
    report = check({series("trade", "1h"): candles("1h", EARLY, LATE), FUNDING: funding(EARLY, LATE)}, system())
    assert hint_of(report, TRADE) == (
        "stored instead: 1h; fetch it: btcli heal; or import it: btcli data import FILE --series trade --timeframe 5m"
        " --venue binance --symbol BTCUSDT"
    )


def test_absent_marks_and_funding_say_how_to_get_them() -> None:
    """Marks of another timeframe can mark funding; without any, and for funding, the hint is the import."""
    frames = {TRADE: candles("5m", EARLY, LATE), series("mark", "8h"): candles("8h", EARLY, LATE)}
    report = check(frames)
    assert hint_of(report, MARK) == "stored instead: 8h; set data.funding_mark: 8h and fills.mark_source: last"
    assert hint_of(report, FUNDING).startswith(
        "fetch it: btcli heal; or import it: btcli data import FILE --series funding"
    )
    assert hint_of(check({TRADE: frames[TRADE]}), MARK).startswith("fetch it: btcli heal; or import it:")


def test_the_report_is_plain_deterministic_and_versioned() -> None:
    """Two checks of the same data give the same JSON, with schema, ISO times and milliseconds."""
    frames = world(trade=without(candles("5m", EARLY, LATE), START, START + DAY))
    first, second = (json.dumps(check(frames).to_dict(), allow_nan=False) for _ in range(2))
    assert first == second
    said = json.loads(first)
    assert (said["schema"], said["healthy"], said["window"]) == (1, False, "w")
    assert said["series"][0]["missing"] == 2
    assert said["series"][0]["gaps"][0] == {
        "place": "inside",
        "first_missing": "2024-01-10T00:00:00.000Z",
        "last_missing": "2024-01-10T00:00:00.000Z",
        "first_missing_ms": START,
        "last_missing_ms": START,
        "count": 1,
        "severity": "error",
        "confirmed": False,
    }


def test_nothing_is_planned_for_healthy_or_generated_data() -> None:
    """A healthy report needs no call, and generated data has no source to ask."""
    assert heal_plan(check(world())) == []
    empty = check({}, system(venue="sample"), SPECS)
    assert not empty.healthy
    assert heal_plan(empty) == []


def test_edges_are_synced_and_holes_are_filled() -> None:
    """Each kind of gap becomes the call of its tool, over ranges that end after the last missing bar."""
    trade = without(candles("5m", START, END - 5 * MINUTE), START + HOUR, START + 2 * HOUR)
    marks = without(candles("5m", EARLY, END - HOUR), START + HOUR)
    report = check(world(trade=trade, mark=marks, funding=funding(EARLY, END - 8 * HOUR)))
    assert heal_plan(report) == [
        PlannedCall("sync_range", {"series": TRADE, "start_ms": START - 12 * HOUR, "end_ms": START}),
        PlannedCall("sync_range", {"series": TRADE, "start_ms": END - 5 * MINUTE, "end_ms": END}),
        PlannedCall(
            "fill_gaps",
            {
                "series": TRADE,
                "ranges": tuple((START + hour * HOUR, START + hour * HOUR + 5 * MINUTE) for hour in (1, 2)),
            },
        ),
        PlannedCall("sync_mark", {"series": MARK, "start_ms": END - HOUR, "end_ms": END}),
        PlannedCall("fill_gaps", {"series": MARK, "ranges": ((START + HOUR, START + HOUR + 5 * MINUTE),)}),
        PlannedCall("sync_funding", {"series": FUNDING, "start_ms": END - 8 * HOUR, "end_ms": END - 8 * HOUR + MINUTE}),
    ]


def test_impossible_values_are_fetched_again() -> None:
    """Bars that cannot be right are replaced from the source, over the range that holds them."""
    spoilt = candles("5m", EARLY, LATE).with_columns(
        volume=pl.when(pl.col("ts_open").is_in([START, START + HOUR])).then(-1.0).otherwise("volume")
    )
    (call,) = heal_plan(check(world(trade=spoilt)))
    span = {"start_ms": START, "end_ms": START + HOUR + 5 * MINUTE}
    assert call == ("sync_range", {"series": TRADE, **span, "again": True})


def test_what_no_source_can_mend_is_not_planned() -> None:
    """A jump is a warning and a row off the grid cannot be overwritten: neither becomes a call."""
    leap = world()[TRADE].with_columns(high=pl.when(pl.col("ts_open") == START).then(150.0).otherwise("high"))
    extra = candles("5m", START + MINUTE, START + 5 * MINUTE)
    assert heal_plan(check(world(trade=leap))) == []
    off_grid = check(world(trade=pl.concat([world()[TRADE], extra]).sort("ts_open")))
    assert not off_grid.healthy
    assert heal_plan(off_grid) == []


def test_a_check_can_be_asked_again() -> None:
    """DataHealthCheck opens its reader for each asking, so that it sees what was healed in between."""
    config = system(derive_from="5m", mark_source="mark")
    readers = iter(
        [
            FrameReader(world(trade=without(candles("5m", EARLY, LATE), START)), {TRADE: ((START, START + MINUTE),)}),
            FrameReader(world()),
        ]
    )
    window = load_window(config, "w", START, END, {"htf": 2})
    asked = DataHealthCheck(lambda: nullcontext(next(readers)), config, window, SPECS)
    before, after = asked(), asked()
    assert (before.healthy, before.series[0].gaps[0].confirmed, after.healthy) == (False, True, True)


def stored_minutes(days: int) -> tuple[dict[Series, pl.DataFrame], Any, int, int]:
    start = ms("2023-01-10")
    end = start + days * DAY
    minutes = candles("1m", start - 3 * DAY, end, price=20_000.0)
    bars = bars_of_frame(minutes, Timeframe.parse("1m"))
    frames = {series("trade", "1m"): minutes, series("mark", "1m"): minutes, FUNDING: funding(start - DAY, end)}
    for label in ("1h", "4h"):
        frames[series("trade", label)] = frame_of(derive_bars(bars, Timeframe.parse("1m"), Timeframe.parse(label)))
    return frames, system(("1m", "1m", "1h", "4h"), mark_source="mark"), start, end


class Counting(FrameReader):
    """Counts how often each series is read."""

    def __init__(self, frames: dict[Series, pl.DataFrame]) -> None:
        super().__init__(frames)
        self.reads: Counter[Series] = Counter()

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        self.reads[series] += 1
        return super().candles(series, start_ms, end_ms)

    def funding(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        self.reads[series] += 1
        return super().funding(series, start_ms, end_ms)


def test_each_series_is_read_once() -> None:
    """Whatever is compared with what, the rows come from the store a single time."""
    frames, config, start, end = stored_minutes(10)
    window = load_window(config, "w", start, end, {"htf": 10})
    reader = Counting(frames)
    assert check_health(reader, config, window, SPECS).healthy
    assert reader.reads == dict.fromkeys(frames, 1)


def test_many_holes_cost_no_more_than_their_number() -> None:
    """Every second bar missing is as many gaps, found without a quadratic walk."""
    odd = candles("5m", EARLY, LATE).filter(pl.Series(np.arange(2016) % 2 == 0)[: 6 * 288])
    report = check(world(trade=odd))
    assert len(report.series[0].gaps) == 360
    (fill,) = [call for call in heal_plan(report) if call.tool == "fill_gaps"]
    assert len(fill.arguments["ranges"]) == 359
